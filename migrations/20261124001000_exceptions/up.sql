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

-- What a town fixes of a village's sample before its panels sign (抽查承诺): the size, and the hash of a secret that stays
-- sealed until the draw.
create table sample_commitment (
    county_code text collate "C" not null,
    place text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    size smallint not null check (size between 1 and 20),
    commitment bytea not null check (length(commitment) = 32),
    secret_sealed bytea not null,
    fixed_by text not null,
    fixed_at timestamptz not null,
    primary key (county_code, place, month),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('sample_commitment', 'select, insert');
grant update (secret_sealed) on sample_commitment to jifen_program;

-- A village's draw (抽签): the secret, now known, and the digest of the signed cards up to `last_card_id`.
create table sample_draw (
    county_code text collate "C" not null,
    place text collate "C" not null,
    month int not null,
    secret bytea not null check (length(secret) = 32),
    signed bytea not null check (length(signed) = 32),
    last_card_id bigint not null,
    drawn_by text not null,
    drawn_at timestamptz not null,
    primary key (county_code, place, month),
    foreign key (county_code, place, month) references sample_commitment (county_code, place, month)
);
call protect_tenant('sample_draw', 'select, insert');

-- The households drawn (抽中户), `number` in the order of the draw.
create table sample_household (
    county_code text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    household_id bigint not null,
    place text collate "C" not null,
    number smallint not null check (number > 0),
    primary key (county_code, month, household_id),
    foreign key (county_code, household_id) references household (county_code, id)
);
create index on sample_household (county_code, place, month);
call protect_tenant('sample_household', 'select, insert');

-- What the town found at a drawn household (复核卡), beside the panel's card. `status` counts as in domain::scoring::Status.
create table sample_card (
    county_code text collate "C" not null,
    month int not null,
    household_id bigint not null,
    place text collate "C" not null,
    checked_on date not null,
    status smallint not null check (status between 0 and 3),
    findings text not null,
    by_login text not null,
    by_account bigint,
    handed_in_at timestamptz not null,
    primary key (county_code, month, household_id),
    foreign key (county_code, month, household_id) references sample_household (county_code, month, household_id)
);
create index on sample_card (county_code, place, month);
call protect_tenant('sample_card', 'select, insert');
