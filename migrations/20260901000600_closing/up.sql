-- Closed versions (结账): what was frozen, the chain of the village, and every household's result.
create table month_closing (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    version smallint not null check (version > 0),
    ordinal int not null check (ordinal > 0),
    recipe smallint not null,
    catalogue_id bigint not null,
    rulebook_ids bigint[] not null,
    panel_ids bigint[] not null,
    summed_months int[] not null,
    summed_versions smallint[] not null,
    seed bytea not null check (length(seed) = 32),
    previous bytea not null check (length(previous) = 32),
    inputs bytea not null check (length(inputs) = 32),
    results bytea not null check (length(results) = 32),
    hash bytea not null check (length(hash) = 32),
    taking_part int not null,
    scored int not null,
    carried_out boolean not null,
    reason text,
    closed_at timestamptz not null,
    primary key (county_code, id),
    unique (county_code, month, place, version),
    unique (county_code, place, ordinal),
    foreign key (county_code, place) references division (county_code, place),
    foreign key (county_code, catalogue_id) references catalogue (county_code, id)
);
call protect_tenant('month_closing', 'select, insert');

create table month_result (
    county_code text collate "C" not null,
    month int not null,
    closing_id bigint not null,
    household_id bigint not null,
    place text collate "C" not null,
    roster_id bigint not null,
    card_id bigint,
    status smallint not null check (status between 0 and 4),
    score int check (score between 0 and 1000),
    environment int,
    findings int not null,
    rank_in_group int,
    rank_in_village int,
    year_total int not null,
    qualifies boolean not null,
    tier smallint check (tier between 1 and 4),
    primary key (county_code, month, closing_id, household_id),
    foreign key (county_code, closing_id) references month_closing (county_code, id),
    foreign key (county_code, roster_id) references household_version (county_code, id)
) partition by range (month);
create index on month_result (county_code, household_id, month);
call protect_tenant('month_result', 'select, insert');
call partition_by_year('month_result', 2020, 2049);

-- What a later version moved.
create table month_difference (
    county_code text collate "C" not null,
    closing_id bigint not null,
    household_id bigint not null,
    place text collate "C" not null,
    score_before int,
    score_after int,
    rank_before int,
    rank_after int,
    total_before int,
    total_after int,
    qualified_before boolean,
    qualified_after boolean,
    tier_before smallint,
    tier_after smallint,
    primary key (county_code, closing_id, household_id),
    foreign key (county_code, closing_id) references month_closing (county_code, id),
    foreign key (county_code, household_id) references household (county_code, id)
);
call protect_tenant('month_difference', 'select, insert');

-- The county's seal over the heads of its villages; each later closing of the month makes a new revision.
create table county_seal (
    county_code text collate "C" not null,
    place text collate "C" not null,
    month int not null,
    revision int not null check (revision > 0),
    closing_ids bigint[] not null,
    hash bytea not null check (length(hash) = 32),
    sealed_at timestamptz not null,
    primary key (county_code, month, revision)
);
call protect_tenant('county_seal', 'select, insert');
