network-none = 网络与系统所定的一致。
network-open = 自 { $since } 起尚未下发成功，已试 { $tries } 次：{ $said }
network-applied = 应为 { $wanted }，网络实际允许 { $applied }
network-drift = { $at } 被他方改动（{ $what }；共 { $count } 次），已恢复
network-drift-gone = 记录被删除
network-drift-number = 号码被改动
network-drift-profile = 业务被改动
