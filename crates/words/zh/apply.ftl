# S1 to S11: the pages of a registration, and its receipt.
apply-begin-title = 办理实名登记
apply-begin-lead = 一页一个问题，每一步都会保存。
apply-begin-keep = 没填完的内容保留{ $days }天，凭编号和验证码可以换一部手机接着填。
apply-begin-button = 开始办理
apply-begin-photos = 拍照要求：四角完整、字迹清楚、没有反光。页面上会给您看例子。
apply-begin-who = 本人年满{ $age }周岁可以自己办；更小的由监护人一起办。
apply-begin-result = 提交后{ $days }个工作日内出结果，用短信或邮件告诉您。

apply-number-title = 办哪个号码？
apply-number-label = 要登记的手机号码
apply-number-hint = 11位，例如 138 0013 8000
apply-iccid-label = 卡号的后6位
apply-iccid-hint = 印在卡的背面，一共20位，只填最后6位
apply-number-no-card = 还没有卡？
apply-no-card-title = 还没有卡
apply-no-card-text = 登记需要号码和卡。请到营业网点领卡，或者打热线让我们寄给您，拿到卡后再回来办理。

apply-contact-title = 怎么联系您？
apply-contact-label = 现在能收到验证码的手机号或邮箱
apply-contact-hint = 国外号码也可以，请带国家代码，例如 +44 7700 900123。正在登记的卡还不能收短信，请不要填它。
apply-contact-why = 审核结果和补充通知也会发到这里。
apply-contact-send = 发验证码

apply-code-title = 填验证码
apply-code-sent = 验证码已发到 { $contact }，{ $minutes }分钟内有效。
apply-code-label = 验证码
apply-code-hint = 6位数字，可以粘贴
apply-code-late = 60秒还没收到？国外的短信可能延迟，可以改用邮箱。
apply-code-again = 再发一次
apply-code-other = 换一个手机号或邮箱

apply-who-title = 给谁办？
apply-who-label = 这个号码给谁用？
apply-who-self = 我自己
apply-who-child = 我的孩子，或者我监护的人
apply-who-company = 公司或单位
apply-who-iot = 设备（物联网卡）
apply-who-other-title = 这种情况要由工作人员办
apply-who-child-text = 请监护人带上双方证件和户口簿到营业网点，或者打热线预约视频办理。孩子和监护人各填一份，一起审核。
apply-who-company-text = 请经办人带上营业执照、盖章授权书和本人证件到营业网点；数量多的，打热线会有专人联系。
apply-who-iot-text = 物联网卡要登记使用单位、设备和用途。请打热线，会有专人联系。
apply-who-change = 不是这种情况，返回重选

apply-tasks-title = 任务清单
apply-tasks-reference = 您的编号是 { $reference }，请记下来。
apply-tasks-kept = 已保存。{ $until } 前不提交，内容会被删除。
apply-task-document-kind = 选证件类型
apply-task-identity = 姓名和证件号
apply-task-front = 拍证件：{ $side }
apply-task-portrait = 正面照
apply-task-consents = 同意事项
apply-task-check = 核对并提交
apply-task-not-started = 未开始
apply-task-under-way = 进行中
apply-task-done = 已完成
apply-task-problem = 有问题
apply-task-not-yet = 还不能开始
apply-side-front = 人像面
apply-side-back = 国徽面
apply-side-data = 资料页
apply-side-other = 背面

apply-document-title = 用哪种证件？
apply-document-label = 选一种您手上有原件的证件
apply-document-none = 都没有？
apply-document-none-title = 没有这些证件也能办
apply-document-none-text = 请打热线或到营业网点，我们会看您手上有什么材料，由专人处理。不会因为没有上面的证件就拒绝您。

apply-identity-title = 姓名和证件号
apply-name-label = 姓名
apply-name-hint = 和证件上一字不差，包括间隔号“·”
apply-name-cannot = 打不出我的名字？
apply-name-cannot-text = 打不出的字用“?”代替，审核员会按证件照片补上。
apply-id-number-label = 证件号码
apply-id-number-hint = { $document }上的号码，可以分段输入，空格不影响
apply-birth-label = 出生日期
apply-valid-until-label = 证件有效期到

