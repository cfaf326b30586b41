# 读取效果的测量：命令行和报告。
eval-title = 证件读取的测量
eval-caution = 证件由程序绘制，照片由程序模拟，人物均不存在。真实证件和真实手机的结果会不同，请用自己的照片再测。
eval-level = 等级 { $level }：{ $cards } 张卡（{ $set }）
eval-exact = 字段完全一致
eval-number = 证件号码完全一致
eval-wrong = 填入但有误
eval-proven = 达到，样本足以证明
eval-met = 样本中达到
eval-missed = 未达到
eval-too-few = 样本太少，不作结论
eval-time = 每张照片约 { $millis } 毫秒（单线程，含绘制）
