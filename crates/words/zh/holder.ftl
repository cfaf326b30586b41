refusal-holder-code-wrong = 验证码不对，请核对后再填。
refusal-holder-code-over = 验证码已过期或已用过，请再要一个。
refusal-holder-tries-over = 试错次数太多，请再要一个验证码。
refusal-holder-too-often = 要验证码太频繁，请过{ $minutes }分钟再试，或打热线。
