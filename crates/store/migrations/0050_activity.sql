-- The newest use of every number, by kind: one row per block of 10,000 numbers.
create table activity (
    bucket bigint not null,
    block bigint not null,
    layers blob not null,
    version bigint not null,
    written_at bigint not null,
    primary key (bucket, block)
);

-- How far each usage file or push has been taken in, written in the batch of the blocks it changed.
create table feed_cursor (
    bucket bigint not null,
    feed text not null,
    operator_id bigint not null,
    offset_bytes bigint not null,
    line bigint not null,
    done bigint not null,
    rejected bigint not null,
    rejects_bytes bigint not null,
    is_finished boolean not null,
    version bigint not null,
    written_at bigint not null,
    primary key (bucket, feed)
);
