//! A closed month is corrected by a new version; the old one stays.

use domain::input::{Correction, Line};
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{Status, parse_findings};
use records::closing::{closed_months, differences};
use records::objections::correct_cards;
use records::{Mode, tenancy};
use testkit::{COUNTY, guard, moment, operator, registrar};

use crate::support::{Folder, path, results, run, scored, succeed, superuser};

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_makes_the_next_version_and_keeps_the_difference() {
    let (database, county) = scored(120, "2026-01", 1).await;
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let before = results(&database, "2026-01");
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let line = before
        .lines()
        .find(|line| line.contains(&village.code()) && line.contains(",scored,"))
        .expect("scored");
    let household = line.split(',').nth(4).expect("its code");

    let folder = Folder::new();
    let header = "month,household_code,status,findings,reason,decided_by,decided_on,objection_no";
    let file = folder.file(
        "corrections.csv",
        format!("{header}\n2026-01,{household},scored,H1a*2;W1a,现场复核,王主任,2026-02-10,2026-1\n"),
    );
    let import =
        ["import", "corrections", path(&file), "--county", COUNTY, "--now", "2026-02-10T09:00:00+08:00"];
    assert!(succeed(&database, &import).contains("更改 1"));
    let after = results(&database, "2026-01");
    let versions = |csv: &str, village: &str| -> Vec<String> {
        let lines = csv.lines().filter(|line| line.contains(village));
        lines.filter_map(|line| line.split(',').nth(1).map(str::to_owned)).collect()
    };
    assert!(versions(&after, &village.code()).iter().all(|version| version == "2"));
    let corrected = after.lines().find(|line| line.contains(household)).expect("still there");
    assert_ne!(corrected, line);

    assert!(succeed(&database, &import).contains("不变 1"), "the same file again changes nothing");
    assert_eq!(results(&database, "2026-01"), after);
    succeed(&database, &["verify", "--county", COUNTY]);

    let allowed = guard().await.allow(&operator(), authz::Read, village).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (months, moved) = tenancy::read(&mut connection, &allowed, async |connection| {
        let months = closed_months(connection, &village).await?;
        let moved = differences(connection, &village.county(), months[0].closing_id).await?;
        Ok((months, moved))
    })
    .await
    .expect("read");
    let notice = tenancy::read(&mut connection, &allowed, async |connection| {
        records::publication::notice(connection, &village, county.plan.first_month, chrono_tz::Asia::Shanghai)
            .await
    });
    let notice = notice.await.expect("read").expect("closed");
    let own = notice.changes.iter().find(|change| household.ends_with(&change.number));
    assert!(own.is_some_and(|change| change.score.0 != change.score.1), "the corrected score is told");
    let hidden = |change: &domain::publication::Change| {
        let below =
            moved.iter().map(|one| &one.moved).find(|one| one.household.code().ends_with(&change.number));
        below.is_some_and(|one| one.qualifies.1 != Some(true) && change.rank.1.is_some())
    };
    assert!(
        !notice.changes.iter().any(hidden),
        "no rank below the places is on the notice: {:?}",
        notice.changes
    );
    assert_eq!(months.iter().map(|closed| closed.version).collect::<Vec<_>>(), [2, 1]);
    let mut moved = moved.iter().map(|one| &one.moved);
    assert!(moved.any(|one| one.household.code() == household && one.score.0 != one.score.1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_month_or_an_unknown_rule_is_not_corrected() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village");
    let household = demo::households(&county.plan, &village)
        .into_iter()
        .find(|one| one.participation.joined.is_some())
        .expect("one taking part")
        .household;
    let folder = Folder::new();
    let header = "month,household_code,status,findings,reason,decided_by,decided_on";
    let row = |findings: &str| format!("{header}\n2026-01,{household},,{findings},复核,王主任,2026-01-31\n");
    let import_at = |findings: &str, now: &str| {
        let file = folder.file("corrections.csv", row(findings));
        run(&database, &["import", "corrections", path(&file), "--county", COUNTY, "--now", now])
    };
    let import = |findings: &str| import_at(findings, "2026-02-10T09:00:00+08:00");
    let open = import_at("", "2026-02-02T09:00:00+08:00");
    assert!(open.code == Some(1) && open.err.contains("还没有结账"), "{}", open.err);
    assert!(open.err.contains("请评分组为这一户重交积分卡"), "entry is open: {}", open.err);
    let over = import("");
    assert!(over.code == Some(1) && over.err.contains("还没有结账"), "{}", over.err);
    assert!(over.err.contains("请先在评分页为这一户申请补录"), "entry is over: {}", over.err);
    succeed(
        &database,
        &["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"],
    );
    let unknown = import("Z9z");
    assert!(
        unknown.code == Some(1) && unknown.err.contains("第 2 行 findings：扣分代码“Z9z”"),
        "{}",
        unknown.err
    );
    assert!(results(&database, "2026-01").lines().skip(1).all(|line| line.starts_with("2026-01,1,")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_of_last_year_made_in_a_village_is_sealed_by_the_countys_next_closing() {
    let (database, county) = scored(60, "2025-12", 2).await;
    let close = |month: &str, now: &str| {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", now])
    };
    close("2025-12", "2026-01-04T00:30:00+08:00");
    let village = demo::villages(&county.plan).next().expect("a village").place;
    let csv = results(&database, "2025-12");
    let line = csv.lines().find(|line| line.contains(&village.code()) && line.contains(",scored,"));
    let household = line.and_then(|line| line.split(',').nth(4)).expect("a scored household");
    let correction = Correction {
        month: Month::parse("2025-12").expect("a month"),
        household: Place::parse_code(household).expect("a code"),
        status: Status::Scored,
        findings: parse_findings("H1a*2;W1a").expect("findings"),
        reason: "现场复核".to_owned(),
        decided_by: "王主任".to_owned(),
        decided_on: "2026-01-12".parse().expect("a date"),
        objection_no: None,
    };
    let rows = [Line { number: 2, row: correction }];
    let allowed = guard().await.allow(&operator(), authz::Correct, village).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (salts, now) = (registrar().salts, moment("2026-01-12 09:00"));
    let outcome =
        correct_cards(&mut connection, &allowed, &rows, &salts, Mode::Apply, &now).await.expect("corrected");
    assert_eq!(outcome.changed, 1);
    drop(connection);

    let owner = superuser(&database).await;
    let seals = async || -> i64 {
        let query = "select count(*) from county_seal where month = 202512";
        owner.query_one(query, &[]).await.expect("a count").get(0)
    };
    assert_eq!(seals().await, 1, "a village seals nothing");
    let verify = ["verify", "--county", COUNTY];
    succeed(&database, &verify);
    close("2026-01", "2026-02-04T00:30:00+08:00");
    assert_eq!(seals().await, 2, "the correction of December is sealed with January");
    succeed(&database, &verify);
    close("2026-01", "2026-02-04T01:30:00+08:00");
    assert_eq!(seals().await, 2, "once");

    owner.batch_execute("delete from county_seal where month = 202512 and revision = 2").await.expect("cut");
    let said = run(&database, &verify);
    let told = said.err.contains("2025-12 第2版") && said.err.contains("没有县级封签");
    assert!(said.code == Some(1) && told, "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_card_is_not_replaced_by_a_file_and_the_refusal_says_what_does_it() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village");
    let month = county.plan.first_month;
    let signed = demo::scorecards(&county.plan, &village, month, &county.catalogue).remove(0);
    let folder = Folder::new();
    let header = "month,household_code,panel,scored_on,status,findings";
    let (household, panel, day) = (signed.household, signed.panel, signed.scored_on);
    let late = "评委外出";
    let card = format!("{header},late_reason\n2026-01,{household},{panel},{day},,H1a*9;H2a*9;H3a*9,{late}\n");
    let import = |now: &str| {
        let file = folder.file("scorecards.csv", &card);
        run(&database, &["import", "scorecards", path(&file), "--county", COUNTY, "--now", now])
    };
    let open = import("2026-02-03T21:00:00+08:00");
    assert_eq!(open.code, Some(1), "{}", open.err);
    assert!(open.err.contains("已签字") && open.err.contains("重新签字"), "{}", open.err);
    assert!(!open.err.contains("更正"), "a correction would send it back: {}", open.err);
    let over = import("2026-02-05T09:00:00+08:00");
    assert!(over.code == Some(1) && over.err.contains("需要镇批准的补录"), "{}", over.err);
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &close);
    let closed = import("2026-02-05T09:00:00+08:00");
    assert!(closed.code == Some(1) && closed.err.contains("请走更正"), "{}", closed.err);
}
