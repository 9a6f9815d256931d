-- Objections (异议): what a villager says against a household's score in a published version. `place` is the
-- household's group, and objections are numbered by `village` and month. `about` is the act objected to, empty for the
-- whole month. The words may name people: null with an empty salt once erased, while their salted digest stays.
create table objection (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    village text collate "C" not null,
    household_id bigint not null,
    month int not null check (month % 100 between 1 and 12),
    version smallint not null check (version > 0),
    number int not null check (number > 0),
    -- 1: the page of a household, 2: the notice board, 3: taken by staff.
    via smallint not null check (via between 1 and 3),
    in_time boolean not null,
    about text collate "C" not null,
    words text,
    salt bytea not null,
    words_digest bytea not null check (length(words_digest) = 32),
    contact_sealed bytea,
    filed_by text,
    filed_on date not null,
    filed_at timestamptz not null,
    primary key (county_code, id),
    unique (county_code, village, month, number),
    foreign key (county_code, household_id) references household (county_code, id),
    foreign key (county_code, village, month, version)
        references publication (county_code, place, month, version),
    check (starts_with(place, village))
);
create index on objection (county_code, place, month);
call protect_tenant('objection', 'select, insert');

-- What was done about an objection, one row after the other; where it stands is computed from them. `kind` counts as in
-- domain::objections::StepKind, and `by_name` is a log-in.
create table objection_step (
    county_code text collate "C" not null,
    objection_id bigint not null,
    number smallint not null check (number > 0),
    place text collate "C" not null,
    kind smallint not null check (kind between 1 and 8),
    reason text,
    salt bytea not null,
    reason_digest bytea not null check (length(reason_digest) = 32),
    by_name text not null,
    taken_on date not null,
    taken_at timestamptz not null,
    -- The version of the month that the decision made.
    new_version smallint check (new_version > 1),
    primary key (county_code, objection_id, number),
    foreign key (county_code, objection_id) references objection (county_code, id)
);
create index on objection_step (county_code, place);
call protect_tenant('objection_step', 'select, insert');

-- What names people can be erased by law, and the phone sealed anew under another key.
grant update (words, salt, contact_sealed) on objection to jifen_program;
grant update (reason, salt) on objection_step to jifen_program;
