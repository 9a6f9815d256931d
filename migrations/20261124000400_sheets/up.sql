-- Sheets (手机评分单): what a member's phone handed in for a household's month, and how it was received. `outcome` counts
-- as in domain::scoring::Receipt. The words stand beside their salted digest and can be erased; nothing else changes.
create table sheet (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    -- Null where the code names no registered household; `place` is then its village.
    household_id bigint,
    household_code text collate "C" not null
        check (length(household_code) = 19 and starts_with(household_code, county_code)),
    account bigint not null,
    -- Chosen by the phone, so that a sheet that is sent again is received once.
    key text collate "C" not null check (length(key) = 36),
    by_login text not null,
    panel_id bigint,
    panel_name text not null,
    -- The catalogue that the phone counted with; the score is the one of the catalogue in force.
    catalogue_id bigint,
    -- The revision of the card that the phone knew; 0 for none.
    base_revision smallint not null check (base_revision >= 0),
    scored_on date not null,
    status smallint not null check (status between 0 and 3),
    findings text not null,
    -- The evidence was seen on paper.
    seen_on_paper boolean not null,
    salt bytea,
    remark_digest bytea check (length(remark_digest) = 32),
    late_reason text,
    note text,
    outcome smallint not null check (outcome between 1 and 5),
    card_revision smallint check (card_revision > 0),
    score int,
    problem text,
    received_at timestamptz not null,
    primary key (county_code, id),
    unique (county_code, account, key),
    foreign key (county_code, household_id) references household (county_code, id),
    foreign key (county_code, panel_id) references panel (county_code, id)
);
create index on sheet (county_code, place, month);
call protect_tenant('sheet', 'select, insert');
grant update (salt, late_reason, note) on sheet to jifen_program;

-- The photos that a sheet names, each by the hash of what the phone sends, with the act it shows; null: the house.
create table sheet_photo (
    county_code text collate "C" not null,
    sheet_id bigint not null,
    number smallint not null,
    place text collate "C" not null,
    client_hash bytea not null check (length(client_hash) = 32),
    act text,
    primary key (county_code, sheet_id, number),
    foreign key (county_code, sheet_id) references sheet (county_code, id)
);
call protect_tenant('sheet_photo', 'select, insert');

-- Decisions (取舍): what a leader made of a sheet that did not become the card by itself; once for each.
create table sheet_decision (
    county_code text collate "C" not null,
    sheet_id bigint not null,
    place text collate "C" not null,
    taken boolean not null,
    card_revision smallint check (card_revision > 0),
    by_login text not null,
    salt bytea not null,
    reason_digest bytea not null check (length(reason_digest) = 32),
    reason text,
    decided_at timestamptz not null,
    primary key (county_code, sheet_id),
    foreign key (county_code, sheet_id) references sheet (county_code, id)
);
call protect_tenant('sheet_decision', 'select, insert');
grant update (salt, reason) on sheet_decision to jifen_program;

-- Photos (照片): evidence of a household's month. The bytes, cleaned, are in the object store under `hash`; the phone
-- knows them by the hash of what it sent.
create table photo (
    county_code text collate "C" not null,
    place text collate "C" not null,
    household_id bigint not null,
    client_hash bytea not null check (length(client_hash) = 32),
    hash bytea not null check (length(hash) = 32),
    month int not null check (month % 100 between 1 and 12),
    bytes int not null check (bytes > 0),
    width int not null check (width > 0),
    height int not null check (height > 0),
    taken_by text not null,
    received_at timestamptz not null,
    primary key (county_code, household_id, client_hash),
    foreign key (county_code, household_id) references household (county_code, id)
);
create index on photo (county_code, hash);
call protect_tenant('photo', 'select, insert');
