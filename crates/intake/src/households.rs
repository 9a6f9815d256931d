//! The file of households.

use std::ops::RangeInclusive;

use domain::households::Participation;
use domain::input::Household;
use domain::place::{Level, Place};

use crate::cells::Mark;
use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("group_code", &["小组代码", "村小组代码"]),
    required("number", &["户号"]),
    required("head_name", &["户主"]),
    optional("phone", &["电话"]),
    required("members_registered", &["户籍人口"]),
    required("members_resident", &["常住人口"]),
    required("resident", &["常住户"]),
    required("local", &["本村"]),
    optional("address", &["地址"]),
    optional("joined_month", &["加入月份"]),
    optional("left_month", &["退出月份"]),
];

/// The people of a household.
const MEMBERS: RangeInclusive<u32> = 0..=99;

/// Reads the rows of `households` (农户): every household once, by group and number.
///
/// Equal names, phones and addresses are nothing unusual.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn households(table: &Table) -> Result<Parsed<Household>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| household(row, &mut seen))
}

fn household(row: &mut Row<'_>, seen: &mut Seen<Place>) -> Result<Household, Noted> {
    let group = row.code("group_code", &[Level::Group]);
    let household = household_code(row, group, seen);
    let head_name = row.text("head_name", 40);
    let phone = phone(row);
    let members_registered = row.integer("members_registered", MEMBERS);
    let members_resident = row.integer("members_resident", MEMBERS);
    let resident = row.truth("resident");
    let local = row.truth("local");
    let address = row.maybe_text("address", 100);
    let participation = participation(row);
    Ok(Household {
        household: household?,
        group: group?,
        head_name: head_name?,
        phone: phone?,
        members_registered: members_registered?,
        members_resident: members_resident?,
        resident: resident?,
        local: local?,
        address: address?,
        participation: participation?,
    })
}

fn household_code(
    row: &mut Row<'_>,
    group: Result<Place, Noted>,
    seen: &mut Seen<Place>,
) -> Result<Place, Noted> {
    let number = number(row)?;
    let code = format!("{}{number}", group?.digits());
    let household = Place::from_digits(&code).ok_or_else(|| row.note("number", "户号应为 4 位数字"))?;
    seen.once(row, "number", household)?;
    Ok(household)
}

/// Four digits; a number of a workbook gets the zeros back that it lost.
fn number(row: &mut Row<'_>) -> Result<String, Noted> {
    let text = row.value("number")?;
    let is_short = text.len() < 4 && row.mark("number") == Some(Mark::Number);
    if text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 4 || is_short) {
        return Ok(format!("{text:0>4}"));
    }
    Err(row.note("number", format!("“{text}”不是户号：请填 4 位数字，如 0007")))
}

/// The digits of a phone number, none where there is none.
fn phone(row: &mut Row<'_>) -> Result<Option<String>, Noted> {
    let Some(text) = row.maybe_value("phone")? else { return Ok(None) };
    let is_known = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '+' | '-' | ' '));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if is_known && (7..=15).contains(&digits.len()) {
        return Ok(Some(digits));
    }
    Err(row.note("phone", "不是电话号码：请填 7 到 15 位数字，可以有 +、- 和空格"))
}

fn participation(row: &mut Row<'_>) -> Result<Participation, Noted> {
    let joined = row.maybe_month("joined_month");
    let left = row.maybe_month("left_month");
    let participation = Participation { joined: joined?, left: left? };
    match participation.check_change(Participation::default(), None) {
        Ok(()) => Ok(participation),
        Err(problem) => Err(row.note("left_month", problem.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use domain::month::Month;

    use super::*;
    use crate::samples::{fields, rows, table};

    const HEADER: &str = "group_code,number,head_name,phone,members_registered,members_resident,\
        resident,local,address,joined_month,left_month\n";

    fn check(row: &str) -> Vec<(u32, &'static str)> {
        fields(&households(&table(&format!("{HEADER}{row}\n"))).expect("a header").problems)
    }

    #[test]
    fn a_household_is_read() {
        let line = "440229100204001,0007,李四,+86 138-0013-8000,3,5,是,0,新洲一组 7 号,2026-03,2026-10\n";
        let household = rows(households(&table(&format!("{HEADER}{line}"))).expect("a header")).remove(0);
        assert_eq!(household.household.code(), "4402291002040010007");
        assert_eq!(household.group.code(), "440229100204001");
        assert_eq!(household.phone.as_deref(), Some("8613800138000"));
        assert_eq!((household.members_registered, household.members_resident), (3, 5));
        assert_eq!((household.resident, household.local), (true, false));
        let months = (household.participation.joined, household.participation.left);
        assert_eq!(months, (Month::new(2026, 3), Month::new(2026, 10)));
    }

    #[test]
    fn chinese_headings_without_the_optional_columns_are_read() {
        let text =
            "村小组代码,户号,户主,户籍人口,常住人口,常住户,本村\n440229100204001,0007,李四,3,3,是,是\n";
        let household = rows(households(&table(text)).expect("a header")).remove(0);
        assert_eq!((household.phone, household.address), (None, None));
        assert_eq!(household.participation, Participation::default());
    }

    #[test]
    fn every_problem_of_a_row_is_noted() {
        assert_eq!(
            check("440229100204,7,,12,-1,a,有,,,2026-13,2026"),
            [
                (2, "group_code"),
                (2, "number"),
                (2, "head_name"),
                (2, "phone"),
                (2, "members_registered"),
                (2, "members_resident"),
                (2, "resident"),
                (2, "local"),
                (2, "joined_month"),
                (2, "left_month"),
            ]
        );
    }

    #[test]
    fn leaving_needs_joining_before() {
        assert_eq!(check("440229100204001,0007,李四,,3,3,1,1,,,2026-10"), [(2, "left_month")]);
        assert_eq!(check("440229100204001,0007,李四,,3,3,1,1,,2026-10,2026-09"), [(2, "left_month")]);
    }

    #[test]
    fn a_household_twice_is_refused_and_equal_names_are_not() {
        let row = |number: &str| format!("440229100204001,{number},李四,13800138000,3,3,1,1,一号,,\n");
        let text = format!("{HEADER}{}{}{}", row("0001"), row("0002"), row("0001"));
        let parsed = households(&table(&text)).expect("a header");
        assert_eq!(fields(&parsed.problems), [(4, "number")]);
        assert!(parsed.problems[0].message.contains("第 2 行"), "{}", parsed.problems[0]);
        assert_eq!(parsed.rows.len(), 2);
    }
}
