-- Whether nothing but the policy kept the machine from approving: null in rows from before.
alter table application_decision add column is_clean boolean;
create index application_decision_clean on application_decision (at) where is_clean;
