-- Submissions (提交审批的积分项目): a complete list that a village or town hands in to the level above, as the rows of a
-- catalogue file in JSON. Where it stands is computed from its steps. Its words are about a list and name nobody.
create table catalogue_submission (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    year int not null,
    effective_month int not null check (effective_month % 100 between 1 and 12),
    rows text not null,
    digest bytea not null check (length(digest) = 32),
    -- The villagers' (representatives') meeting that agreed to it, and how many came of how many.
    meeting_on date,
    attendance text not null,
    reason text,
    -- The catalogue in force when it was written; 0 for none.
    builds_on bigint,
    submitted_by text not null,
    submitted_account bigint,
    submitted_at timestamptz not null,
    primary key (county_code, id),
    foreign key (county_code, place) references division (county_code, place)
);
create index on catalogue_submission (county_code, place, id);
call protect_tenant('catalogue_submission', 'select, insert');

-- What was done about a submission (审批步骤). `kind` counts as in domain::catalogue::SubmissionStep; an approval names the
-- catalogue that it put in force.
create table submission_step (
    county_code text collate "C" not null,
    submission_id bigint not null,
    number smallint not null check (number > 0),
    place text collate "C" not null,
    kind smallint not null check (kind between 1 and 3),
    reason text,
    by_login text not null,
    by_account bigint,
    taken_at timestamptz not null,
    catalogue_id bigint,
    primary key (county_code, submission_id, number),
    foreign key (county_code, submission_id) references catalogue_submission (county_code, id),
    foreign key (county_code, catalogue_id) references catalogue (county_code, id),
    check ((kind = 2) = (catalogue_id is not null))
);
create index on submission_step (county_code, place);
call protect_tenant('submission_step', 'select, insert');
