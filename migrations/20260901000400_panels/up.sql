-- Panels (评分小组): each change of a panel is a revision with all its members.
create table panel (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    name text not null,
    revision int not null check (revision > 0),
    effective_month int not null check (effective_month % 100 between 1 and 12),
    groups text[] not null,
    primary key (county_code, id),
    unique (county_code, place, name, revision),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('panel', 'select, insert');

create table panel_member (
    county_code text collate "C" not null,
    place text collate "C" not null,
    panel_id bigint not null,
    number smallint not null,
    name text,
    name_salt bytea,
    name_digest bytea not null check (length(name_digest) = 32),
    capacity text not null check (capacity in ('cadre', 'group_leader', 'representative')),
    is_leader boolean not null,
    primary key (county_code, panel_id, number),
    foreign key (county_code, panel_id) references panel (county_code, id)
);
create index on panel_member (county_code, place);
call protect_tenant('panel_member', 'select, insert');
