-- Year-end awards (年终评比): certified numbers, runs per village, quotas per group, and the list.
create table group_fact (
    county_code text collate "C" not null,
    place text collate "C" not null,
    year int not null,
    revision int not null check (revision > 0),
    resident_households int not null check (resident_households >= 0),
    source text not null,
    certified_by text not null,
    primary key (county_code, place, year, revision),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('group_fact', 'select, insert');

create table award_run (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    year int not null,
    version smallint not null check (version > 0),
    closing_ids bigint[] not null,
    rulebook_ids bigint[] not null,
    seed bytea not null check (length(seed) = 32),
    digest bytea not null check (length(digest) = 32),
    computed_at timestamptz not null,
    primary key (county_code, id),
    unique (county_code, place, year, version),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('award_run', 'select, insert');

create table award_quota (
    county_code text collate "C" not null,
    run_id bigint not null,
    place text collate "C" not null,
    base int not null,
    certified boolean not null,
    nominal int not null,
    eligible int not null,
    total int not null,
    first int not null,
    second int not null,
    third int not null,
    primary key (county_code, run_id, place),
    foreign key (county_code, run_id) references award_run (county_code, id)
);
call protect_tenant('award_quota', 'select, insert');

create table award_result (
    county_code text collate "C" not null,
    run_id bigint not null,
    household_id bigint not null,
    place text collate "C" not null,
    -- The order in which the households of a group win, after the chain.
    position int not null,
    months_counted int not null,
    year_total int not null,
    findings int not null,
    environment int not null,
    rank_in_group int not null,
    prize smallint check (prize between 1 and 3),
    primary key (county_code, run_id, household_id),
    foreign key (county_code, run_id) references award_run (county_code, id),
    foreign key (county_code, household_id) references household (county_code, id)
);
call protect_tenant('award_result', 'select, insert');
