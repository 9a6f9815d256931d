//! Roles: the program's is bound by row-level security, owns nothing and cannot become another.

use local_postgres::Role;
use records::Database;
use testkit::TestDatabase;
use tokio_postgres::error::SqlState;

use super::{connect, lines, migrated};

/// Statements that would widen the program's rights.
const WIDENING: &[&str] = &[
    "set role jifen_owner",
    "set session authorization jifen_owner",
    "alter role jifen_program bypassrls",
    "alter table card disable row level security",
    "drop policy tenant on card",
    "create policy everything on card using (true)",
    "grant select on card_2026 to jifen_program",
    "call protect_tenant('card', 'update')",
    "create table own (id int)",
    "create view cards as select from card",
    "create table card_2050 partition of card for values from (205001) to (205101)",
    "create trigger t before insert on card execute function suppress_redundant_updates_trigger()",
    "create schema own",
    "select setval('card_id', 1)",
    "copy card to program 'cat'",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_row_security_does_not_bind_is_refused_with_the_one_to_use() {
    let database = TestDatabase::empty().await;
    for role in [Role::Superuser, Role::Owner, Role::Backup] {
        let refusal = Database::connect(&database.url(role), 1).await.err();
        let message = refusal.map(|refusal| refusal.to_string()).unwrap_or_default();
        assert!(message.contains("jifen_program"), "{role:?}: {message}");
    }
    assert!(Database::connect(&database.url(Role::Program), 1).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn row_security_binds_the_program_and_no_role_of_ours_makes_others() {
    let (_database, owner) = migrated().await;
    let query = "select concat_ws(' ', rolname, case when rolbypassrls then 'bypasses' else 'bound' end)
        from pg_roles where rolname in ('jifen_owner', 'jifen_program', 'jifen_backup')
            and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication)";
    let expected = ["jifen_backup bypasses", "jifen_owner bypasses", "jifen_program bound"];
    assert_eq!(lines(&owner, query).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_owns_nothing_and_belongs_to_no_other_role() {
    let (_database, owner) = migrated().await;
    let owned = "select classid::regclass::text from pg_shdepend
        where refobjid = 'jifen_program'::regrole and deptype = 'o'";
    assert_eq!(lines(&owner, owned).await, [""; 0]);
    let roles = "select roleid::regrole::text from pg_auth_members where member = 'jifen_program'::regrole";
    assert_eq!(lines(&owner, roles).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_cannot_widen_its_rights() {
    let database = TestDatabase::empty().await;
    let program = connect(&database, Role::Program).await;
    for statement in WIDENING {
        let refusal = program.batch_execute(statement).await.err();
        let code = refusal.as_ref().and_then(|refusal| refusal.code());
        assert_eq!(code, Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {refusal:?}");
    }
}
