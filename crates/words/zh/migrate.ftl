migrate-none = 数据库结构已是最新。
migrate-applied = 已应用：{ $names }
migrate-waiting = 未应用，因为旧版程序将无法继续运行：{ $names }。旧版程序全部停止后请执行：baohao migrate --contract
migrate-spread = 已分布到 { $nodes } 台机器：{ $distributed } 张表按桶分布，{ $copied } 张表每台机器各一份；其中本次新增 { $new } 张。
