-- Postings (张贴): when and where a month's sheet went up on the board. A later row replaces an earlier one.
create table posting (
    county_code text collate "C" not null,
    place text collate "C" not null,
    month int not null,
    revision int not null check (revision > 0),
    version smallint not null,
    posted_on date not null,
    board text not null,
    posted_by text not null,
    recorded_at timestamptz not null,
    primary key (county_code, place, month, revision),
    foreign key (county_code, place, month, version) references publication (county_code, place, month, version)
);
call protect_tenant('posting', 'select, insert');

-- Household tokens (户码): what the QR code on a household's card leads to. Found by their hash; the sealed copy
-- is for printing a card again. A later one replaces an earlier one, which then leads nowhere.
create table household_token (
    county_code text collate "C" not null,
    place text collate "C" not null,
    household_id bigint not null,
    revision int not null check (revision > 0),
    token_hash bytea not null check (length(token_hash) = 32),
    token_sealed bytea not null,
    issued_at timestamptz not null,
    primary key (county_code, household_id, revision),
    unique (county_code, token_hash),
    foreign key (county_code, household_id) references household (county_code, id)
);
call protect_tenant('household_token', 'select, insert');
