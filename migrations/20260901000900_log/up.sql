-- The log (日志): numbered and chained per county, in the transaction of what it tells of.
create table audit_event (
    county_code text collate "C" not null,
    number bigint not null check (number > 0),
    place text collate "C" not null,
    act text not null,
    actor text not null,
    detail text not null,
    stated_at timestamptz not null,
    recorded_at timestamptz not null,
    previous bytea not null check (length(previous) = 32),
    hash bytea not null check (length(hash) = 32),
    primary key (county_code, number)
);
call protect_tenant('audit_event', 'select, insert');

-- Where the chain ends. A verb locks this row last. It is read and advanced from any scope of its county.
create table audit_head (
    county_code text collate "C" primary key,
    number bigint not null,
    hash bytea not null check (length(hash) = 32)
);
alter table audit_head enable row level security;
alter table audit_head force row level security;
create policy platform on audit_head to jifen_program
    using (starts_with(current_setting('jifen.lo', true), county_code))
    with check (starts_with(current_setting('jifen.lo', true), county_code));
grant select, insert on audit_head to jifen_program;
grant update (number, hash) on audit_head to jifen_program;
grant select on audit_head to jifen_backup;
