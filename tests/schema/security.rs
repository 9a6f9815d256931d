//! Row-level security: on every table, of the kind that the table is, and nothing that goes around it.

use tokio_postgres::Client;

use super::{BINDING, MIGRATIONS, TENANT, lines, migrated, partitions, tables};

const INTERVAL: &str = "((place >= current_setting('jifen.lo'::text, true)) \
    AND (place < current_setting('jifen.hi'::text, true)))";
const FROM_BELOW: &str = "starts_with(current_setting('jifen.lo'::text, true), place)";
const BY_A_WORKER: &str = "(current_setting('jifen.worker'::text, true) = 'on'::text)";
const COUNTIES_FOR_A_WORKER: &str =
    "((current_setting('jifen.worker'::text, true) = 'on'::text) AND (place = county_code))";
const BY_LOGIN_OR_ACCOUNT: &str = "((login = current_setting('jifen.login'::text, true)) \
    OR ((id)::text = current_setting('jifen.account'::text, true)))";
const OF_THE_ACCOUNT: &str = "((account_id)::text = current_setting('jifen.account'::text, true))";
const BY_TOKEN: &str = "(encode(token_hash, 'hex'::text) = current_setting('jifen.token'::text, true))";
const BY_COOKIE_OR_ACCOUNT: &str = "((encode(id, 'hex'::text) = current_setting('jifen.session'::text, true)) \
    OR ((account_id)::text = current_setting('jifen.account'::text, true)))";
const OF_THE_ACTOR: &str = "(actor = current_setting('jifen.actor'::text, true))";
const EXPIRED_SESSIONS: &str =
    "((current_setting('jifen.worker'::text, true) = 'on'::text) AND (expires_at < now()))";
const EXPIRED_KEYS: &str = "((current_setting('jifen.worker'::text, true) = 'on'::text) \
    AND (begun_at < (now() - '7 days'::interval)))";
const OF_THE_COUNTY: &str = "starts_with(current_setting('jifen.lo'::text, true), county_code)";

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_of_a_known_kind() {
    let (_database, owner) = migrated().await;
    let query = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relispartition and relname <> '__diesel_schema_migrations'";
    assert_eq!(lines(&owner, query).await, tables());
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_is_enabled_and_forced_on_every_table_and_partition_of_ours() {
    let (_database, owner) = migrated().await;
    let query = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)";
    assert_eq!(lines(&owner, query).await, [MIGRATIONS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_the_policies_of_its_kind_and_no_others() {
    let (_database, owner) = migrated().await;
    let policy = |table: &str, name: &str, command: &str, using: &str, check: &str| {
        format!("{table}: {name} PERMISSIVE {{jifen_program}} {command} using {using} check {check}")
    };
    let mut expected = vec![
        policy("audit_head", "platform", "ALL", OF_THE_COUNTY, OF_THE_COUNTY),
        policy("seal_canary", "platform", "ALL", "true", "true"),
        policy("job_run", "worker", "ALL", BY_A_WORKER, BY_A_WORKER),
        policy("division", "worker", "SELECT", COUNTIES_FOR_A_WORKER, ""),
        policy("account", "own", "ALL", BY_LOGIN_OR_ACCOUNT, BY_LOGIN_OR_ACCOUNT),
        policy("role_grant", "own", "SELECT", OF_THE_ACCOUNT, ""),
        policy("machine_token", "own", "SELECT", BY_TOKEN, ""),
        policy("session", "own", "ALL", BY_COOKIE_OR_ACCOUNT, BY_COOKIE_OR_ACCOUNT),
        policy("session", "expired", "ALL", EXPIRED_SESSIONS, ""),
        policy("login_attempt", "platform", "ALL", "true", "true"),
        policy("idempotency_key", "own", "ALL", OF_THE_ACTOR, OF_THE_ACTOR),
        policy("idempotency_key", "expired", "ALL", EXPIRED_KEYS, ""),
    ];
    expected.extend(TENANT.iter().map(|table| policy(table, "tenant", "ALL", INTERVAL, INTERVAL)));
    expected.extend(BINDING.iter().map(|table| policy(table, "tenant", "ALL", INTERVAL, INTERVAL)));
    expected.extend(BINDING.iter().map(|table| policy(table, "binding", "SELECT", FROM_BELOW, "")));
    expected.sort_unstable();
    assert_eq!(policies(&owner).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_a_partition_for_every_year_from_2020_to_2049() {
    let (_database, owner) = migrated().await;
    let query = "select relname || ' ' || pg_get_expr(relpartbound, oid) from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relispartition";
    let bound =
        |(name, year): (String, i32)| format!("{name} FOR VALUES FROM ({year}01) TO ({}01)", year + 1);
    let expected: Vec<String> = partitions().map(bound).collect();
    assert_eq!(expected.len(), 90);
    assert_eq!(lines(&owner, query).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_the_schema_works_with_the_rights_of_its_owner() {
    let (_database, owner) = migrated().await;
    let views = "select relname::text from pg_class where relnamespace = 'public'::regnamespace
        and relkind not in ('r', 'p', 'i', 'I', 'S')";
    assert_eq!(lines(&owner, views).await, [""; 0]);
    let functions =
        "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef";
    assert_eq!(lines(&owner, functions).await, [""; 0]);
}

/// Where tables are distributed, triggers and rules are refused.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_has_a_trigger_or_a_rewrite_rule() {
    let (_database, owner) = migrated().await;
    assert_eq!(lines(&owner, "select tgname::text from pg_trigger where not tgisinternal").await, [""; 0]);
    let rules = "select r.rulename::text from pg_rewrite r join pg_class c on c.oid = r.ev_class
        where c.relnamespace = 'public'::regnamespace";
    assert_eq!(lines(&owner, rules).await, [""; 0]);
}

/// Every policy: its table, name, kind, roles, command and conditions.
pub async fn policies(owner: &Client) -> Vec<String> {
    let query = "select format('%s: %s %s %s %s using %s check %s',
            tablename, policyname, permissive, roles, cmd, qual, with_check)
        from pg_policies where schemaname = 'public'";
    lines(owner, query).await
}
