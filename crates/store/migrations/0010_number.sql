-- One row per number. due_at is the instant before which no rule does anything by itself.
create table number (
    bucket bigint not null,
    msisdn bigint not null,
    operator_id bigint not null,
    version bigint not null,
    lifecycle text not null,
    since_at bigint not null,
    party_id blob,
    episode_id blob,
    episode_since_at bigint,
    former_party_id blob,
    iccid text,
    imsi text,
    keep_from_at bigint not null,
    last_use_kind text,
    last_use_at bigint,
    ladder_day bigint,
    ladder_at bigint,
    until_at bigint,
    cause text,
    arrears_since_at bigint,
    reverify_by_at bigint,
    notice_proven_at bigint,
    retry_at bigint,
    due_at bigint,
    primary key (bucket, msisdn)
);
create index number_due on number (due_at, bucket, msisdn) where due_at is not null;
create index number_list on number (operator_id, lifecycle, msisdn);
create index number_page on number (operator_id, msisdn);

-- The restrictions in force; those that were lifted are in the audit log.
create table number_hold (
    bucket bigint not null,
    msisdn bigint not null,
    kind text not null,
    reference text not null,
    since_at bigint not null,
    until_at bigint,
    set_by text not null,
    primary key (bucket, msisdn, kind, reference)
);

-- Who held a number: a step function, append-only. Who held it at T, as known at R, is the row with
-- the greatest from_at <= T among those with recorded_at <= R; the latest recorded wins. version is
-- that of the number after the change, so that two changes in one millisecond have an order.
create table number_holder (
    bucket bigint not null,
    msisdn bigint not null,
    from_at bigint not null,
    recorded_at bigint not null,
    version bigint not null,
    episode_id blob,
    party_id blob,
    primary key (bucket, msisdn, from_at, recorded_at, version)
);

-- Which SIM served a number: the same shape.
create table number_sim (
    bucket bigint not null,
    msisdn bigint not null,
    from_at bigint not null,
    recorded_at bigint not null,
    version bigint not null,
    iccid text,
    imsi text,
    primary key (bucket, msisdn, from_at, recorded_at, version)
);

-- The same read from the other side: which number an IMSI served, 0 for none. Keyed by the IMSI's
-- own bucket.
create table imsi_number (
    bucket bigint not null,
    imsi text not null,
    from_at bigint not null,
    recorded_at bigint not null,
    msisdn bigint not null,
    primary key (bucket, imsi, from_at, recorded_at, msisdn)
);

-- One row per card; it is also the claim that a card serves one number at most. Keyed by the
-- ICCID's own bucket.
create table sim (
    bucket bigint not null,
    iccid text not null,
    operator_id bigint not null,
    imsi text not null,
    eid text,
    state text not null,
    msisdn bigint,
    version bigint not null,
    created_at bigint not null,
    primary key (bucket, iccid)
);

create index sim_list on sim (operator_id, iccid);

-- An IMSI is on one card only. Keyed by the IMSI's own bucket.
create table imsi_claim (
    bucket bigint not null,
    imsi text not null,
    iccid text not null,
    primary key (bucket, imsi)
);

-- The numbers of a party, each in a slot of its own: two who add a number at once want the same
-- slot, and one of them must look again. Keyed by the party's bucket.
create table party_number (
    bucket bigint not null,
    party_id blob not null,
    operator_id bigint not null,
    slot bigint not null,
    msisdn bigint not null,
    episode_id blob not null,
    since_at bigint not null,
    primary key (bucket, party_id, operator_id, slot)
);

-- What the network must know about a SIM, and how far it got. profile is null when the record must
-- be removed.
create table provision (
    bucket bigint not null,
    msisdn bigint not null,
    imsi text not null,
    operator_id bigint not null,
    profile bigint,
    step text not null,
    version bigint not null,
    wanted_at bigint not null,
    confirmed_at bigint,
    check_at bigint not null,
    tries bigint not null,
    last_error text,
    application_id blob,
    primary key (bucket, msisdn, imsi)
);
create index provision_check on provision (check_at);

-- Money, double entry: two rows per movement; the same key is the same movement.
create table ledger (
    bucket bigint not null,
    msisdn bigint not null,
    key text not null,
    account text not null,
    episode_id blob not null,
    minor bigint not null,
    posted_at bigint not null,
    primary key (bucket, msisdn, key, account)
);

-- The balance of a holder episode: the sum of its ledger rows on that account.
create table balance (
    bucket bigint not null,
    msisdn bigint not null,
    episode_id blob not null,
    minor bigint not null,
    version bigint not null,
    primary key (bucket, msisdn, episode_id)
);
