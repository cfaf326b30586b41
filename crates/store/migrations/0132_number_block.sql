-- Which numbers of a block an operator has: one bit each, for those who ask about many at once. What
-- is set is true for ever, as numbers are never taken away; what is not set has to be looked up.
create table number_block (
    bucket bigint not null,
    block bigint not null,
    operator_id bigint not null,
    members blob not null,
    version bigint not null,
    primary key (bucket, block, operator_id)
);

-- The numbers whose holders were reminded: few at any time.
create index number_reminded on number (bucket, msisdn) where ladder_day is not null;
