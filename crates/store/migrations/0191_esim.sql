-- A SIM that is no card but an eSIM profile: the profile type at the SM-DP+ that prepares it. Cards
-- have none.
alter table sim add column profile_type text;

create index sim_profile on sim (operator_id, iccid)
    where state = 'stock' and profile_type is not null;

-- An eSIM profile that was ordered for a number: how far the order got, and how far the phone. What
-- the activation code is made of, and the phone's EID, are sealed in body. asked counts the calls of
-- the present step, so that a call whose answer was lost is known.
create table esim_order (
    bucket bigint not null,
    msisdn bigint not null,
    iccid text not null,
    imsi text not null,
    profile_type text not null,
    operator_id bigint not null,
    application_id blob not null,
    episode_id blob not null,
    step text not null,
    download text not null,
    download_at bigint,
    problem text,
    problem_at bigint,
    version bigint not null,
    asked bigint not null,
    tries bigint not null,
    last_error text,
    valid_until bigint,
    data_key_id blob not null,
    body blob not null,
    created_at bigint not null,
    changed_at bigint not null,
    primary key (bucket, msisdn, iccid)
);

create index esim_order_of_operator on esim_order (operator_id, changed_at);
