-- How a holder wants to be reached. One row per person.
create table reach (
    bucket bigint not null,
    party_id blob not null,
    operator_id bigint not null,
    data_key_id blob not null,
    lang text not null,
    zone text,
    version bigint not null,
    primary key (bucket, party_id)
);

-- The registered channels beside the numbers themselves; the address is sealed.
create table reach_channel (
    bucket bigint not null,
    party_id blob not null,
    channel text not null,
    address blob not null,
    recorded_at bigint not null,
    primary key (bucket, party_id, channel)
);

-- Whose contact is this address? Claimed under its blind index; several persons may share one.
create table reach_claim (
    bucket bigint not null,
    address_index blob not null,
    party_id blob not null,
    channel text not null,
    primary key (bucket, address_index, party_id, channel)
);

-- A notice to a person. The dedup key makes the same notice impossible twice.
create table notice (
    bucket bigint not null,
    id blob not null,
    operator_id bigint not null,
    dedup text not null,
    template text not null,
    lang text not null,
    msisdn bigint,
    application_id blob,
    party_id blob,
    data_key_id blob,
    is_warning boolean not null,
    created_at bigint not null,
    primary key (bucket, id)
);
create unique index notice_dedup on notice (bucket, dedup);
create index notice_of_number on notice (bucket, msisdn, created_at);
create index notice_of_application on notice (bucket, application_id, created_at);

-- One try on one channel: reserve, queued, submitting, submitted, then delivered, failed, expired
-- or unknown. Address and body are sealed under the data key of the notice if it has one.
create table notice_attempt (
    bucket bigint not null,
    notice_id blob not null,
    channel text not null,
    address blob not null,
    body blob not null,
    state text not null,
    not_before bigint not null,
    valid_minutes bigint not null,
    message_id text,
    submitted_at bigint,
    settled_at bigint,
    error text,
    version bigint not null,
    primary key (bucket, notice_id, channel)
);

-- Which attempt a message id of the outside belongs to.
create table notice_message (
    bucket bigint not null,
    message_id text not null,
    notice_bucket bigint not null,
    notice_id blob not null,
    channel text not null,
    primary key (bucket, message_id)
);

-- Every receipt, also late, repeated and unknown ones.
create table notice_receipt (
    bucket bigint not null,
    message_id text not null,
    status text not null,
    said_at bigint not null,
    received_at bigint not null,
    times bigint not null,
    is_known boolean not null,
    primary key (bucket, message_id, status)
);
create index notice_receipt_unknown on notice_receipt (bucket) where not is_known;

-- Texts already taken in: the outside may hand one over twice.
create table incoming_text (
    bucket bigint not null,
    fingerprint blob not null,
    received_at bigint not null,
    primary key (bucket, fingerprint)
);

-- Who got the list of commands on which day.
create table help_sent (
    bucket bigint not null,
    sender_index blob not null,
    sent_on text not null,
    primary key (bucket, sender_index, sent_on)
);

-- What a sender was asked last, such as for a code.
create table conversation (
    bucket bigint not null,
    sender_index blob not null,
    asks text not null,
    msisdn bigint not null,
    code_index blob,
    tries bigint not null,
    expires_at bigint not null,
    version bigint not null,
    primary key (bucket, sender_index)
);

-- Holders who asked for a person to call them back.
create table call_back (
    bucket bigint not null,
    msisdn bigint not null,
    operator_id bigint not null,
    asked_at bigint not null,
    primary key (bucket, msisdn)
);
create index call_back_list on call_back (operator_id, asked_at);
