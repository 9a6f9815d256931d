//! One digit changed by a superuser, in any protected column, is found and named.

use authz::Verify;
use local_postgres::Role;
use records::verify::{Verified, verify};
use testkit::{COUNTY, TestDatabase, guard, operator, registrar};
use tokio_postgres::{Client, NoTls};

use crate::support::{Folder, path, results, run, scored, succeed};

/// The tables that verifying protects.
const TABLES: &[&str] = &[
    "audit_event",
    "audit_head",
    "award_quota",
    "award_result",
    "award_run",
    "card",
    "card_remark",
    "catalogue",
    "catalogue_item",
    "catalogue_rule",
    "county_seal",
    "finding",
    "household",
    "household_version",
    "month_closing",
    "month_difference",
    "month_result",
    "panel",
    "panel_member",
    "publication",
    "rulebook",
    "signature",
];

/// Columns that verifying does not protect, with the reason.
const UNPROTECTED: &[(&str, &str, &str)] = &[
    ("award_run", "computed_at", "when a list was computed decides nothing; the log holds the time"),
    ("county_seal", "sealed_at", "when a month was sealed decides nothing; the log holds the time"),
    ("signature", "signed_at", "the digest covers what was signed; the log holds when it came"),
    ("signature", "present", "it decides nothing; the log holds how many were present"),
    ("signature", "few_reason", "empty beside cards of a file, by a constraint; `console` changes it"),
    ("signature", "on_behalf", "empty beside cards of a file, by a constraint; `console` changes it"),
    ("signature", "said_salt", "empty beside cards of a file, by a constraint; `console` changes it"),
    ("signature", "said_digest", "empty beside cards of a file, by a constraint; `console` changes it"),
    ("signature", "id", "a row number that nothing points to"),
    ("signature", "panel_id", "another revision of the same panel bears the same name"),
    ("card", "panel_id", "another revision of the same panel bears the same name"),
    ("card_remark", "month", "moves to another month's partition with its card number, where no card has it"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_digit_in_any_protected_column_is_found() {
    let database = a_year_with_a_correction().await;
    let owner = client(&database).await;
    owner.batch_execute("set session_replication_role = replica").await.expect("foreign keys off");
    free_identities(&owner).await;
    assert_eq!(check(&database).await.mismatches, [], "nothing was changed yet");
    let columns = owner
        .query(
            "select table_name::text, column_name::text, udt_name::text from information_schema.columns
             where table_schema = 'public' and table_name = any($1) order by 1, ordinal_position",
            &[&TABLES],
        )
        .await
        .expect("the columns");
    let (mut changed, mut missed) = (0, Vec::new());
    for column in &columns {
        let (table, name, kind): (&str, &str, &str) = (column.get(0), column.get(1), column.get(2));
        if name == "county_code" || UNPROTECTED.iter().any(|(t, c, _)| (*t, *c) == (table, name)) {
            continue;
        }
        let Some(undo) = change(&owner, table, name, kind).await else {
            missed.push(format!("{table}.{name}: nothing to change"));
            continue;
        };
        changed += 1;
        match found(&database).await {
            Ok(verified) if verified.mismatches.is_empty() => missed.push(format!("{table}.{name}")),
            Ok(_) | Err(_) => {}
        }
        owner.batch_execute(&undo).await.expect("the old value");
    }
    assert_eq!(missed, Vec::<String>::new(), "of {changed} changed columns");
    assert_eq!(check(&database).await.mismatches, [], "everything was put back");
    println!("{changed} columns changed, all found");
    assert!(changed > 120, "{changed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_score_ends_the_command_with_one_and_is_named() {
    let (database, _) = scored(60, "2026-01", 1).await;
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let folder = Folder::new();
    let heads = folder.0.join("heads.txt");
    // Taking the results out is a row of the log, too: it comes before the heads are noted.
    let csv = results(&database, "2026-01");
    let verify = ["verify", "--county", COUNTY, "--heads", path(&heads)];
    succeed(&database, &verify);
    succeed(&database, &verify);
    let household =
        csv.lines().find(|line| line.contains(",scored,")).and_then(|line| line.split(',').nth(4));
    let household = household.expect("a scored household").to_owned();
    let owner = client(&database).await;
    let update = "update month_result r set score = score - 1 from household h
                  where h.id = r.household_id and h.code = $1";
    owner.execute(update, &[&household]).await.expect("changed");
    let said = run(&database, &["verify", "--county", COUNTY]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("2026-01 第1版") && said.err.contains(&household) && said.err.contains("得分"),
        "{}",
        said.err
    );
    let restore = "update month_result r set score = score + 1 from household h
                   where h.id = r.household_id and h.code = $1";
    owner.execute(restore, &[&household]).await.expect("put back");
    succeed(&database, &verify);

    // A tail that is cut off leaves a whole chain: only heads noted outside tell.
    owner.batch_execute("delete from audit_event where number = (select max(number) from audit_event);
        update audit_head set number = number - 1, hash = (select hash from audit_event order by number desc limit 1)")
        .await
        .expect("cut");
    owner.batch_execute("delete from county_seal").await.expect("cut");
    let said = run(&database, &verify);
    assert!(said.code == Some(1) && said.err.contains("链末 log"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lawfully_erased_name_leaves_the_chain_whole() {
    let (database, _) = scored(60, "2026-01", 1).await;
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let owner = client(&database).await;
    let erase = "update household_version set head_name = null, name_salt = null where id in
                 (select min(id) from household_version)";
    assert_eq!(owner.execute(erase, &[]).await.expect("erased"), 1);
    let said = succeed(&database, &["verify", "--county", COUNTY]);
    assert!(said.contains("1 处姓名或备注已依法删除，校验链完整"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_one_month_tells_of_a_break_before_it_and_nothing_after_it() {
    let (database, _) = scored(60, "2026-01", 3).await;
    for (month, now) in [
        ("2026-01", "2026-02-04T00:30:00+08:00"),
        ("2026-02", "2026-03-04T00:30:00+08:00"),
        ("2026-03", "2026-04-04T00:30:00+08:00"),
    ] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
    }
    let owner = client(&database).await;
    let change = "update month_result set score = score - 1 where month = 202602 and score is not null";
    owner.execute(change, &[]).await.expect("changed");
    let verify = |month| run(&database, &["verify", "--county", COUNTY, "--month", month]);
    assert_eq!(verify("2026-01").code, Some(0), "January rests on nothing that was changed");
    let march = verify("2026-03");
    assert_eq!(march.code, Some(1));
    assert!(march.err.contains("2026-02 第1版") && march.err.contains("2026-03 第1版"), "{}", march.err);
}

/// Two months closed and published, one corrected, awards computed: every protected table has rows.
async fn a_year_with_a_correction() -> TestDatabase {
    let (database, _) = scored(60, "2026-11", 2).await;
    let close = |month, now| {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
    };
    close("2026-11", "2026-12-04T00:30:00+08:00");
    let csv = results(&database, "2026-11");
    let scored = csv.lines().find(|line| line.contains(",scored,")).and_then(|line| line.split(',').nth(4));
    let folder = Folder::new();
    let header = "month,household_code,status,findings,reason,decided_by,decided_on,objection_no";
    let row =
        format!("2026-11,{},scored,H1a*3,现场复核,王主任,2026-12-05,2026-7", scored.expect("a household"));
    let file = folder.file("corrections.csv", format!("{header}\n{row}\n"));
    let now = "2026-12-05T09:00:00+08:00";
    succeed(&database, &["import", "corrections", path(&file), "--county", COUNTY, "--now", now]);
    close("2026-12", "2027-01-04T00:30:00+08:00");
    for month in ["2026-11", "2026-12"] {
        let now = "2027-01-08T09:00:00+08:00";
        succeed(&database, &["publish", "--county", COUNTY, "--month", month, "--now", now]);
    }
    succeed(
        &database,
        &["awards", "--county", COUNTY, "--year", "2026", "--now", "2027-01-20T09:00:00+08:00"],
    );
    database
}

async fn client(database: &TestDatabase) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&database.url(Role::Superuser), NoTls).await.expect("superuser");
    tokio::spawn(connection);
    client
}

async fn check(database: &TestDatabase) -> Verified {
    found(database).await.expect("verified")
}

async fn found(database: &TestDatabase) -> records::Result<Verified> {
    let county = domain::place::Place::parse_code(COUNTY).expect("a code");
    let allowed = guard().await.allow(&operator(), Verify, county).expect("allowed");
    verify(&database.database, &allowed, None, Some(&registrar().sealer), |_, _| {}).await
}

/// A superuser can also let identities be written.
async fn free_identities(owner: &Client) {
    let identities = owner
        .query(
            "select table_name::text, column_name::text from information_schema.columns
             where table_schema = 'public' and identity_generation = 'ALWAYS' and table_name = any($1)",
            &[&TABLES],
        )
        .await
        .expect("the identities");
    for identity in identities {
        let (table, column): (&str, &str) = (identity.get(0), identity.get(1));
        let free = format!("alter table {table} alter {column} set generated by default");
        owner.batch_execute(&free).await.expect("an identity that can be written");
    }
}

/// Changes one digit in the first row that has a value. Returns the statement that undoes it.
async fn change(owner: &Client, table: &str, column: &str, kind: &str) -> Option<String> {
    let taking_part = if table == "household_version" { "and joined_month is not null" } else { "" };
    let found = owner
        .query_opt(
            &format!(
                "select tableoid::text, ctid::text, {column}::text from {table}
                 where true {taking_part} order by {column} is null, tableoid, ctid limit 1"
            ),
            &[],
        )
        .await
        .expect("a row")?;
    let (oid, ctid, old): (String, String, Option<String>) = (found.get(0), found.get(1), found.get(2));
    for value in changed_values(column, kind) {
        let update = format!(
            "update {table} set {column} = {value} where tableoid = {oid}::oid and ctid = '{ctid}'
             and {column} is distinct from {value} returning tableoid::text, ctid::text"
        );
        if let Ok(Some(row)) = owner.query_opt(&update, &[]).await {
            let (oid, ctid): (String, String) = (row.get(0), row.get(1));
            let old = old.map_or("null".to_owned(), |old| format!("'{}'", old.replace('\'', "''")));
            return Some(format!(
                "update {table} set {column} = {old} where tableoid = {oid}::oid and ctid = '{ctid}'"
            ));
        }
    }
    None
}

/// Values that differ in one digit, of which the first that the constraints take is used.
fn changed_values(column: &str, kind: &str) -> Vec<String> {
    match kind {
        "int2" | "int4" | "int8" => {
            ["1", "-1", "1000", "-100"].iter().map(|step| format!("{column} + {step}")).collect()
        }
        "bool" => vec![format!("not {column}")],
        "date" => vec![format!("{column} + 1")],
        "timestamptz" => vec![format!("{column} + interval '1 second'")],
        "bytea" => vec![format!("set_byte({column}, 0, get_byte({column}, 0) # 1)")],
        "_int2" | "_int4" | "_int8" => {
            vec![format!("array[{column}[1] + 1] || {column}[2:]"), format!("{column} || 1::{}", &kind[1..])]
        }
        "_text" => vec![format!("{column}[2:]")],
        _ => vec![
            format!("left({column}, -1) || case right({column}, 1) when '1' then '2' else '1' end"),
            format!("left({column}, -4) || '9999'"),
            "'人居环境'".to_owned(),
            "'乡风文明'".to_owned(),
            "'cadre'".to_owned(),
        ],
    }
}
