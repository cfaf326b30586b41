-- What an identity authority was asked about an application, and what it said. input_index is the
-- blind index of what was asked, so that a changed name is asked anew; question says what.
create table application_authority (
    bucket bigint not null,
    application_id blob not null,
    input_index blob not null,
    question text not null,
    tries bigint not null,
    first_at bigint not null,
    asked_at bigint not null,
    outcome text,
    answer text,
    answered_at bigint,
    is_kept boolean not null,
    version bigint not null,
    primary key (bucket, application_id, input_index)
);

-- Matching answers that their holders let us keep, by the blind index of name and number. Keyed by
-- the index's own bucket.
create table authority_kept (
    bucket bigint not null,
    operator_id bigint not null,
    input_index blob not null,
    answer text not null,
    answered_at bigint not null,
    keep_until bigint not null,
    primary key (bucket, operator_id, input_index)
);
create index authority_kept_until on authority_kept (keep_until);
