-- reference table: while its one row (id 1) is there, the pages are closed for maintenance
create table maintenance (
    id bigint not null primary key,
    began_at bigint not null,
    until_at bigint
);
