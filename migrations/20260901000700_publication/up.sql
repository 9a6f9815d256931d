-- Publication (公示): which version was published when.
create table publication (
    county_code text collate "C" not null,
    place text collate "C" not null,
    month int not null,
    version smallint not null,
    closing_id bigint not null,
    hash bytea not null check (length(hash) = 32),
    published_on date not null,
    published_at timestamptz not null,
    primary key (county_code, place, month, version),
    foreign key (county_code, closing_id) references month_closing (county_code, id)
);
call protect_tenant('publication', 'select, insert');
