-- reference table: tokens of the operator API, of which only a hash is kept
create table api_token (
    id blob primary key,
    operator_id bigint not null,
    name text not null,
    scopes text not null,
    secret_hash blob not null,
    data_key_id blob not null,
    version bigint not null,
    created_at bigint not null,
    revoked_at bigint
);
create unique index api_token_name on api_token (operator_id, name);

-- Requests with an idempotency key, and their answers, sealed under the token's data key.
create table api_request (
    bucket bigint not null,
    token_id blob not null,
    key text not null,
    fingerprint blob not null,
    created_at bigint not null,
    leased_until bigint not null,
    status bigint,
    media_type text,
    answer blob,
    primary key (bucket, token_id, key)
);
create index api_request_age on api_request (created_at);
