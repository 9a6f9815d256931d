-- Cards (积分卡): insert-only revisions, with their findings. `status` counts as in domain::scoring::Status.
create table card (
    county_code text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    id bigint not null,
    place text collate "C" not null,
    household_id bigint not null,
    revision smallint not null check (revision > 0),
    panel_id bigint not null,
    scored_on date not null,
    status smallint not null check (status between 0 and 3),
    is_correction boolean not null,
    remark_digest bytea check (length(remark_digest) = 32),
    primary key (county_code, month, id),
    unique (county_code, month, household_id, revision),
    foreign key (county_code, household_id) references household (county_code, id),
    foreign key (county_code, panel_id) references panel (county_code, id)
) partition by range (month);
-- Numbers are drawn before the rows are written, so that findings can be written with them.
create sequence card_id;
grant usage on sequence card_id to jifen_program;
create index on card (county_code, month, place);
call protect_tenant('card', 'select, insert');
call partition_by_year('card', 2020, 2049);

create table finding (
    county_code text collate "C" not null,
    month int not null,
    card_id bigint not null,
    number smallint not null,
    place text collate "C" not null,
    act text collate "C" not null,
    times smallint not null check (times between 1 and 999),
    primary key (county_code, month, card_id, number),
    foreign key (county_code, month, card_id) references card (county_code, month, id)
) partition by range (month);
create index on finding (county_code, month, place);
call protect_tenant('finding', 'select, insert');
call partition_by_year('finding', 2020, 2049);

-- Reasons, notes and deciders name people: they stand apart, and the card holds their salted digest.
create table card_remark (
    county_code text collate "C" not null,
    month int not null,
    card_id bigint not null,
    place text collate "C" not null,
    salt bytea not null,
    late_reason text,
    note text,
    reason text,
    decided_by text,
    decided_on date,
    objection_no text,
    primary key (county_code, month, card_id),
    foreign key (county_code, month, card_id) references card (county_code, month, id)
);
create index on card_remark (county_code, month, place);
call protect_tenant('card_remark', 'select, insert');

-- A leader's signature covers every card of the panel's month up to `last_card_id`.
create table signature (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    month int not null,
    panel_id bigint not null,
    last_card_id bigint not null,
    cards int not null,
    digest bytea not null check (length(digest) = 32),
    signed_at timestamptz not null,
    primary key (county_code, id),
    foreign key (county_code, panel_id) references panel (county_code, id)
);
create index on signature (county_code, place, month);
call protect_tenant('signature', 'select, insert');
