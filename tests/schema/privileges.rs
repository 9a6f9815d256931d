//! Privileges: what is written once stays, because nobody may change or delete it.

use tokio_postgres::Client;

use super::{CHANGEABLE, DELETABLE, MIGRATIONS, lines, migrated, tables};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reads_and_adds_everywhere_changes_listed_columns_and_deletes_what_has_ended_only() {
    let (_database, owner) = migrated().await;
    let mut expected = vec![format!("{MIGRATIONS} SELECT"), "card_id USAGE".to_owned()];
    let delete = |table| if DELETABLE.contains(table) { "DELETE " } else { "" };
    expected.extend(tables().iter().map(|table| format!("{table} {}INSERT SELECT", delete(table))));
    expected.extend(CHANGEABLE.iter().map(|(table, column)| format!("{table}.{column} UPDATE")));
    expected.sort_unstable();
    assert_eq!(of(&owner, "jifen_program").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_reads_every_table_and_nothing_else() {
    let (_database, owner) = migrated().await;
    let mut expected = vec![format!("{MIGRATIONS} SELECT")];
    expected.extend(tables().iter().map(|table| format!("{table} SELECT")));
    expected.sort_unstable();
    assert_eq!(of(&owner, "jifen_backup").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_has_a_privilege_on_anything_and_everybody_none() {
    let (_database, owner) = migrated().await;
    let mut others = grants(&owner).await;
    others.retain(|grant| !grant.starts_with("jifen_program ") && !grant.starts_with("jifen_backup "));
    assert_eq!(others, ["PUBLIC schema public USAGE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_later_is_open_to_nobody_by_default() {
    let (_database, owner) = migrated().await;
    assert_eq!(lines(&owner, "select defaclacl::text from pg_default_acl").await, [""; 0]);
}

/// What a role may do with tables, columns and sequences.
async fn of(owner: &Client, role: &str) -> Vec<String> {
    let mut own = grants(owner).await;
    own.retain(|grant| grant.starts_with(&format!("{role} ")) && !grant.contains(" schema "));
    own.iter().map(|grant| grant[role.len() + 1..].to_owned()).collect()
}

/// Every privilege in the schema that its owner gave away: to whom, on what, which; `*` may be passed on.
pub async fn grants(owner: &Client) -> Vec<String> {
    let query = "
        with things (name, acl, owner) as (
            select relname::text, relacl, relowner from pg_class where relnamespace = 'public'::regnamespace
            union all
            select c.relname || '.' || a.attname, a.attacl, c.relowner
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace
            union all
            select 'function ' || proname, coalesce(proacl, acldefault('f', proowner)), proowner
            from pg_proc where pronamespace = 'public'::regnamespace
            union all
            select 'schema public', nspacl, nspowner from pg_namespace where nspname = 'public'
        )
        select format('%s %s %s', coalesce(nullif(g.grantee::regrole::text, '-'), 'PUBLIC'), t.name,
            string_agg(g.privilege_type || case when g.is_grantable then '*' else '' end, ' '
                order by g.privilege_type))
        from things t, aclexplode(t.acl) g
        where g.grantee <> t.owner
        group by g.grantee, t.name";
    lines(owner, query).await
}
