stock-finished = { $file }：入库 { $new }，已有 { $known }，退回 { $rejected }。
stock-rejects-written = 退回的行写在 { $file }。
stock-not-a-day = “{ $text }”不是日期，例如 2026-03-14
stock-unknown-document = 不认识的证件种类“{ $kind }”
stock-listed = { $file }：已登记 { $count } 条名单，拒绝 { $rejected } 行。
stock-profile-type = profile_type 最长{ $most }个字符
