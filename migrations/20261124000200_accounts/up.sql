-- Accounts (账号): one for each person, known everywhere by its log-in. `place` is where the person belongs: whoever
-- manages that place, or one above, sees the account. Log-ins are unique over all counties, because nobody says a
-- county when logging in; hence no county in the keys of this table.
create table account (
    id bigint generated always as identity primary key,
    county_code text collate "C" not null,
    place text collate "C" not null,
    login text collate "C" not null unique check (login ~ '^[a-z0-9][a-z0-9._-]{2,39}$'),
    name text not null check (name <> ''),
    password_hash text not null,
    -- The password was set by somebody else: the first log-in changes it.
    must_change boolean not null,
    -- Grows whenever earlier sessions must end.
    generation int not null default 1,
    -- The second factor (动态口令), sealed, and the last step that was used, so that no code works twice.
    totp_sealed bytea,
    totp_step bigint not null default 0,
    created_at timestamptz not null,
    disabled_at timestamptz,
    unique (county_code, id),
    check (length(county_code) = 6 and starts_with(place, county_code))
);
call protect_tenant('account', 'select, insert');
grant update (name, password_hash, must_change, generation, totp_sealed, totp_step, disabled_at)
    on account to jifen_program;
-- Whoever logs in reaches the account by its log-in alone; afterwards, the session names it.
create policy own on account to jifen_program
    using (login = current_setting('jifen.login', true) or id::text = current_setting('jifen.account', true))
    with check (login = current_setting('jifen.login', true) or id::text = current_setting('jifen.account', true));

-- Grants (授权): a role at a place, from a day to a day, both included. Taken back, never changed.
create table role_grant (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    account_id bigint not null,
    role text collate "C" not null,
    valid_from date not null,
    valid_until date check (valid_until >= valid_from),
    granted_by text not null,
    granted_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz,
    primary key (county_code, id),
    foreign key (county_code, place) references division (county_code, place),
    foreign key (county_code, account_id) references account (county_code, id)
);
create index on role_grant (county_code, account_id);
create index on role_grant (county_code, place);
call protect_tenant('role_grant', 'select, insert');
grant update (revoked_by, revoked_at) on role_grant to jifen_program;
-- A session brings its account's grants, wherever they are.
create policy own on role_grant for select to jifen_program
    using (account_id::text = current_setting('jifen.account', true));

-- Delegations (授权镇级管理): whether a town manages the accounts of its own villages. The latest row counts.
create table delegation (
    county_code text collate "C" not null,
    place text collate "C" not null,
    revision int not null check (revision > 0),
    allowed boolean not null,
    decided_by text not null,
    decided_at timestamptz not null,
    primary key (county_code, place, revision),
    foreign key (county_code, place) references division (county_code, place),
    check (length(place) = 9)
);
call protect_tenant('delegation', 'select, insert');

-- Machine tokens (机器令牌): shown once, kept as a hash.
create table machine_token (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    role text collate "C" not null,
    name text not null check (name <> ''),
    token_hash bytea not null check (length(token_hash) = 32),
    -- From which addresses it works: one range, `10.1.0.0/16`; null: from any.
    address_range text,
    expires_at timestamptz not null,
    issued_by text not null,
    issued_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz,
    primary key (county_code, id),
    unique (county_code, token_hash),
    foreign key (county_code, place) references division (county_code, place)
);
call protect_tenant('machine_token', 'select, insert');
grant update (revoked_by, revoked_at) on machine_token to jifen_program;
-- A request reaches its token by the hash alone.
create policy own on machine_token for select to jifen_program
    using (encode(token_hash, 'hex') = current_setting('jifen.token', true));

-- Sessions (会话): found by the hash of what the cookie holds. They are deleted when they end.
create table session (
    id bytea primary key check (length(id) = 32),
    county_code text collate "C" not null,
    account_id bigint not null,
    data text not null,
    address text not null,
    agent text not null,
    begun_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    foreign key (county_code, account_id) references account (county_code, id)
);
create index on session (account_id);
create index on session (expires_at);
alter table session enable row level security;
alter table session force row level security;
create policy own on session to jifen_program
    using (encode(id, 'hex') = current_setting('jifen.session', true)
        or account_id::text = current_setting('jifen.account', true))
    with check (encode(id, 'hex') = current_setting('jifen.session', true)
        or account_id::text = current_setting('jifen.account', true));
create policy expired on session to jifen_program
    using (current_setting('jifen.worker', true) = 'on' and expires_at < now());
grant select, insert, delete on session to jifen_program;
grant update (data, seen_at) on session to jifen_program;
grant select on session to jifen_backup;

-- Log-in attempts (登录尝试): how often one log-in, or one address, was tried lately. The subject is a hash, and there
-- is a row for a name that does not exist as well, so that nobody can tell.
create table login_attempt (
    subject bytea primary key check (length(subject) = 32),
    window_began_at timestamptz not null,
    tries int not null,
    failures int not null,
    not_before timestamptz not null
);
create index on login_attempt (window_began_at);
alter table login_attempt enable row level security;
alter table login_attempt force row level security;
create policy platform on login_attempt to jifen_program using (true) with check (true);
grant select, insert, delete on login_attempt to jifen_program;
grant update (window_began_at, tries, failures, not_before) on login_attempt to jifen_program;
grant select on login_attempt to jifen_backup;

-- Idempotency keys (幂等键): what a request with a key was answered, so that a second one is answered alike and has no
-- effect. Kept 7 days. `took_effect` is set in the transaction of the effect.
create table idempotency_key (
    county_code text collate "C" not null,
    actor text collate "C" not null,
    method text collate "C" not null,
    route text collate "C" not null,
    key text collate "C" not null check (length(key) between 1 and 255),
    request_digest bytea not null check (length(request_digest) = 32),
    begun_at timestamptz not null,
    took_effect boolean not null default false,
    status smallint,
    content_type text,
    answer bytea,
    primary key (county_code, actor, method, route, key)
);
create index on idempotency_key (county_code, begun_at);
alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;
create policy own on idempotency_key to jifen_program
    using (actor = current_setting('jifen.actor', true))
    with check (actor = current_setting('jifen.actor', true));
create policy expired on idempotency_key to jifen_program
    using (current_setting('jifen.worker', true) = 'on' and begun_at < now() - interval '7 days');
grant select, insert, delete on idempotency_key to jifen_program;
grant update (request_digest, begun_at, took_effect, status, content_type, answer) on idempotency_key to jifen_program;
grant select on idempotency_key to jifen_backup;

-- What names people can be erased by law, and sealed anew under another key; nothing else of these rows changes.
grant update (head_name, name_salt, phone_sealed, phone_index, address_sealed) on household_version to jifen_program;
grant update (salt, late_reason, note, reason, decided_by) on card_remark to jifen_program;
grant update (token_sealed) on household_token to jifen_program;
-- Once nothing is sealed with a key any more, its canary goes.
grant delete on seal_canary to jifen_program;
