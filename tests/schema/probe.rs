//! Goes straight to SQL as the program's role, under every scope, and counts what gets through.

use domain::place::Place;
use local_postgres::Role;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::filling::filled;
use super::{BINDING, CHANGEABLE, DELETABLE, TENANT, connect, partitions};

/// What a transaction sets before its statements: nothing, or one of these places.
const SCOPES: [Option<&str>; 8] = [
    None,
    Some("440229"),
    Some("440230"),
    Some("440229100"),
    Some("440229101"),
    Some("440229100201"),
    Some("440229100202"),
    Some("440229100201001"),
];

const NO_PRIVILEGE: Expected = Expected::Refusal("permission denied for table");
const OUT_OF_SCOPE: Expected = Expected::Refusal("new row violates row-level security policy");
const NOT_SWITCHED_OFF: Expected = Expected::Refusal("query would be affected by row-level security policy");

/// How a statement must end.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// It reads or changes exactly so many rows.
    Rows(u64),
    /// It is refused in these words.
    Refusal(&'static str),
}

/// Counts statements, and keeps those that ended otherwise than they must.
struct Probe {
    owner: Client,
    attempts: usize,
    leaks: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reaches_a_row_outside_the_scope() {
    let database = filled().await;
    let mut probe = Probe { owner: connect(&database, Role::Owner).await, attempts: 0, leaks: Vec::new() };
    check_filled(&probe.owner).await;
    for scope in SCOPES {
        let program = connect(&database, Role::Program).await;
        probe.scope(&program, scope).await;
    }
    // A connection whose last transaction was a county's carries nothing over into the next.
    let program = connect(&database, Role::Program).await;
    let earlier = format!("begin; {} commit", settings(Some("440229")));
    program.batch_execute(&earlier).await.expect("an earlier transaction");
    probe.scope(&program, None).await;

    println!("{} attempts, {} leaks", probe.attempts, probe.leaks.len());
    assert!(probe.leaks.is_empty(), "{}", probe.leaks.join("\n"));
    assert!(probe.attempts >= 5_000, "{} attempts", probe.attempts);
}

impl Probe {
    async fn scope(&mut self, program: &Client, scope: Option<&str>) {
        for table in probed() {
            self.table(program, scope, table).await;
        }
        for (partition, _) in partitions() {
            for statement in without_privilege(&partition) {
                self.attempt(program, scope, &statement, NO_PRIVILEGE).await;
            }
        }
    }

    async fn table(&mut self, program: &Client, scope: Option<&str>, table: &str) {
        let (readable, writable) = conditions(table, scope.unwrap_or("nowhere"));
        let visible = Expected::Rows(count(&self.owner, table, &readable).await);
        let own = Expected::Rows(count(&self.owner, table, &writable).await);
        let foreign = foreign_row(&self.owner, table, &writable).await;
        let delete = if DELETABLE.contains(&table) { own } else { NO_PRIVILEGE };
        let row = format!("jsonb_populate_record(null::{table}, {foreign})");
        for (statement, expected) in [
            (format!("select from {table}"), visible),
            (format!("select from {table} where not {readable}"), Expected::Rows(0)),
            (format!("set local row_security = off; select from {table}"), NOT_SWITCHED_OFF),
            (format!("insert into {table} overriding system value select * from {row}"), OUT_OF_SCOPE),
            (format!("update {table} set county_code = county_code"), NO_PRIVILEGE),
            (format!("delete from {table}"), delete),
            (format!("truncate {table}"), NO_PRIVILEGE),
        ] {
            self.attempt(program, scope, &statement, expected).await;
        }
        for (_, column) in CHANGEABLE.iter().filter(|(changeable, _)| *changeable == table) {
            let statement = format!("update {table} set {column} = {column}");
            self.attempt(program, scope, &statement, own).await;
        }
    }

    async fn attempt(&mut self, program: &Client, scope: Option<&str>, statement: &str, expected: Expected) {
        let outcome = run(program, scope, statement).await;
        self.attempts += 1;
        let as_it_must = match (&outcome, expected) {
            (Ok(rows), Expected::Rows(allowed)) => *rows == allowed,
            (Err(refusal), Expected::Refusal(words)) => refusal.starts_with(words),
            _ => false,
        };
        if !as_it_must {
            self.leaks.push(format!("{scope:?}: {statement}: {outcome:?} instead of {expected:?}"));
        }
    }
}

/// Fails where a table has no row of a county: nothing could leak from there.
async fn check_filled(owner: &Client) {
    for table in probed() {
        for county in ["440229", "440230"] {
            let rows = count(owner, table, &format!("county_code = '{county}'")).await;
            assert!(rows > 0, "{table} is empty in {county}");
        }
    }
}

/// Runs a statement in a transaction of the scope and undoes it. Returns the number of its rows, or the
/// words in which it was refused.
async fn run(program: &Client, scope: Option<&str>, statement: &str) -> Result<u64, String> {
    let answer = program.simple_query(&format!("begin; {} {statement}", settings(scope))).await;
    program.batch_execute("rollback").await.expect("undone");
    match answer {
        Ok(messages) => Ok(messages.iter().filter_map(rows).next_back().expect("an end")),
        Err(error) => Err(error.as_db_error().expect("an answer of the server").message().to_owned()),
    }
}

fn rows(message: &SimpleQueryMessage) -> Option<u64> {
    if let SimpleQueryMessage::CommandComplete(rows) = message { Some(*rows) } else { None }
}

/// The statements that set a scope as `records::tenancy` does.
fn settings(scope: Option<&str>) -> String {
    let Some(digits) = scope else { return String::new() };
    let interval = Place::from_digits(digits).expect("a place").scope();
    let (low, high) = (interval.low, interval.high);
    format!("select set_config('jifen.lo', '{low}', true), set_config('jifen.hi', '{high}', true);")
}

/// The tables whose rows belong to a county.
fn probed() -> impl Iterator<Item = &'static str> {
    TENANT.iter().chain(BINDING).copied().chain(["audit_head"])
}

/// Which rows of a table a place may read and which it may write: those whose code begins with its own; of
/// binding tables it also reads those whose code its own begins with.
fn conditions(table: &str, digits: &str) -> (String, String) {
    let inside = format!("starts_with(place, '{digits}')");
    if table == "audit_head" {
        let of_the_county = format!("starts_with('{digits}', county_code)");
        (of_the_county.clone(), of_the_county)
    } else if BINDING.contains(&table) {
        (format!("({inside} or starts_with('{digits}', place))"), inside)
    } else {
        (inside.clone(), inside)
    }
}

/// What nobody may do with a partition, whatever the scope.
fn without_privilege(partition: &str) -> [String; 5] {
    [
        format!("select from {partition}"),
        format!("insert into {partition} default values"),
        format!("update {partition} set county_code = county_code"),
        format!("delete from {partition}"),
        format!("truncate {partition}"),
    ]
}

async fn count(owner: &Client, table: &str, condition: &str) -> u64 {
    let query = format!("select count(*) from {table} where {condition}");
    let rows: i64 = owner.query_one(query.as_str(), &[]).await.expect("a count").get(0);
    rows.unsigned_abs()
}

/// A row that the scope may not write, as a literal of JSON.
async fn foreign_row(owner: &Client, table: &str, writable: &str) -> String {
    let query = format!("select quote_literal(to_jsonb(t)) from {table} t where not {writable} limit 1");
    owner.query_one(query.as_str(), &[]).await.expect("a row of somebody else").get(0)
}
