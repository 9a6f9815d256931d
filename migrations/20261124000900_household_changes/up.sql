-- Where a household is now (迁组): it moves between the groups of its village, and where it was stands in its versions.
grant update (place) on household to jifen_program;

-- What a revision of the register came from (登记变动), who registered it and when. `kind` counts as in
-- domain::households::ChangeKind, `other_id` is the household split from or off, or merged with. The reason may name
-- people: null with an empty salt once erased, while its salted digest stays. Without a reason there is no digest.
create table household_change (
    county_code text collate "C" not null,
    household_id bigint not null,
    revision int not null,
    place text collate "C" not null,
    kind smallint not null check (kind between 1 and 6),
    other_id bigint,
    reason text,
    salt bytea not null,
    reason_digest bytea check (length(reason_digest) = 32),
    by_name text not null,
    recorded_at timestamptz not null,
    primary key (county_code, household_id, revision),
    foreign key (county_code, household_id, revision)
        references household_version (county_code, household_id, revision),
    foreign key (county_code, other_id) references household (county_code, id),
    check ((kind = 1) = (reason_digest is null)),
    check ((kind > 2) = (other_id is not null))
);
create index on household_change (county_code, place);
call protect_tenant('household_change', 'select, insert');

-- The town's queries (参评资格质询): whether a household may take part. `about` counts as in
-- domain::households::QueryAbout, `revision` is the register's when it was asked. Words are erased as above.
create table household_query (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    household_id bigint not null,
    about smallint not null check (about between 1 and 3),
    revision int not null check (revision > 0),
    words text,
    salt bytea not null,
    words_digest bytea not null check (length(words_digest) = 32),
    asked_by text not null,
    asked_on date not null,
    asked_at timestamptz not null,
    primary key (county_code, id),
    foreign key (county_code, household_id) references household (county_code, id)
);
create index on household_query (county_code, place);
call protect_tenant('household_query', 'select, insert');

-- What followed on a query, one row after the other; where it stands is computed from them. `kind` counts as in
-- domain::households::QueryStep, and `by_name` is a log-in.
create table household_query_step (
    county_code text collate "C" not null,
    query_id bigint not null,
    number smallint not null check (number > 0),
    place text collate "C" not null,
    kind smallint not null check (kind between 1 and 4),
    reason text,
    salt bytea not null,
    reason_digest bytea not null check (length(reason_digest) = 32),
    by_name text not null,
    taken_on date not null,
    taken_at timestamptz not null,
    primary key (county_code, query_id, number),
    foreign key (county_code, query_id) references household_query (county_code, id)
);
create index on household_query_step (county_code, place);
call protect_tenant('household_query_step', 'select, insert');

-- What names people can be erased by law.
grant update (reason, salt) on household_change to jifen_program;
grant update (words, salt) on household_query to jifen_program;
grant update (reason, salt) on household_query_step to jifen_program;
