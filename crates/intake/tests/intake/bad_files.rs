//! Files that cannot be read: each is refused at once, by name, with the remedy.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use intake::{FileFault, FileProblem, Limits, households, read_bytes, read_file, read_text};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::workbooks::{household, workbook};
use crate::{HOUSEHOLDS, gb18030, parsed, read};

/// Refused as a table, or as a table of households, with a message that names the file.
fn refused(name: &str, bytes: impl Into<Vec<u8>>) -> FileFault {
    fault(name, read(name, bytes).and_then(|table| households(&table)))
}

fn fault<T>(name: &str, result: Result<T, FileProblem>) -> FileFault {
    let Err(problem) = result else { panic!("{name} should be refused") };
    let message = problem.to_string();
    assert!(message.contains(name), "names the file: {message}");
    assert!(message.chars().count() < 1000, "stays short: {message}");
    problem.fault
}

/// The same bytes at every run, spread over all values.
fn nonsense(length: usize) -> Vec<u8> {
    let mut state: u64 = 2026;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        let written = writer.start_file(*name, SimpleFileOptions::default());
        written.unwrap_or_else(|error| panic!("{error}"));
        writer.write_all(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    }
    writer.finish().unwrap_or_else(|error| panic!("{error}")).into_inner()
}

#[test]
fn paths_that_are_no_file_are_told_apart() {
    let limits = Limits::default();
    let folder = std::env::temp_dir().join(format!("intake-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = |name: &str| folder.join(name);
    fs::write(path("households.csv"), HOUSEHOLDS).expect("written");
    fs::write(path("rulebook.toml"), gb18030("# 县规则\n")).expect("written");

    assert_eq!(read_file(&path("households.csv"), &limits).map(|table| table.len()), Ok(2));
    assert_eq!(read_text(&path("rulebook.toml"), &limits), Ok("# 县规则\n".to_owned()));
    assert_eq!(fault("absent.csv", read_file(&path("absent.csv"), &limits)), FileFault::Absent);
    assert_eq!(fault("", read_file(&folder, &limits)), FileFault::Folder);
    assert_eq!(fault("", read_text(Path::new(""), &limits)), FileFault::Absent);
    let small = Limits { bytes: 100, ..limits };
    let too_large = fault("households.csv", read_file(&path("households.csv"), &small));
    assert!(matches!(too_large, FileFault::TooLarge { limit: 100, .. }), "{too_large}");
    fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn empty_files_and_files_of_blanks_are_empty() {
    for text in ["", "\u{feff}", "\n\r\n  \n", ",,,\n,,\n"] {
        assert_eq!(refused("a.csv", text), FileFault::Empty, "{text:?}");
    }
}

#[test]
fn wrong_encodings_are_named() {
    let mut bytes = gb18030(HOUSEHOLDS);
    let at = bytes.iter().rposition(|byte| *byte == b'\n').expect("a line end");
    bytes.insert(at, 0xff);
    assert_eq!(refused("a.csv", bytes), FileFault::Encoding { line: 3 });
    let utf16: Vec<u8> = HOUSEHOLDS.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused("a.csv", [vec![0xff, 0xfe], utf16.clone()].concat()), FileFault::Utf16);
    assert_eq!(refused("a.csv", utf16), FileFault::Binary);
}

#[test]
fn headers_without_the_columns_are_named() {
    let fault = refused("a.csv", HOUSEHOLDS.replace("户主,", "姓名,").replace("本村", "本地"));
    let FileFault::MissingColumns { missing, found } = fault else { panic!("{fault}") };
    assert_eq!(missing, "head_name（户主）、local（本村）");
    assert!(found.contains("姓名") && found.contains("本地"), "{found}");

    let rows: String = HOUSEHOLDS.lines().skip(1).map(|line| format!("{line}\n")).collect();
    assert!(matches!(refused("a.csv", rows), FileFault::NoHeader { .. }));
    assert!(matches!(refused("a.csv", HOUSEHOLDS.replace("地址", "户主")), FileFault::ColumnTwice(_)));
    assert_eq!(refused("a.csv", HOUSEHOLDS.replace(',', "\t")), FileFault::OtherSeparator);
    assert_eq!(refused("a.csv", HOUSEHOLDS.replace(',', ";")), FileFault::OtherSeparator);
}

#[test]
fn unknown_codes_duplicates_and_negative_counts_are_problems_of_their_lines() {
    let text = HOUSEHOLDS.replace(",2,2,", ",2,-2,").replace("440229100204001,0002", "44022910020400,0002");
    let text = format!("{text}440229100204001,0001,赵六,,1,1,1,1,,,\n");
    let problems: Vec<_> =
        parsed("a.csv", text).problems.into_iter().map(|problem| (problem.line, problem.field)).collect();
    assert_eq!(problems, [(3, "group_code"), (3, "members_resident"), (4, "number")]);
}

#[test]
fn megabytes_of_nonsense_are_refused() {
    assert_eq!(refused("a.csv", nonsense(3 << 20)), FileFault::Binary);
    assert_eq!(refused("a.xlsx", nonsense(3 << 20)), FileFault::NotAWorkbook);
    let without_zeros: Vec<u8> = nonsense(3 << 20).into_iter().filter(|byte| *byte != 0).collect();
    assert!(matches!(refused("a.csv", without_zeros), FileFault::Encoding { .. }));
    assert_eq!(refused("a.csv", "a".repeat(3 << 20)), FileFault::LongLine { line: 1 });
    let zip = [b"PK\x03\x04".to_vec(), nonsense(3 << 20)].concat();
    assert!(matches!(refused("a.xlsx", zip), FileFault::BrokenWorkbook(_)));
    assert!(matches!(refused("a.csv", "x\n".repeat(1 << 20)), FileFault::NoHeader { .. }));
}

#[test]
fn what_calls_itself_a_workbook_and_is_none_is_refused() {
    assert_eq!(refused("a.XLSX", HOUSEHOLDS), FileFault::NotAWorkbook);
    assert_eq!(refused("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec()), FileFault::OldWorkbook);
    assert!(matches!(refused("a.xlsx", archive(&[("a.txt", "hello")])), FileFault::BrokenWorkbook(_)));
    assert!(matches!(refused("a.xlsx", archive(&[])), FileFault::BrokenWorkbook(_)));
    let rels = r#"<Relationships><Relationship Type="x/relationships/officeDocument" Target="word/document.xml"/>
        </Relationships>"#;
    let document = archive(&[("_rels/.rels", rels), ("word/document.xml", "<document/>")]);
    assert!(matches!(refused("a.xlsx", document), FileFault::BrokenWorkbook(_)));
    let mut cut = workbook(|sheet| household(sheet, 0, "0001", "李四"));
    cut.truncate(cut.len() / 2);
    assert!(matches!(refused("a.xlsx", cut), FileFault::BrokenWorkbook(_)));
}

#[test]
fn what_would_not_fit_into_memory_is_refused_before_it_is_read() {
    let bytes = workbook(|sheet| (0..5).try_for_each(|row| household(sheet, row, "0001", "李四")));
    let unpacked = Limits { unpacked_bytes: 2000, ..Limits::default() };
    let refused_for = |limits: &Limits| fault("a.xlsx", read_bytes("a.xlsx", bytes.clone(), limits));
    assert!(matches!(refused_for(&unpacked), FileFault::Unpacks { limit: 2000, .. }));
    assert_eq!(refused_for(&Limits { rows: 3, ..Limits::default() }), FileFault::TooManyRows { limit: 3 });
    let wide = format!("{}\n", "a,".repeat(300));
    assert!(matches!(refused("a.csv", wide), FileFault::TooManyCells { .. }));
    let shared = archive(&[("xl/sharedStrings.xml", "<sst uniqueCount=\"99999999999\"></sst>")]);
    assert_eq!(refused("a.xlsx", shared), FileFault::BrokenWorkbook("自称的文本数太多".into()));
}

#[test]
fn a_quote_that_is_never_closed_does_not_lose_rows_silently() {
    let text = HOUSEHOLDS.replace("新洲一组1号", "\"新洲一组1号");
    assert_eq!(refused("a.csv", text), FileFault::OpenQuote { line: 2 });
}
