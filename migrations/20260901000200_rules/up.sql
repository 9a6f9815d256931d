-- Catalogues (积分项目及评定标准) and rulebooks (规则): dated, complete, never changed.
create table catalogue (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    year int not null,
    effective_month int not null check (effective_month % 100 between 1 and 12),
    reason text,
    primary key (county_code, id),
    foreign key (county_code, place) references division (county_code, place)
);
create index on catalogue (county_code, place, effective_month);
call protect_binding('catalogue', 'select, insert');

create table catalogue_item (
    county_code text collate "C" not null,
    place text collate "C" not null,
    catalogue_id bigint not null,
    number smallint not null,
    code text not null,
    category text not null check (category in ('人居环境', '乡风文明')),
    name text not null,
    full_points int not null check (full_points > 0),
    primary key (county_code, catalogue_id, number),
    foreign key (county_code, catalogue_id) references catalogue (county_code, id)
);
call protect_binding('catalogue_item', 'select, insert');

create table catalogue_rule (
    county_code text collate "C" not null,
    place text collate "C" not null,
    catalogue_id bigint not null,
    item_number smallint not null,
    number smallint not null,
    code text not null,
    description text not null,
    points int not null check (points > 0),
    unit text not null,
    evidence boolean not null,
    primary key (county_code, catalogue_id, item_number, number),
    unique (county_code, catalogue_id, code),
    foreign key (county_code, catalogue_id, item_number)
        references catalogue_item (county_code, catalogue_id, number)
);
call protect_binding('catalogue_rule', 'select, insert');

create table rulebook (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    effective_month int not null check (effective_month % 100 between 1 and 12),
    settings text not null,
    primary key (county_code, id),
    foreign key (county_code, place) references division (county_code, place)
);
create index on rulebook (county_code, place, effective_month);
call protect_binding('rulebook', 'select, insert');
