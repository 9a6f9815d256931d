//! `crates/records/src/schema.rs`: the tables as diesel knows them, made from the database's own catalogue.

use std::fmt::Write as _;

use tokio_postgres::{Client, Row};

use super::migrated;
use crate::rules::check_generated;

const HEAD: &str = "\
//! The tables as the migrations make them.
//!
//! Generated: `UPDATE=1 cargo test -p jifen --test acceptance schema`.
";

/// Partitions are reached through their parents, and diesel's own table by diesel.
const COLUMNS: &str = "
    select c.relname::text, a.attname::text, format_type(a.atttypid, null), a.attnotnull,
        array_position(i.indkey::int2[], a.attnum)
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_index i on i.indrelid = c.oid and i.indisprimary
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> '__diesel_schema_migrations'
    order by c.relname, a.attnum";

/// A column; `key` is its place in the primary key.
struct Column {
    table: String,
    name: String,
    kind: String,
    key: Option<i32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_tables_are_those_that_the_migrations_make() {
    let (_database, owner) = migrated().await;
    check_generated("crates/records/src/schema.rs", &schema(&owner).await);
}

/// The text of `schema.rs`.
pub async fn schema(owner: &Client) -> String {
    let rows = owner.query(COLUMNS, &[]).await.expect("the columns");
    let columns: Vec<Column> = rows.iter().map(column).collect();
    let tables: Vec<&[Column]> = columns.chunk_by(|one, next| one.table == next.table).collect();
    let mut text = HEAD.to_owned();
    for columns in &tables {
        write_table(&mut text, columns);
    }
    text.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for columns in &tables {
        writeln!(text, "    {},", columns[0].table).expect("a text grows");
    }
    text.push_str(");\n");
    text
}

fn column(row: &Row) -> Column {
    let plain = rust_type(row.get(2));
    let required: bool = row.get(3);
    let kind = if required { plain } else { format!("Nullable<{plain}>") };
    Column { table: row.get(0), name: row.get(1), kind, key: row.get(4) }
}

fn write_table(text: &mut String, columns: &[Column]) {
    let mut key: Vec<&Column> = columns.iter().filter(|column| column.key.is_some()).collect();
    key.sort_by_key(|column| column.key);
    let key: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
    let lines: String =
        columns.iter().map(|Column { name, kind, .. }| format!("        {name} -> {kind},\n")).collect();
    let (table, key) = (&columns[0].table, key.join(", "));
    let table = format!("diesel::table! {{\n    {table} ({key}) {{\n{lines}    }}\n}}");
    writeln!(text, "\n{table}").expect("a text grows");
}

/// The name that `diesel::sql_types` has for a type of PostgreSQL.
fn rust_type(sql: &str) -> String {
    if let Some(element) = sql.strip_suffix("[]") {
        return format!("Array<{}>", rust_type(element));
    }
    let name = match sql {
        "bigint" => "BigInt",
        "boolean" => "Bool",
        "bytea" => "Binary",
        "date" => "Date",
        "integer" => "Integer",
        "smallint" => "SmallInt",
        "text" => "Text",
        "timestamp with time zone" => "Timestamptz",
        other => panic!("{other} is new here: give it its name in diesel::sql_types"),
    };
    name.to_owned()
}
