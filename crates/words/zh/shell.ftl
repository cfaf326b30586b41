shell-skip = 跳到正文
shell-size-label = 文字大小
shell-size-standard = 标准
shell-size-large = 大字
shell-size-largest = 特大
shell-language-label = 语言
shell-sandbox-label = 演示环境
shell-sandbox = 演示环境：网络和短信都是模拟的
shell-signed-in-label = 当前登录
shell-sign-out = 退出登录
shell-help-title = 需要帮忙？
shell-help-call = 打电话给我们：
shell-help-hours = 每天 8:00–22:00，65岁以上直接转人工
shell-help-text = 也可以用手机发短信 RG，我们给您回电话。
shell-foot-status = 查进度
shell-foot-numbers = 我的号码
shell-foot-loss = 挂失
shell-foot-privacy = 隐私与记录
shell-foot-staff = 工作人员

# Errors as pages.
shell-missing-title = 找不到这一页
shell-missing-text = 地址可能有误，或者内容已经不在了。也可能需要先登录。
shell-fault-title = 我们的系统出了问题
shell-fault-text = 不是您的问题，已经填好的内容都还在。请过几分钟再试；如果还不行，请打热线并报下面的编号。
shell-refused-title = 现在不能这样办
shell-refused-text = 您填过的内容都还在。可以返回上一页更正，或者打电话给我们。
shell-conflict-title = 内容刚刚有变化
shell-conflict-text = 您提交时，同一份资料刚被更新。请返回上一页，刷新后再看一次。
shell-foreign-title = 请从我们的页面提交
shell-foreign-text = 这次提交来自别的网站，为了您的安全没有处理。请打开我们的首页重新操作。
shell-large-title = 文件太大
shell-large-text = 每张照片不能超过10 MB。请换一张小一点的；之前传好的都还在。
shell-bad-title = 这次提交没有处理
shell-bad-text = 请返回上一页再试一次。您之前保存的内容都还在。
shell-reference = 问题编号
shell-to-start = 回到首页

# 等候与维护。
shell-waiting-title = 现在人很多，请稍等
shell-waiting-text = 马上就轮到您：本页会自动打开。已保存的内容都在，您要去的那一页也替您留着。
shell-waiting-sent = 您刚才发送的内容我们还没有收下，但一点也没有丢。请稍等片刻，再点下面的按钮发送。
shell-waiting-lost = 您刚才发送的内容我们还没有收下。请稍等片刻，返回后再发一次；之前发送的都还在。
shell-waiting-again = 再次发送
shell-waiting-open = 现在打开
shell-waiting-ways = 不用网页也可以办
shell-waiting-sms = 发短信 CX 查进度，BH 查保号日期，GS 挂失：短信照常回复。
shell-closed-title = 系统维护中
shell-closed-until = 预计{ $until }恢复。
shell-closed-open = 恢复时间还不确定；恢复后本页会自动打开。
shell-closed-text = 您的号码照常使用。已保存的内容都在，也不会因为网页关闭而让任何期限悄悄过去。

# 可以离开多久。
shell-safe-until = 本页为您保留到{ $until }。之后输入的内容也会保存，只需再用验证码确认是您本人。
shell-safe-staff = 如不操作，登录将在{ $until }结束。之后发送的内容会保留到您重新登录。
shell-safe-soon-title = 您还在吗？
shell-safe-soon-text = 为了安全，本页将在两分钟后关闭。已输入的内容会保留。
shell-safe-stay = 继续办理
