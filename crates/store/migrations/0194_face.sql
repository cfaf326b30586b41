-- What models saw on a portrait, alone or beside the photo of a document, sealed under the
-- application's data key: places, measures and a score, never the vectors that were compared. One row
-- for each pair of photos that was looked at; document_round is 0 where the portrait was looked at
-- alone. unread says why they did not look, models which ones did.
create table application_face (
    bucket bigint not null,
    application_id blob not null,
    portrait_round bigint not null,
    document_item text not null,
    document_round bigint not null,
    unread text,
    content blob,
    models text not null,
    looked_at bigint not null,
    primary key (bucket, application_id, portrait_round, document_item, document_round)
);
