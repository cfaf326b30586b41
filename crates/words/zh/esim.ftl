# eSIM：补换卡不用寄卡。
refusal-esim-code-format = 这不是eSIM激活码：应为 LPA:1$地址$匹配码
refusal-esim-code-length = 激活码最长255个字符
refusal-esim-address = 激活码里的服务器地址不正确
refusal-esim-matching-id = 匹配码只能有大写字母、数字和短横线
refusal-esim-none-left = 没有可用的eSIM了，请补充库存或改用实体卡
refusal-esim-order-over = 这个eSIM订单已经结束
refusal-esim-installed = 这个eSIM已经装到手机上，不能再取消
