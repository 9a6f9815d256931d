-- Households (农户): the identity, and what the register says of it from a month on.
-- `place` is the group it belongs to.
create table household (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    code text collate "C" not null check (length(code) = 19 and starts_with(code, county_code)),
    primary key (county_code, id),
    unique (county_code, code),
    foreign key (county_code, place) references division (county_code, place)
);
create index on household (county_code, place);
call protect_tenant('household', 'select, insert');

-- Every change is a row of its own. The head's name stands beside its salted digest, which is what a
-- closed month holds; phone and address are sealed.
create table household_version (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    household_id bigint not null,
    revision int not null check (revision > 0),
    effective_month int not null check (effective_month % 100 between 1 and 12),
    head_name text,
    name_salt bytea,
    name_digest bytea not null check (length(name_digest) = 32),
    phone_sealed bytea,
    phone_index bytea,
    address_sealed bytea,
    members_registered smallint not null check (members_registered >= 0),
    members_resident smallint not null check (members_resident >= 0),
    resident boolean not null,
    local boolean not null,
    joined_month int check (joined_month % 100 between 1 and 12),
    left_month int check (left_month % 100 between 1 and 12),
    primary key (county_code, id),
    unique (county_code, household_id, revision),
    foreign key (county_code, household_id) references household (county_code, id)
);
create index on household_version (county_code, place);
call protect_tenant('household_version', 'select, insert');

-- Proves at start-up that the sealing key at hand is the one the data were sealed with.
create table seal_canary (
    key_id smallint primary key,
    sealed bytea not null
);
alter table seal_canary enable row level security;
alter table seal_canary force row level security;
create policy platform on seal_canary to jifen_program using (true) with check (true);
grant select, insert on seal_canary to jifen_program;
grant select on seal_canary to jifen_backup;
