-- Who reads what was changed behind our back reads the newest first.
create index provision_drift on provision (operator_id, drift_at) where drift_at is not null;
