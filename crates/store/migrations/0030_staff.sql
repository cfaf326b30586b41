-- reference table: an operator's staff are few; name and code secret are sealed under staff's own data key
create table staff (
    id blob primary key,
    operator_id bigint not null,
    login text not null unique,
    data_key_id blob not null,
    name blob not null,
    password_hash text not null,
    code_secret blob not null,
    code_last_step bigint,
    version bigint not null,
    created_at bigint not null,
    disabled_at bigint
);
create index staff_operator on staff (operator_id);

-- reference table: which roles staff have
create table staff_role (
    staff_id blob not null,
    role text not null,
    primary key (staff_id, role)
);

-- Failed sign-ins by the blind index of what was typed, so that an account that does not exist
-- locks just like one that does.
create table sign_in_failure (
    bucket bigint not null,
    login_index blob not null,
    failed_count bigint not null,
    version bigint not null,
    last_failed_at bigint not null,
    locked_until bigint,
    primary key (bucket, login_index)
);

-- The token itself is only in the browser; here is its hash.
create table staff_session (
    bucket bigint not null,
    token_hash blob not null,
    staff_id blob not null,
    operator_id bigint not null,
    signed_in_at bigint not null,
    seen_at bigint not null,
    ended_at bigint,
    primary key (bucket, token_hash)
);
create index staff_session_staff on staff_session (staff_id);
