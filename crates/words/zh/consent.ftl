consent-registration = 我同意用我的姓名、证件和照片办理实名登记
consent-registration-hint = 法律要求，不同意就不能登记
consent-portrait = 我同意用我的正面照和证件照比对，确认是本人（敏感个人信息）
consent-portrait-hint = 不同意可以带证件到营业网点当面核对
consent-partners = 我同意向银行等合作方回答“这个号码是不是还归我”
consent-partners-hint = 可以不同意，也可以随时撤回
consent-authority = 同意在限定时间内保留主管部门对我姓名和证件号码的核验结果
consent-authority-hint = 再办号码时不必重新核验；可以不同意，也可随时撤回
