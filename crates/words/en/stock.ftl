stock-finished = { $file }: { $new } brought into stock, { $known } known already, { $rejected } rejected.
stock-rejects-written = Rejected rows are in { $file }.
stock-not-a-day = “{ $text }” is not a day such as 2026-03-14
stock-unknown-document = “{ $kind }” is no kind of document
stock-listed = { $file }: { $count } entries recorded, { $rejected } rejected.
stock-profile-type = profile_type has at most { $most } characters
