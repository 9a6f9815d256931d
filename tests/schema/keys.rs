//! Keys: a county's rows are told apart, joined and found by the county's code first.

use tokio_postgres::Client;

use super::{BINDING, TENANT, lines, migrated};

/// How the definition of a key or an index of these tables begins.
const BEGINNING: &str = "(county_code";

/// Tables that are found before a county is known: by a log-in, a cookie, an address.
const WITHOUT_COUNTY: &[&str] = &["account ", "login_attempt ", "seal_canary ", "session ", "__diesel"];

#[tokio::test(flavor = "multi_thread")]
async fn every_key_and_index_begins_with_the_county() {
    let (_database, owner) = migrated().await;
    let mut indexes = indexes(&owner).await;
    indexes.retain(|index| !WITHOUT_COUNTY.iter().any(|table| index.starts_with(table)));
    assert!(indexes.len() >= 38, "{indexes:#?}");
    indexes.retain(|index| !index.contains(BEGINNING));
    assert_eq!(indexes, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_begins_with_the_county_on_both_sides() {
    let (_database, owner) = migrated().await;
    let mut keys = foreign_keys(&owner).await;
    assert!(keys.len() >= 26, "{keys:#?}");
    keys.retain(|key| key.matches(BEGINNING).count() != 2);
    assert_eq!(keys, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_a_tenant_has_a_county_and_a_place_that_compare_byte_by_byte() {
    let (_database, owner) = migrated().await;
    let query = "select format('%s.%s', c.relname, a.attname)
        from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relkind in ('r', 'p')
            and a.attname in ('county_code', 'place') and a.attnotnull
            and a.atttypid = 'text'::regtype and a.attcollation = '\"C\"'::regcollation";
    let mut expected: Vec<String> =
        ["audit_head", "idempotency_key", "session"].map(|table| format!("{table}.county_code")).into();
    for table in [TENANT, BINDING].concat() {
        expected.extend([format!("{table}.county_code"), format!("{table}.place")]);
    }
    expected.sort_unstable();
    assert_eq!(lines(&owner, query).await, expected);
}

/// Every index, those of primary and unique keys among them, with its table and columns.
pub async fn indexes(owner: &Client) -> Vec<String> {
    let query = "select format('%s %s', c.relname, pg_get_indexdef(i.indexrelid))
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and not c.relispartition";
    lines(owner, query).await
}

/// Every foreign key with its table.
pub async fn foreign_keys(owner: &Client) -> Vec<String> {
    let query = "select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace and contype = 'f' and conparentid = 0";
    lines(owner, query).await
}
