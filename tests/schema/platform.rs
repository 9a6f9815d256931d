//! The platform's own tables, straight through SQL: each row is reached by what it belongs to, and by nothing else.

use local_postgres::Role;
use tokio_postgres::Client;

use super::{connect, migrated};

const FILL: &str = "
    insert into division (county_code, place, name) values ('440229', '440229', '翁源县');
    insert into account (county_code, place, login, name, password_hash, must_change, created_at)
        select '440229', '440229', login, '赖文', '-', false, now() from unnest('{one.here,two.here}'::text[]) login;
    insert into role_grant (county_code, place, account_id, role, valid_from, granted_by, granted_at)
        select county_code, place, id, 'county_viewer', '2026-01-01', '-', now() from account;
    insert into session (id, county_code, account_id, data, address, agent, begun_at, seen_at, expires_at)
        select sha256(login::bytea), county_code, id, '{}', '', '', now(), now(), now() + interval '1 hour' from account;
    insert into machine_token (county_code, place, role, name, token_hash, expires_at, issued_by, issued_at)
        select '440229', '440229', 'machine', token, sha256(token::bytea), '2030-01-01', '-', now()
        from unnest('{one,two}'::text[]) token;
    insert into idempotency_key (county_code, actor, method, route, key, request_digest, begun_at)
        select '440229', 'person:' || id, 'POST', '/', 'k', sha256(''), now() from account;";

/// What a transaction sets, and how many rows of account, role_grant, session, machine_token and idempotency_key it
/// then reaches.
const REACHES: &[(&str, [i64; 5])] = &[
    ("", [0, 0, 0, 0, 0]),
    ("set local jifen.login = 'one.here'", [1, 0, 0, 0, 0]),
    ("set local jifen.login = 'nobody'", [0, 0, 0, 0, 0]),
    ("set local jifen.login = '%'", [0, 0, 0, 0, 0]),
    ("set local jifen.account = '{one}'", [1, 1, 1, 0, 0]),
    ("set local jifen.account = '0'", [0, 0, 0, 0, 0]),
    ("select set_config('jifen.session', encode(sha256('one.here'), 'hex'), true)", [0, 0, 1, 0, 0]),
    ("select set_config('jifen.session', '', true)", [0, 0, 0, 0, 0]),
    ("select set_config('jifen.token', encode(sha256('one'), 'hex'), true)", [0, 0, 0, 1, 0]),
    ("select set_config('jifen.actor', 'person:{one}', true)", [0, 0, 0, 0, 1]),
    ("select set_config('jifen.worker', 'on', true)", [0, 0, 0, 0, 0]),
    // Whoever manages the county sees accounts, roles and tokens, and nobody's session.
    ("set local jifen.lo = '440229'; set local jifen.hi = '44022:'", [2, 2, 0, 2, 0]),
    ("set local jifen.lo = '440230'; set local jifen.hi = '44023:'", [0, 0, 0, 0, 0]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_platform_is_reached_by_what_it_belongs_to_and_by_nothing_else() {
    let (database, owner) = migrated().await;
    owner.batch_execute(FILL).await.expect("filled");
    let one: i64 =
        owner.query_one("select id from account where login = 'one.here'", &[]).await.expect("it").get(0);
    let program = connect(&database, Role::Program).await;
    for (setting, expected) in REACHES {
        let setting = setting.replace("{one}", &one.to_string());
        assert_eq!(reached(&program, &setting).await, *expected, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_written_and_ended_by_its_account_only() {
    let (database, owner) = migrated().await;
    owner.batch_execute(FILL).await.expect("filled");
    let program = connect(&database, Role::Program).await;
    let other = "set local jifen.account = '0'";
    assert_eq!(changed(&program, other, "update session set data = 'x'").await, Ok(0));
    assert_eq!(changed(&program, other, "delete from session").await, Ok(0));
    let plant = "insert into session select sha256('x'), county_code, account_id, data, address, agent, begun_at, seen_at,
        expires_at from (select '440229' as county_code, 1 as account_id, '{}' as data, '' as address, '' as agent,
        now() as begun_at, now() as seen_at, now() as expires_at) planted";
    let refused = changed(&program, other, plant).await.expect_err("refused");
    assert!(refused.contains("row-level security"), "{refused}");
    let worker = "set local jifen.worker = 'on'";
    assert_eq!(changed(&program, worker, "delete from session").await, Ok(0), "none has expired");
    owner
        .batch_execute("update session set expires_at = now() - interval '1 second'")
        .await
        .expect("expired");
    assert_eq!(changed(&program, worker, "delete from session").await, Ok(2));
}

async fn reached(program: &Client, setting: &str) -> [i64; 5] {
    program.batch_execute(&format!("begin; {setting}")).await.expect("set");
    let counts = "select array[(select count(*) from account), (select count(*) from role_grant),
        (select count(*) from session), (select count(*) from machine_token), (select count(*) from idempotency_key)]";
    let row = program.query_one(counts, &[]).await.expect("counts");
    program.batch_execute("rollback").await.expect("undone");
    row.get::<_, Vec<i64>>(0).try_into().expect("five")
}

/// How many rows a statement changes, or the words in which it is refused; undone.
async fn changed(program: &Client, setting: &str, statement: &str) -> Result<u64, String> {
    program.batch_execute(&format!("begin; {setting}")).await.expect("set");
    let outcome = program.execute(statement, &[]).await;
    program.batch_execute("rollback").await.expect("undone");
    outcome.map_err(|error| error.as_db_error().expect("an answer").message().to_owned())
}
