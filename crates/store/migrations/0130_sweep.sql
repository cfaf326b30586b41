-- reference table: who sweeps which numbers, one row for every 64 buckets, keyed by the first of them.
create table sweep_shard (
    bucket bigint primary key,
    lease blob,
    leased_until bigint
);
insert into sweep_shard (bucket) values (0), (64), (128), (192), (256), (320), (384), (448),
    (512), (576), (640), (704), (768), (832), (896), (960);

-- Most notices are about no application.
drop index notice_of_application;
create index notice_of_application on notice (bucket, application_id, created_at)
    where application_id is not null;
