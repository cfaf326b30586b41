-- One row per application. What was typed is sealed in draft.
create table application (
    bucket bigint not null,
    id blob not null,
    operator_id bigint not null,
    reference text not null,
    version bigint not null,
    kind text not null,
    state text not null,
    data_key_id blob not null,
    draft blob,
    lang text not null,
    zone text,
    msisdn bigint,
    iccid text,
    party_id blob,
    appeal_of blob,
    appealed_by blob,
    taken_by blob,
    policy text not null,
    draft_until bigint not null,
    promise_due_at bigint,
    promise_is_provisional boolean not null,
    promise_counted_from bigint,
    promise_days bigint,
    is_late_told boolean not null,
    paused_days bigint,
    update_until bigint,
    redo_rounds bigint not null,
    kept_until bigint,
    is_erased boolean not null,
    is_refused_by_machine boolean not null,
    created_at bigint not null,
    changed_at bigint not null,
    primary key (bucket, id)
);
create index application_of_state on application (operator_id, state, promise_due_at, id);
create index application_list on application (operator_id, id);
create index application_provisional on application (operator_id, bucket, id)
    where promise_is_provisional;

-- The reference is unique everywhere; keyed by its own bucket.
create table application_reference (
    bucket bigint not null,
    reference text not null,
    application_id blob not null,
    operator_id bigint not null,
    primary key (bucket, reference)
);

-- The applications about a number; at most one of them is open. Keyed by the number's bucket.
create table application_number (
    bucket bigint not null,
    msisdn bigint not null,
    application_id blob not null,
    operator_id bigint not null,
    is_open boolean not null,
    recorded_at bigint not null,
    primary key (bucket, msisdn, application_id)
);
create unique index application_number_open on application_number (bucket, msisdn) where is_open;

-- What happened, for both sides to read. One row per version of the application that they see.
create table application_event (
    bucket bigint not null,
    application_id blob not null,
    version bigint not null,
    state text not null,
    event text not null,
    detail text not null,
    at bigint not null,
    primary key (bucket, application_id, version)
);

-- Every photo that was sent, also those replaced since: round counts up for each item.
create table application_document (
    bucket bigint not null,
    application_id blob not null,
    item text not null,
    round bigint not null,
    blob_id blob not null,
    digest blob not null,
    fingerprint blob not null,
    quality text not null,
    is_sent_anyway boolean not null,
    uploaded_at bigint not null,
    replaced_at bigint,
    primary key (bucket, application_id, item, round)
);
create unique index application_document_current
    on application_document (bucket, application_id, item) where replaced_at is null;

-- What must be redone, as asked last.
create table application_redo (
    bucket bigint not null,
    application_id blob not null,
    item text not null,
    reason text not null,
    round bigint not null,
    region text,
    is_done boolean not null,
    primary key (bucket, application_id, item, reason)
);

-- Finished checks; run counts the rounds of checking.
create table application_check (
    bucket bigint not null,
    application_id blob not null,
    run bigint not null,
    kind text not null,
    item text not null,
    outcome text not null,
    reason text,
    evidence text not null,
    at bigint not null,
    primary key (bucket, application_id, run, kind, item)
);

-- What the rule made of a run of checks.
create table application_decision (
    bucket bigint not null,
    application_id blob not null,
    run bigint not null,
    decision text not null,
    policy text not null,
    at bigint not null,
    primary key (bucket, application_id, run)
);

-- Where the applicant is reached; the address is sealed under the application's key. A new address
-- stands beside the confirmed one until it is confirmed itself.
create table application_contact (
    bucket bigint not null,
    application_id blob not null,
    channel text not null,
    address blob not null,
    address_index blob not null,
    confirmed_at bigint,
    recorded_at bigint not null,
    primary key (bucket, application_id, channel, address_index)
);

-- One-time codes to a contact, hashed. Keyed by the address's blind index, so that nobody can be
-- flooded through many applications.
create table contact_code (
    bucket bigint not null,
    address_index blob not null,
    purpose text not null,
    subject blob not null,
    code_hash blob not null,
    sent_at bigint not null,
    expires_at bigint not null,
    tries bigint not null,
    window_at bigint not null,
    sends bigint not null,
    version bigint not null,
    primary key (bucket, address_index, purpose)
);

-- Consents given and taken back, each for one purpose and one version of its text.
create table consent (
    bucket bigint not null,
    application_id blob not null,
    purpose text not null,
    text_version bigint not null,
    is_given boolean not null,
    at bigint not null,
    primary key (bucket, application_id, purpose, at)
);

-- Wrong guesses of the card that belongs to a number, within a window of time.
create table pair_guess (
    bucket bigint not null,
    msisdn bigint not null,
    window_at bigint not null,
    wrong bigint not null,
    primary key (bucket, msisdn)
);
