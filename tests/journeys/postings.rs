//! Posting on the wall is recorded with place and person; late is late.

use testkit::COUNTY;

use crate::support::{Folder, path, run, scored, succeed};

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_is_recorded_once_late_ones_are_told_and_impossible_ones_refused() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village").place.code();
    let folder = Folder::new();
    let import = |on: &str, now: &str| {
        let header = "month,village_code,posted_on,board,posted_by";
        let file =
            folder.file("postings.csv", format!("{header}\n2026-01,{village},{on},村委会公告栏,赖文\n"));
        run(&database, &["import", "postings", path(&file), "--county", COUNTY, "--now", now])
    };
    let unpublished = import("2026-02-08", "2026-02-08T18:00:00+08:00");
    assert!(unpublished.code == Some(1) && unpublished.err.contains("还没有公示"), "{}", unpublished.err);
    let month = ["--county", COUNTY, "--month", "2026-01", "--now"];
    succeed(&database, &[&["close"], &month[..], &["2026-02-04T00:30:00+08:00"]].concat());
    succeed(&database, &[&["publish"], &month[..], &["2026-02-07T09:00:00+08:00"]].concat());

    let before = import("2026-02-06", "2026-02-08T18:00:00+08:00");
    assert!(before.code == Some(1) && before.err.contains("第 2 行 posted_on"), "{}", before.err);
    let future = import("2026-02-09", "2026-02-08T18:00:00+08:00");
    assert!(future.code == Some(1) && future.err.contains("在今天之后"), "{}", future.err);
    let in_time = import("2026-02-08", "2026-02-08T18:00:00+08:00");
    assert!(
        in_time.code == Some(0) && in_time.out.contains("新增 1") && in_time.err.is_empty(),
        "{}",
        in_time.err
    );
    assert!(import("2026-02-08", "2026-02-08T19:00:00+08:00").out.contains("不变 1"));
    let late = import("2026-02-11", "2026-02-11T18:00:00+08:00");
    assert!(late.out.contains("更改 1") && late.err.contains("按逾期张贴登记"), "{}{}", late.out, late.err);
    succeed(&database, &["verify", "--county", COUNTY]);
}
