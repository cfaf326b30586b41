-- Challenges of the live capture: each is for one application, for a short time, and once. nonce is
-- the SHA-256 of what the browser was given. Of the film only the outcome stays, never a picture.
create table application_live (
    bucket bigint not null,
    application_id blob not null,
    nonce blob not null,
    steps text not null,
    issued_at bigint not null,
    expires_at bigint not null,
    portrait_round bigint not null,
    used_at bigint,
    outcome text,
    why text not null,
    models text not null,
    primary key (bucket, application_id, nonce)
);
