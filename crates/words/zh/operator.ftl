refusal-operator-bad-code = 运营商代号只能用小写字母、数字和连字符，并以字母开头。
refusal-operator-exists = 已有这个编号或代号的运营商。
