//! Whatever comes in: an answer comes out, and never a panic.

use std::io::{Cursor, Read, Write};

use domain::input::Problem;
use intake::{
    FileProblem, Parsed, Table, assemble_catalogue, catalogue, contacts, corrections, divisions, group_facts,
    households, panels, rulebook, scorecards,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::read;
use crate::workbooks::{household, workbook};

const HEADERS: [&str; 8] = [
    "code,parent_code,level,name",
    "group_code,number,head_name,phone,members_registered,members_resident,resident,local,address,joined_month,left_month",
    "village_code,panel,member,capacity,is_leader,groups",
    "item_code,category,item,full_points,rule_code,rule,points,unit,evidence_required",
    "month,household_code,panel,scored_on,status,findings,late_reason,note",
    "month,household_code,status,findings,reason,decided_by,decided_on,objection_no",
    "group_code,year,resident_households,source,certified_by",
    "division_code,name,duty,email,webhook",
];

/// What every kind promises of any table.
fn check_every_kind(table: &Table) {
    check(divisions(table));
    check(households(table));
    check(panels(table));
    check(scorecards(table));
    check(corrections(table));
    check(group_facts(table));
    check(contacts(table));
    if let Ok(parsed) = catalogue(table)
        && let Err(problems) = assemble_catalogue(&parsed.rows)
    {
        assert!(!problems.is_empty() && problems.iter().all(says_something), "{problems:?}");
    }
    check(catalogue(table));
}

fn check<T>(result: Result<Parsed<T>, FileProblem>) {
    let parsed = match result {
        Ok(parsed) => parsed,
        Err(problem) => return assert!(!problem.to_string().is_empty()),
    };
    assert!(parsed.rows.is_sorted_by_key(|line| line.number), "rows in the order of the file");
    assert!(parsed.rows.iter().all(|line| line.number > 1), "rows below the header");
    for problem in &parsed.problems {
        assert!(problem.line > 1 && says_something(problem), "{problem:?}");
        assert!(
            parsed.rows.iter().all(|line| line.number != problem.line),
            "a row with a problem is not used"
        );
    }
}

fn says_something(problem: &Problem) -> bool {
    !problem.message.is_empty() && !problem.message.contains(char::is_control)
}

/// Cells between sense and nonsense.
fn cell() -> impl Strategy<Value = String> {
    let sensible = [
        "440229000000",
        "440229100204",
        "440229100204001",
        "4402291002040010007",
        "0007",
        "李四",
        "2026-10",
        "2026-10-28",
        "是",
        "0",
        "true",
        "town",
        "村小组",
        "cadre",
        "scored",
        "away",
        "H1a*2;H3b",
        "H1a",
        "12.5",
        "人居环境",
        "a@b.cn",
        "https://x.cn",
        "2026",
        "47",
    ];
    prop_oneof![
        4 => select(sensible.to_vec()).prop_map(str::to_owned),
        1 => "[0-9]{0,20}",
        1 => "[-+H0-9a-c*;. ]{0,12}",
        1 => any::<String>(),
        1 => vec(any::<char>(), 0..8).prop_map(without_zeros),
    ]
}

/// A text of any characters but the one that no text file has.
fn without_zeros(letters: Vec<char>) -> String {
    letters.into_iter().filter(|letter| *letter != '\0').collect()
}

/// A CSV in which every cell is quoted.
fn comma_text(header: &str, rows: &[Vec<String>]) -> String {
    let mut text = format!("{header}\n");
    for row in rows {
        let quoted: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&quoted.join(","));
        text.push('\n');
    }
    text
}

/// The workbook with one part changed, so that only what reads the part can notice.
fn damaged(workbook: &[u8], part: Index, changes: &[(Index, u8)]) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(workbook)).ok()?;
    let part = part.index(archive.len());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).ok()?;
        let name = entry.name().ok()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).ok()?;
        if at == part && !bytes.is_empty() {
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
        }
        writer.start_file(name, stored).ok()?;
        writer.write_all(&bytes).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(
        start in select(vec!["", "PK\u{3}\u{4}", "\u{feff}", "code,level,name\n"]),
        bytes in vec(any::<u8>(), 0..3000),
        name in select(vec!["a.csv", "a.xlsx"]),
    ) {
        match read(name, [start.as_bytes(), &bytes].concat()) {
            Ok(table) => check_every_kind(&table),
            Err(problem) => prop_assert!(problem.to_string().contains(name)),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        if let Ok(table) = read("a.csv", text.clone()) {
            check_every_kind(&table);
        }
        if let Err(problems) = rulebook(&text) {
            prop_assert!(problems.iter().all(says_something));
        }
    }

    #[test]
    fn any_cells_are_read_or_refused(header in select(HEADERS.to_vec()), cells in vec(cell(), 11 * 12)) {
        let width = header.split(',').count();
        let rows: Vec<_> = cells.chunks_exact(width).map(<[String]>::to_vec).collect();
        let table = read("a.csv", comma_text(header, &rows));
        check_every_kind(&table.unwrap_or_else(|problem| panic!("{problem}")));
    }

    #[test]
    fn a_damaged_workbook_is_read_or_refused(
        part in any::<Index>(),
        changes in vec((any::<Index>(), select(b"\"<>/=A9 \0".to_vec())), 1..30),
    ) {
        let whole = workbook(|sheet| (0..3).try_for_each(|row| household(sheet, row, "0001", "李四")));
        let bytes = damaged(&whole, part, &changes);
        let bytes = bytes.unwrap_or_else(|| panic!("a workbook of ours unpacks"));
        if let Ok(table) = read("a.xlsx", bytes) {
            check_every_kind(&table);
        }
    }
}
