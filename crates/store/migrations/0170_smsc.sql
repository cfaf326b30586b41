-- Whose phone a message went to, as a blind index: a message centre may spell one id in two ways, and
-- the phone tells which message a receipt is for.
alter table notice_message add column to_index blob;
alter table notice_receipt add column from_index blob;
create index notice_receipt_from on notice_receipt (from_index, received_at) where not is_known;

-- Parts of a text from a phone, until all are there. Sealed: what they say may be personal.
create table incoming_part (
    bucket bigint not null,
    sender_index blob not null,
    reference bigint not null,
    total bigint not null,
    number bigint not null,
    data_key_id blob not null,
    body blob not null,
    received_at bigint not null,
    primary key (bucket, sender_index, reference, total, number)
);
create index incoming_part_age on incoming_part (received_at);
