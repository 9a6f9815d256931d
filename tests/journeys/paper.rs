//! Forms, notices, cards and sheets as files: of the right kind, with what was closed, and nothing private on
//! what is public.

use std::path::Path;
use std::process::Command;

use authz::Role;
use domain::place::Place;
use serde_json::json;
use testkit::{COUNTY, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Serving, call, get, path, results, run, scored, succeed, superuser};

/// Names that no public page or file may show: put in for every head of a household.
const CANARY: &str = "卡纳雷";
const CANARY_PHONE: &str = "10000999888";

const CLOSE: [&str; 7] =
    ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];

/// A closed January whose heads bear the canary's name. Returns the first village and its first group.
async fn closed() -> (TestDatabase, String, String) {
    let (database, county) = scored(60, "2026-01", 1).await;
    let owner = superuser(&database).await;
    // As the register would have it: a name with its salted digest.
    owner
        .batch_execute(&format!(
            "update household_version set head_name = '{CANARY}',
                name_digest = sha256(name_salt || convert_to('{CANARY}', 'UTF8'))"
        ))
        .await
        .expect("canaries");
    succeed(&database, &CLOSE);
    let village = demo::villages(&county.plan).next().expect("a village");
    (database, village.place.code(), village.groups[0].place.code())
}

/// Exports a file. Returns its bytes.
fn export(database: &TestDatabase, folder: &Folder, arguments: &[&str]) -> Vec<u8> {
    let file = folder.0.join("out");
    succeed(database, &[&["export"], arguments, &["--out", path(&file)]].concat());
    std::fs::read(&file).expect("the file")
}

