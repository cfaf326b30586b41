consent-registration = 我同意用我的姓名、证件和照片办理实名登记
consent-registration-hint = 法律要求，不同意就不能登记
consent-biometric = 我同意用机器比对我的正面照和证件照
consent-biometric-hint = 可以不同意，那样由工作人员人工核对
consent-partners = 我同意向银行等合作方回答“这个号码是不是还归我”
consent-partners-hint = 可以不同意，也可以随时撤回
