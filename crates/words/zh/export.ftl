export-finished = { $file }：已写入 { $count } 行。
export-exists = { $file } 已经存在。请换一个文件名，或先删除它。
export-reason-missing = 请用 --reason 写明原因，原因会记入审计日志。
export-needs-file = 工作簿不能写到标准输出。请给出文件名，或改用 --format csv。
