-- reference table: imported calendar years, in place of those that ship
create table calendar_year (
    name text not null,
    year bigint not null,
    content text not null,
    imported_at bigint not null,
    primary key (name, year)
);