apply-photo-title = 拍证件：{ $side }
apply-photo-lead = 请拍证件原件，不收复印件和翻拍。
apply-photo-send = 上传这张照片
apply-photo-retake = 想重拍，选一张新的就行。
apply-photo-anyway = 就用这张
apply-photo-tries = 试了几次都不行？带证件到营业网点，或者请人帮您拍，也可以打热线约视频办理。
apply-photo-wechat = 在微信里打不开相机？点右上角“…”，选“在浏览器打开”。
apply-photo-none = 还没有选照片
apply-photo-alt = { $what }，第{ $count }次上传
apply-photo-camera-off = 也可以换另一部手机接着拍：用编号 { $reference } 和验证码打开。

apply-portrait-title = 拍一张正面照
apply-portrait-rule-1 = 正对镜头，露出整张脸
apply-portrait-rule-2 = 光线均匀，脸上没有阴影
apply-portrait-rule-3 = 摘下口罩、墨镜；普通眼镜和露出面部的头巾可以戴
apply-portrait-rule-4 = 画面里只有您一个人
apply-portrait-rule-5 = 现在拍，不用旧照片
apply-portrait-other = 不想拍或拍不了？
apply-portrait-other-title = 不拍正面照也能办
apply-portrait-other-text = 您可以带证件到营业网点当面核对，或者打热线约视频核对。已填的内容都会保留。

apply-consents-title = 同意事项
apply-consents-label = 请逐项勾选。没有一项是替您选好的。
apply-consents-refused-title = 没有登记同意，不能提交
apply-consents-refused-text = 您填的内容已存为草稿。改变主意时回到这一页就行；也可以什么都不做，草稿到期会删除。

apply-check-title = 核对并提交
apply-check-lead = 提交前请再看一遍。
apply-check-number = 号码
apply-check-card = 卡号后6位
apply-check-contact = 联系方式
apply-check-document = 证件
apply-check-photos = 照片
apply-check-consents = 同意事项
apply-check-given = 已上传
apply-check-missing = 还没有
apply-check-precheck = 系统先看了一遍
apply-check-precheck-fine = 没有发现问题。
apply-check-promise = 现在提交，最晚出结果
apply-check-cut-off = 今天的受理时间已过，从下一个工作日开始算。
apply-check-provisional = 这个日期按尚未公布的放假安排推算，公布后如有变化会通知您。
apply-check-send = 提交

apply-receipt-title = 已提交
apply-receipt-reference = 编号 { $reference }
apply-receipt-text = 我们已收到，正在排队审核。您现在不用做什么。
apply-receipt-promise = 最晚出结果
apply-receipt-sent-to = 结果会发到 { $contact }。
apply-receipt-next = 接下来
apply-receipt-next-1 = 工作人员核对您的资料
apply-receipt-next-2 = 有要补的，只让您重做那一项
apply-receipt-next-3 = 通过后号码开通，收到短信就能用
apply-receipt-status = 查进度
apply-receipt-keep = 请保存编号，或打印这一页。

apply-resume-title = 接着办
apply-resume-lead = 用编号和验证码，在任何手机上接着填。
apply-reference-label = 编号
apply-reference-hint = 6个字母和数字，例如 R7K2Q9
apply-session-over-title = 为了安全，请重新确认是您
apply-session-over-text = 您有一段时间没有操作。已保存的内容都在，用编号和验证码接着办。
apply-session-over-kept = 您有一段时间没有操作。刚才发送的内容已经保存，用编号和验证码接着办。

# Answers that are missing or cannot be read.
apply-wrong-reference = 请填6位编号
apply-wrong-tail = 请填号码的后4位数字
apply-name-cannot-legend = 如果有打不出的字
apply-date-hint = 例如 1990 年 3 月 14 日
apply-long-term = 证件上写着“长期”
apply-long-term-legend = 没有到期日？
apply-guardian-title = 监护人
apply-guardian-text = 孩子的号码由监护人一起登记。下面填监护人的信息。
apply-guardian-name = 监护人姓名
apply-guardian-number = 监护人身份证号码
apply-guardian-papers = 户口簿本人页和监护人页
apply-company-papers = 盖章授权书
apply-photo-fault = { $fault }：{ $fix }
apply-photo-broken = 上传中断了，请再试一次。
apply-receipt-sent-at = 提交时间
apply-begin-go-on = 您有一份没填完的申请，编号 { $reference }。
apply-begin-documents = 可以用的证件
apply-begin-any = 任选一种，要原件。
apply-task-number = 号码与卡
apply-task-contact = 联系方式
apply-task-who = 给谁办
