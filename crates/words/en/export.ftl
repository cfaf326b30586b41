export-finished = { $file }: { $count } rows written.
export-exists = { $file } is there already. Choose another name, or remove it first.
export-reason-missing = Say why with --reason TEXT: it is kept in the audit log.
export-needs-file = A workbook cannot go to standard output. Name a file, or choose --format csv.
