-- One row per application that is, or was, before people. version grows with every change, step
-- only with what reviewers do, each of which has its audit entry.
create table review_case (
    bucket bigint not null,
    application_id blob not null,
    operator_id bigint not null,
    kind text not null,
    stage text not null,
    round bigint not null,
    is_open boolean not null,
    is_front boolean not null,
    promise_at bigint not null,
    difficulty bigint not null,
    taken_by blob,
    preferred blob,
    claimed_by blob,
    lease_until bigint,
    first_by blob,
    second_by blob,
    pending_id blob,
    settle_at bigint,
    queued_at bigint not null,
    version bigint not null,
    step bigint not null,
    primary key (bucket, application_id)
);
create index review_case_queue on review_case (operator_id, promise_at) where is_open;

-- Append-only: one row per opinion; the marks and reasons are codes, the note is sealed.
create table review_opinion (
    bucket bigint not null,
    application_id blob not null,
    id blob not null,
    operator_id bigint not null,
    round bigint not null,
    stage text not null,
    actor text not null,
    staff_id blob,
    opinion text not null,
    second_rules text not null,
    policy text not null,
    note blob,
    decided_at bigint not null,
    settle_at bigint not null,
    undone_at bigint,
    settled_at bigint,
    primary key (bucket, application_id, id)
);

-- Which case lies on whose desk: one at a time.
create table review_desk (
    bucket bigint not null,
    staff_id blob not null,
    application_id blob,
    lease_until bigint not null,
    version bigint not null,
    primary key (bucket, staff_id)
);
