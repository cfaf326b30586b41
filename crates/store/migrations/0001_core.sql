-- reference table: operators are few
create table operator (
    id bigint primary key,
    code text not null unique,
    name_zh text not null,
    name_en text not null,
    brand text not null,
    hotline text not null,
    zone text not null,
    policy_pack text not null,
    language text not null,
    created_at bigint not null
);

-- One key per party, wrapped by the key file. Erasing the wrapped key erases the person.
create table data_key (
    bucket bigint not null,
    id blob not null,
    wrapped blob,
    created_at bigint not null,
    erased_at bigint,
    primary key (bucket, id)
);

-- Append-only; seq and chain are filled once, by the linker.
create table audit_entry (
    bucket bigint not null,
    id blob not null,
    operator_id bigint not null,
    subject text not null,
    subject_version bigint not null,
    actor text not null,
    action text not null,
    detail text not null,
    at bigint not null,
    seq bigint,
    chain blob,
    primary key (bucket, id)
);
create unique index audit_entry_subject on audit_entry (bucket, subject, subject_version);
create index audit_entry_seq on audit_entry (operator_id, seq);
create index audit_entry_unlinked on audit_entry (operator_id, id) where seq is null;

-- reference table: the head of each operator's chain
create table audit_head (
    operator_id bigint primary key,
    seq bigint not null,
    chain blob not null,
    linked_at bigint not null
);

create table job (
    bucket bigint not null,
    kind text not null,
    key text not null,
    id blob not null,
    generation bigint not null,
    payload text not null,
    run_at bigint not null,
    attempt bigint not null,
    created_at bigint not null,
    leased_until bigint,
    lease blob,
    last_error text,
    dead_at bigint,
    primary key (bucket, kind, key)
);
create index job_due on job (run_at) where dead_at is null;
create index job_dead on job (dead_at) where dead_at is not null;

create table sealed_blob (
    bucket bigint not null,
    id blob not null,
    data_key_id blob not null,
    operator_id bigint not null,
    media_type text not null,
    size_bytes bigint not null,
    created_at bigint not null,
    erased_at bigint,
    primary key (bucket, id)
);
