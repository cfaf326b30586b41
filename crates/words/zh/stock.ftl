stock-finished = { $file }：入库 { $new }，已有 { $known }，退回 { $rejected }。
stock-rejects-written = 退回的行写在 { $file }。
