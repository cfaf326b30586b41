-- A person or an organisation. version is the lock of what must be counted per person.
create table party (
    bucket bigint not null,
    id blob not null,
    operator_id bigint not null,
    kind text not null,
    data_key_id blob not null,
    name blob,
    birth blob,
    address blob,
    version bigint not null,
    created_at bigint not null,
    erased_at bigint,
    primary key (bucket, id)
);

-- The documents of a party, renewed ones included. Keyed by the party's bucket.
create table identity_document (
    bucket bigint not null,
    party_id blob not null,
    match_index blob not null,
    kind text not null,
    number blob not null,
    expires_on text,
    recorded_at bigint not null,
    primary key (bucket, party_id, match_index)
);

-- An identity belongs to one party of an operator. Keyed by the index's own bucket.
create table identity_claim (
    bucket bigint not null,
    operator_id bigint not null,
    match_index blob not null,
    party_id blob not null,
    primary key (bucket, operator_id, match_index)
);

-- Identities that may not be given numbers, by blind index; operator 0 stands for all operators.
create table sanction (
    bucket bigint not null,
    match_index blob not null,
    operator_id bigint not null,
    source text not null,
    from_on text not null,
    until_on text,
    recorded_at bigint not null,
    primary key (bucket, match_index, operator_id)
);
