-- Places (县、镇、村、村小组): the tenants, by the digits of their codes.
create table division (
    county_code text collate "C" not null,
    place text collate "C" not null,
    name text not null check (name <> ''),
    primary key (county_code, place),
    check (length(county_code) = 6 and starts_with(place, county_code)),
    check (length(place) in (6, 9, 12, 15) and place ~ '^[0-9]+$')
);
call protect_binding('division', 'select, insert');
-- A place may be renamed; the row is also what a verb locks while it works on a village.
grant update (name) on division to jifen_program;

-- Whom a place is reminded through.
create table contact (
    county_code text collate "C" not null,
    place text collate "C" not null,
    name text not null,
    duty text not null,
    email text,
    webhook text,
    primary key (county_code, place, name),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('contact', 'select, insert');
grant update (duty, email, webhook) on contact to jifen_program;
