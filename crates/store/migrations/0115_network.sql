-- What the network was really made to do: a register that cannot bar as finely as the rules say is
-- told the nearest to it on the side of lean. applied is what was read back.
alter table provision add column lean text not null default 'stricter';
alter table provision add column applied bigint;

-- What was found changed behind our back, and put right.
alter table provision add column drift_count bigint not null default 0;
alter table provision add column drift_at bigint;
alter table provision add column drift text;

-- What staff want to see: the network does not follow, or differs, or was changed by somebody.
create index provision_odd on provision (operator_id, msisdn)
    where tries > 0 or drift_at is not null or applied <> profile;

-- The keys of a SIM, sealed. Keyed by the IMSI's own bucket.
create table sim_key (
    bucket bigint not null,
    imsi text not null,
    data_key_id blob not null,
    body blob not null,
    created_at bigint not null,
    primary key (bucket, imsi)
);