/// The text of a PDF, as a reader would copy it.
fn text(folder: &Folder, pdf: &[u8]) -> String {
    let file = folder.file("text.pdf", pdf);
    let output = Command::new("pdftotext").args(["-layout", path(&file), "-"]).output();
    String::from_utf8(output.expect("pdftotext (deploy/test)").stdout).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sheet_is_a_pdf_or_workbook_with_the_closed_month() {
    let (database, village, group) = closed().await;
    let folder = Folder::new();
    let household = results(&database, "2026-01")
        .lines()
        .find(|line| line.contains(&group) && line.contains(",scored,"))
        .and_then(|line| line.split(',').nth(4).map(str::to_owned))
        .expect("a scored household");
    let of_group = ["--group", &group, "--month", "2026-01"];
    let of_village = ["--village", &village, "--month", "2026-01"];
    let of_household = ["--household", &household, "--year", "2026"];
    for (what, arguments, words) in [
        ("form2", &of_household[..], "家庭积分情况统计表"),
        ("form3", &of_group, "家庭积分情况汇总表"),
        ("form4", &of_group, "家庭积分兑换表"),
        ("labels", &of_group, "累计"),
        ("sheets", &of_group, "评分小组长"),
        ("notice", &of_village, "家庭积分公示"),
        ("honours", &of_village, "光荣榜"),
    ] {
        let pdf = export(&database, &folder, &[&[what], arguments].concat());
        assert!(pdf.starts_with(b"%PDF"), "{what}");
        let text = text(&folder, &pdf).replace(' ', "");
        assert!(text.contains(words), "{what}: {text}");
        assert_eq!(
            export(&database, &folder, &[&[what], arguments].concat()),
            pdf,
            "{what}: the same bytes again"
        );
    }
    for (what, arguments) in
        [("form2", &of_household[..]), ("form3", &of_group), ("form4", &of_group), ("sheets", &of_group)]
    {
        let workbook = export(&database, &folder, &[&[what], arguments, &["--format", "xlsx"]].concat());
        assert!(workbook.starts_with(b"PK"), "{what}");
    }
    let year = export(&database, &folder, &["form3", "--group", &group, "--year", "2026"]);
    assert!(text(&folder, &year).replace(' ', "").contains("年度汇总表"));
    let cards = ["cards", "--group", &group, "--year", "2026"];
    let first = export(&database, &folder, &cards);
    assert_eq!(export(&database, &folder, &cards), first, "a card printed again is the same card");
    assert!(export(&database, &folder, &[&["picture"], &of_village[..]].concat()).starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_shows_neither_names_nor_phones_nor_reasons() {
    let (database, village, group) = closed().await;
    let publish = ["publish", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-05T09:00:00+08:00"];
    let folder = Folder::new();
    let of_village = ["--village", village.as_str(), "--month", "2026-01"];
    let preview = text(&folder, &export(&database, &folder, &[&["notice"], &of_village[..]].concat()));
    assert!(preview.replace(' ', "").contains("预览"), "{preview}");
    succeed(&database, &publish);
    for what in ["notice", "honours", "picture", "loudspeaker"] {
        let bytes = export(&database, &folder, &[&[what], &of_village[..]].concat());
        let shown = if bytes.starts_with(b"%PDF") {
            text(&folder, &bytes)
        } else {
            String::from_utf8_lossy(&bytes).into()
        };
        assert!(!shown.contains(CANARY) && !shown.contains(CANARY_PHONE), "{what}: {shown}");
        assert!(what == "picture" || !shown.contains("H1"), "{what} shows no reasons: {shown}");
        assert!(
            what == "picture" || shown.contains('*') || shown.contains('某'),
            "{what} shows masked names"
        );
        assert!(!shown.replace(' ', "").contains("预览"), "{what}");
    }
    let labels = ["labels", "--group", &group, "--month", "2026-01"];
    assert!(
        !text(&folder, &export(&database, &folder, &labels)).contains(CANARY),
        "labels are stuck on doors"
    );
    let form = ["form3", "--group", &group, "--month", "2026-01"];
    assert!(
        text(&folder, &export(&database, &folder, &form)).contains(CANARY),
        "the village's own form has names"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blank_sheet_that_was_filled_in_is_imported_as_it_is() {
    let (database, _, group) = closed().await;
    let folder = Folder::new();
    let file = folder.0.join("sheet.xlsx");
    let sheet = ["export", "sheets", "--group", &group, "--month", "2026-02", "--format", "xlsx"];
    succeed(&database, &[&sheet[..], &["--out", path(&file)]].concat());
    fill_in(&file);
    let import = ["import", "scorecards", path(&file), "--county", COUNTY, "--signed"];
    let said = run(&database, &[&import[..], &["--now", "2026-02-27T09:00:00+08:00"]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("不认识的列，已忽略：户主") && said.out.contains("新增"),
        "{}{}",
        said.out,
        said.err
    );
    let owner = superuser(&database).await;
    let cards: i64 = owner
        .query_one("select count(*) from finding where month = 202602 and act = 'H1a' and times = 2", &[])
        .await
        .expect("a count")
        .get(0);
    assert!(cards > 0);
}

/// Writes a visit into every row, as a clerk does with a spreadsheet program.
fn fill_in(file: &Path) {
    let script = "
import sys, re, zipfile, shutil
file = sys.argv[1]
with zipfile.ZipFile(file) as book:
    parts = {name: book.read(name) for name in book.namelist()}
sheet = parts['xl/worksheets/sheet1.xml'].decode()
def text(cell, value):
    return re.sub(r'<c r=\"%s\"( s=\"\\d+\")?/>' % cell, lambda m: '<c r=\"%s\"%s t=\"inlineStr\"><is><t>%s</t></is></c>' % (cell, m.group(1) or '', value), sheet)
for row in re.findall(r'<row r=\"(\\d+)\"', sheet)[1:]:
    sheet = text('E' + row, '2026-02-26')
    sheet = text('F' + row, '已评')
    sheet = text('G' + row, 'H1a*2')
parts['xl/worksheets/sheet1.xml'] = sheet.encode()
with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as book:
    for name, content in parts.items():
        book.writestr(name, content)
";
    let done = Command::new("python3").args(["-c", script, path(file)]).status().expect("python3");
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_an_objection_stands_on_board_and_sheet_without_household_and_names() {
    let (database, village, _) = closed().await;
    let publish = ["publish", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-05T09:00:00+08:00"];
    succeed(&database, &publish);
    let place = Place::parse_code(&village).expect("a code");
    let mut connection = database.database.connection().await.expect("a connection");
    for login in ["clerk", "secretary"] {
        let number = account(&mut connection, login, place).await;
        grant(&mut connection, number, Role::VillageAdministrator, place).await;
    }
    drop(connection);
    let now = Some("2026-02-06T09:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    let (clerk, secretary) = (log_in(&serving.pages, "clerk"), log_in(&serving.pages, "secretary"));
    let board = || get(&serving.pages, &format!("/p/{village}")).1;
    let results = results(&database, "2026-01");
    let households: Vec<&str> = results
        .lines()
        .filter(|line| line.contains(&village) && line.contains(",scored,"))
        .filter_map(|line| line.split(',').nth(4))
        .collect();
    let file = |household: &str| {
        let body = json!({ "household_code": household, "month": "2026-01", "words": "那天我家在修路" });
        let filed = call(&serving.pages, "POST", "/api/v1/objections", &clerk, &body);
        assert_eq!(filed.status, 200, "{}", filed.body);
        filed.json()["id"].as_i64().expect("a number")
    };
    let first = file(households[0]);
    file(households[1]);
    assert!(!board().contains("异议处理结果"), "nothing is decided: {}", board());

    let decision = json!({ "outcome": "rejected", "reason": "与现场照片相符" });
    let path = format!("/api/v1/objections/{first}/decision");
    let decided = call(&serving.pages, "POST", &path, &secretary, &decision);
    assert_eq!(decided.status, 200, "{}", decided.body);
    let folder = Folder::new();
    let sheet = export(&database, &folder, &["notice", "--village", &village, "--month", "2026-01"]);
    for shown in [board(), text(&folder, &sheet)] {
        for words in ["异议处理结果", "2026-01-001", "本月积分", "不成立", "2026年2月6日"] {
            assert!(shown.replace(' ', "").contains(words), "{words}: {shown}");
        }
        for hidden in ["2026-01-002", "修路", "与现场照片相符", CANARY] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
}
