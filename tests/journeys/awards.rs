//! Year-end awards wait for final months, freeze their base, and follow a corrected month.

use testkit::COUNTY;

use crate::support::{Folder, path, run, scored, succeed};

#[tokio::test(flavor = "multi_thread")]
async fn awards_wait_until_december_is_final_and_then_fill_their_quota() {
    let (database, county) = scored(120, "2026-11", 2).await;
    for (month, closing, publishing) in [
        ("2026-11", "2026-12-04T00:30:00+08:00", "2026-12-08T09:00:00+08:00"),
        ("2026-12", "2027-01-04T00:30:00+08:00", "2027-01-08T09:00:00+08:00"),
    ] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", closing]);
        succeed(&database, &["publish", "--county", COUNTY, "--month", month, "--now", publishing]);
    }
    let awards = |now: &str| run(&database, &["awards", "--county", COUNTY, "--year", "2026", "--now", now]);
    let early = awards("2027-01-15T23:59:00+08:00");
    assert!(
        early.code == Some(1) && early.err.contains("2026-12 还在公示期，2027-01-16 起可以评比"),
        "{}",
        early.err
    );
    let group = demo::villages(&county.plan).next().expect("a village").groups[0].place;
    let folder = Folder::new();
    let facts = folder.file(
        "facts.csv",
        format!("group_code,year,resident_households,source,certified_by\n{group},2026,10,统计站,王主任\n"),
    );
    let certify = ["import", "group-facts", path(&facts), "--county", COUNTY];
    succeed(&database, &certify);
    let done = awards("2027-01-16T00:00:00+08:00");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(awards("2027-01-17T00:00:00+08:00").out.contains("此前已算 2 个村"));

    let file = folder.0.join("awards.csv");
    succeed(&database, &["export", "awards", "--county", COUNTY, "--year", "2026", "--out", path(&file)]);
    let csv = std::fs::read_to_string(&file).expect("the file");
    let header = "year,version,group_code,household_code,months_counted,year_total,rank_in_group,prize,quota,\
                  quota_first,quota_second,quota_third";
    assert_eq!(csv.lines().next(), Some(header));
    let of_group: Vec<Vec<&str>> = csv
        .lines()
        .filter(|line| line.contains(&group.code()))
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(&of_group[0][8..], ["3", "1", "1", "1"], "10 certified households × 30 % = 3, split 1/1/1");
    assert_eq!(of_group.iter().filter(|cells| !cells[7].is_empty()).count(), 3);
    succeed(&database, &["verify", "--county", COUNTY]);

    let frozen = folder.file(
        "facts2.csv",
        format!("group_code,year,resident_households,source,certified_by\n{group},2026,90,统计站,王主任\n"),
    );
    let said = run(&database, &["import", "group-facts", path(&frozen), "--county", COUNTY]);
    assert!(said.code == Some(1) && said.err.contains("常住户数已锁定"), "{}", said.err);
}
