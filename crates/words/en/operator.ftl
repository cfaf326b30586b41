refusal-operator-bad-code = An operator code has lower-case letters, digits and dashes, and starts with a letter.
refusal-operator-exists = There is an operator with this id or code already.
