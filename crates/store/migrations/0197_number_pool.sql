-- reference table: the number pools of an operator, as one JSON text; few and seldom changed
create table number_pool (
    operator_id bigint not null primary key,
    version bigint not null,
    content text not null
);
