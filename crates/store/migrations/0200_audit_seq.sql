-- Entries get their place in the chain after they were made: until then they are not in this index.
drop index audit_entry_seq;
create index audit_entry_seq on audit_entry (operator_id, seq) where seq is not null;
