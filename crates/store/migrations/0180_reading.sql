-- What models read on a photo of a document, sealed under the application's data key: it is as
-- personal as the photo. One row for each photo that was given to them; unread says why they did not
-- look, models which ones did.
create table application_reading (
    bucket bigint not null,
    application_id blob not null,
    item text not null,
    round bigint not null,
    unread text,
    content blob,
    models text not null,
    read_at bigint not null,
    primary key (bucket, application_id, item, round)
);
