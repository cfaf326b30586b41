# The documents that may prove who somebody is.
document-resident-id = 居民身份证
document-temporary-resident-id = 临时居民身份证
document-household-register = 户口簿
document-military-id = 军官证、士兵证或武警证
document-hong-kong-macao-permit = 港澳居民来往内地通行证
document-taiwan-permit = 台湾居民来往大陆通行证
document-residence-permit = 港澳台居民居住证
document-permanent-residence = 外国人永久居留身份证
document-chinese-passport = 中国护照
document-foreign-passport = 外国护照
document-business-licence = 营业执照
document-other = 其他证件
