//! Bad files: a clear message each, nothing loaded, no panic.

use testkit::{COUNTY, TestDatabase};

use crate::support::{Folder, Said, path, results, run, scored, succeed};

const HOUSEHOLDS: &str = "group_code,number,head_name,phone,members_registered,members_resident,resident,local,address,joined_month,left_month";

/// Imports a file that must be refused with a message, and changes nothing.
fn check(database: &TestDatabase, kind: &str, content: impl AsRef<[u8]>, message: &str) {
    let folder = Folder::new();
    let file = folder.file("文件.csv", content);
    let said = import(database, kind, path(&file));
    assert_eq!(said.code, Some(1), "{message}: {}", said.err);
    assert!(said.err.contains(message), "expected {message}: {}", said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

fn import(database: &TestDatabase, kind: &str, file: &str) -> Said {
    let now = "2026-02-02T09:00:00+08:00";
    run(database, &["import", kind, file, "--county", COUNTY, "--now", now, "--from", "2026-02"])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_file_is_refused_by_line_field_and_remedy() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village");
    let group = village.groups[0].place;
    let household = demo::households(&county.plan, &village)
        .into_iter()
        .find(|one| one.participation.joined.is_some())
        .expect("one taking part")
        .household;
    let rows = |rows: &[&str]| format!("{HOUSEHOLDS}\n{}\n", rows.join("\n"));
    let row = |number: &str, count: &str| {
        format!("{group},{number},张三,10000000001,{count},3,是,是,某处,2026-02,")
    };

    check(&database, "households", b"\xff\xfe\x00\x01".repeat(50), "文件.csv");
    check(&database, "households", "户号,户主\n0001,张三\n", "group_code");
    check(
        &database,
        "households",
        rows(&["440229999999001,0001,张三,,3,3,是,是,,,"]),
        "440229999999001 没有登记",
    );
    check(&database, "households", rows(&[&row("9001", "3"), &row("9001", "3")]), "第 3 行 number");
    check(&database, "households", rows(&[&row("9001", "-3")]), "第 2 行 members_registered");
    check(&database, "households", "", "文件.csv");
    check(&database, "households", "PK\x03\x04 这不是工作簿", "文件.csv");
    check(&database, "households", "没有换行的长文".repeat(100_000), "文件.csv");
    let cards = "month,household_code,panel,scored_on,status,findings,late_reason,note";
    let unknown = "4402291002040019999";
    check(&database, "scorecards", format!("{cards}\n2026-01,{unknown},一组,2026-01-28,,,,\n"), unknown);
    let negative = format!("{cards}\n2026-01,{household},一组,2026-01-28,,H1a*-2,,\n");
    check(&database, "scorecards", negative, "第 2 行 findings");
    check(
        &database,
        "catalogue",
        "item_code,category,item,full_points,rule_code,rule,points,unit\nH1,人居环境,庭院,90,H1a,乱堆,2,每处\n",
        "100",
    );
    check(&database, "rulebook", "[redemption]\nplaces = 0\n", "redemption.places");
    check(&database, "rulebook", "[redemption\nplaces = 15\n", "第 1 行");

    let before = households(&database).await;
    let dry = Folder::new();
    let fine = dry.file("fine.csv", rows(&[&row("9001", "3")]));
    succeed(&database, &["import", "households", path(&fine), "--county", COUNTY, "--dry-run"]);
    assert_eq!(households(&database).await, before, "refused files and dry runs load nothing");

    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let closed = results(&database, "2026-01");
    let late = format!("{cards}\n2026-01,{household},第一评分组,2026-01-28,away,,,\n");
    check(&database, "scorecards", late, "该月已结账");
    let joined = format!("{group},9001,张三,,3,3,是,是,,2026-01,");
    check(&database, "households", rows(&[&joined]), "该月已结账");
    assert_eq!(results(&database, "2026-01"), closed);
}

async fn households(database: &TestDatabase) -> i64 {
    let url = database.url(local_postgres::Role::Superuser);
    let (client, connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client.query_one("select count(*) from household", &[]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_county_is_a_clear_refusal_everywhere() {
    let database = TestDatabase::empty().await;
    let folder = Folder::new();
    let out = folder.0.join("r.csv");
    for arguments in [
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"][..],
        &["publish", "--county", COUNTY, "--month", "2026-01"],
        &["awards", "--county", COUNTY, "--year", "2026"],
        &["verify", "--county", COUNTY],
        &["export", "results", "--county", COUNTY, "--month", "2026-01", "--out", path(&out)],
    ] {
        let said = run(&database, arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}");
        assert!(said.err.contains("没有"), "{arguments:?}: {}", said.err);
    }
    assert!(!out.exists());
    assert_eq!(run(&database, &["close", "--county", "44022", "--month", "2026-01"]).code, Some(2));
    assert_eq!(run(&database, &["close", "--county", COUNTY, "--month", "2026-13"]).code, Some(2));
}
