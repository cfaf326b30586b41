-- A photo as it was sent, sealed under a key of its own, until it is drawn anew: then the row, the key
-- and the file go, and the photo stands in application_document. The newest of each item. refused
-- says why nothing could be drawn of it; its file is gone by then.
create table application_received (
    bucket bigint not null,
    application_id blob not null,
    item text not null,
    blob_id blob not null,
    data_key_id blob not null,
    digest blob not null,
    refused text,
    received_at bigint not null,
    primary key (bucket, application_id, item)
);
