stock-finished = { $file }: { $new } brought into stock, { $known } known already, { $rejected } rejected.
stock-rejects-written = Rejected rows are in { $file }.
