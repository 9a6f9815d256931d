-- Lock exceptions (补录申请): after entry has ended and before its month is closed a village asks that cards of one
-- household, one group or the whole village may still be entered until the end of a day. Where it stands is computed from
-- its step and the clock. The reason stands beside its salted digest and can be erased; nothing else changes.
create table lock_exception (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    -- The village that asks.
    place text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    -- The village, group or household that it opens.
    opens text collate "C" not null check (starts_with(opens, place) and length(opens) in (12, 15, 19)),
    open_until date not null,
    salt bytea not null,
    reason_digest bytea not null check (length(reason_digest) = 32),
    reason text,
    asked_by text not null,
    asked_account bigint,
    asked_at timestamptz not null,
    primary key (county_code, id),
    foreign key (county_code, place) references division (county_code, place)
);
create index on lock_exception (county_code, place, month);
call protect_tenant('lock_exception', 'select, insert');
grant update (salt, reason) on lock_exception to jifen_program;

-- What was decided about an exception (补录审批): once for each. `kind` counts as in domain::scoring::ExceptionStep.
create table exception_step (
    county_code text collate "C" not null,
    exception_id bigint not null,
    place text collate "C" not null,
    kind smallint not null check (kind between 1 and 3),
    salt bytea not null,
    reason_digest bytea not null check (length(reason_digest) = 32),
    reason text,
    by_login text not null,
    by_account bigint,
    taken_at timestamptz not null,
    primary key (county_code, exception_id),
    foreign key (county_code, exception_id) references lock_exception (county_code, id)
);
create index on exception_step (county_code, place);
call protect_tenant('exception_step', 'select, insert');
grant update (salt, reason) on exception_step to jifen_program;
