refusal-staff-wrong-sign-in = 账号、密码或动态码不正确。动态码只能用一次，请等下一个再试。
refusal-staff-locked = 尝试次数过多，请在 { $minutes } 分钟后再试。
refusal-staff-login-malformed = 账号为2–40位小写字母、数字、点、横线或下划线，以字母开头。
refusal-staff-login-taken = 该账号已存在。
refusal-staff-password-too-short = 密码至少 { $length } 位。
refusal-staff-no-role = 请至少指定一个岗位。
refusal-staff-name-malformed = 请填写姓名，最多40个字。
