//! Files as people bring them: both languages, every encoding, and every way to go wrong.

#[path = "intake/any_input.rs"]
mod any_input;
#[path = "intake/bad_files.rs"]
mod bad_files;
#[path = "intake/workbooks.rs"]
mod workbooks;

use domain::input::{Household, Line};
use intake::{FileProblem, Limits, Parsed, Table, households, read_bytes};

/// Two households with Chinese headings, the second one not taking part.
const HOUSEHOLDS: &str = "小组代码,户号,户主,电话,户籍人口,常住人口,常住户,本村,地址,加入月份,退出月份\n\
    440229100204001,0001,李四,138 0013 8000,4,3,是,是,新洲一组1号,2026-03,\n\
    440229100204001,0002,王五,,2,2,否,否,,,\n";

/// Reads a file under the default limits.
fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Table, FileProblem> {
    read_bytes(name, bytes.into(), &Limits::default())
}

/// The households of a file that has a header.
fn parsed(name: &str, bytes: impl Into<Vec<u8>>) -> Parsed<Household> {
    let parsed = read(name, bytes).and_then(|table| households(&table));
    parsed.unwrap_or_else(|problem| panic!("{problem}"))
}

/// `line name` of every household.
fn names(rows: &[Line<Household>]) -> Vec<String> {
    rows.iter().map(|line| format!("{} {}", line.number, line.row.head_name)).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

#[test]
fn the_same_file_in_every_encoding_gives_the_same_rows() {
    let plain = parsed("households.csv", HOUSEHOLDS);
    assert_eq!(names(&plain.rows), ["2 李四", "3 王五"]);
    assert!(plain.is_sound() && plain.ignored_columns.is_empty());
    for bytes in [
        format!("\u{feff}{HOUSEHOLDS}").into_bytes(),
        gb18030(HOUSEHOLDS),
        HOUSEHOLDS.replace('\n', "\r\n").into_bytes(),
        HOUSEHOLDS.trim_end().as_bytes().to_vec(),
        HOUSEHOLDS
            .replace(',', "\",\"")
            .replace('\n', "\"\n\"")
            .trim_end_matches('"')
            .replacen("小", "\"小", 1)
            .into(),
    ] {
        assert_eq!(parsed("households.csv", bytes), plain);
    }
}

#[test]
fn blank_lines_are_skipped_and_lines_stay_those_of_the_file() {
    let text = HOUSEHOLDS.replace("\n4402", "\n\n,,,,,,,,,,\n4402");
    assert_eq!(names(&parsed("households.csv", text).rows), ["4 李四", "7 王五"]);
}

#[test]
fn a_thousand_rows_with_a_problem_each_are_told_within_the_limit() {
    let rows: String = (0..1500).map(|_| "440229100204001,7,李四,,-1,3,1,1,,,\n").collect();
    let text =
        format!("{}{rows}", HOUSEHOLDS.lines().next().map(|line| format!("{line}\n")).unwrap_or_default());
    let parsed = parsed("households.csv", text);
    assert_eq!((parsed.rows.len(), parsed.problems.len(), parsed.more_problems), (0, 1000, 2000));
}

#[test]
fn a_problem_says_line_field_reason_and_remedy() {
    let text = HOUSEHOLDS.replace(",4,3,", ",-4,3,");
    let problem = parsed("households.csv", text).problems.remove(0);
    assert_eq!(problem.to_string(), "第 2 行 members_registered：“-4”应为 0 到 99 的整数");
}
