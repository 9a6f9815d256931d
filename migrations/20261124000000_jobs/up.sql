-- Jobs (任务): what is to be done without anybody at the keyboard, and what became of it. Outbox, schedule and
-- history in one: a verb that wants something done later inserts a row in its own transaction.
create table job_run (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    kind text collate "C" not null,
    -- The month, year or day it is for, and which of its occasions.
    period text collate "C" not null,
    revision int not null,
    -- Jobs of one lane run one after another, in the order in which they became due.
    lane text collate "C",
    state text collate "C" not null default 'due' check (state in ('due', 'running', 'done', 'given_up')),
    due_at timestamptz not null,
    -- After a fault: not before then.
    not_before timestamptz not null,
    attempts int not null default 0,
    -- Grows with every claim: whoever holds an older one has lost the job.
    fence bigint not null default 0,
    worker text,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    -- What was done, or why it was not.
    outcome text,
    primary key (county_code, id),
    unique (county_code, kind, place, period, revision)
);
create index job_run_waiting on job_run (county_code, due_at, id) where state in ('due', 'running');
call protect_tenant('job_run', 'select, insert');
grant update (state, not_before, attempts, fence, worker, lease_until, started_at, finished_at, outcome)
    on job_run to jifen_program;
-- A worker takes what is due in any county, and learns its place from the row; what it then does, it does inside
-- that place. It also asks which counties there are.
create policy worker on job_run to jifen_program
    using (current_setting('jifen.worker', true) = 'on')
    with check (current_setting('jifen.worker', true) = 'on');
create policy worker on division for select to jifen_program
    using (current_setting('jifen.worker', true) = 'on' and place = county_code);

-- Messages (消息): one for each person, channel and day. What it says is kept until it need not be.
create table message (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    day date not null,
    channel text collate "C" not null check (channel in ('mail', 'webhook')),
    address text not null,
    name text not null,
    -- The reminders as JSON; null once cleared.
    content text,
    -- Fixed when it is written, so that a repeat is recognised as one.
    message_id text collate "C" not null,
    sent_at timestamptz,
    primary key (county_code, id),
    unique (county_code, channel, address, day)
);
call protect_tenant('message', 'select, insert');
grant update (content, sent_at) on message to jifen_program;

-- Whether a contact wants to be reminded (提醒).
alter table contact add column reminded boolean not null default true;
grant update (reminded) on contact to jifen_program;
