-- Parts of a photo that is still arriving, sealed under the application's data key. One photo per
-- item arrives at a time; what does not arrive whole is forgotten after a day.
create table upload_part (
    bucket bigint not null,
    application_id blob not null,
    item text not null,
    part bigint not null,
    digest blob not null,
    content blob not null,
    created_at bigint not null,
    primary key (bucket, application_id, item, part)
);
create index upload_part_age on upload_part (created_at);
