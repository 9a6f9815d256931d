//! The file of panels: who scores which groups.

use std::collections::{BTreeSet, HashMap};

use domain::input::PanelMember;
use domain::panels::Capacity;
use domain::place::{Level, Place};

use crate::columns::{Column, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("village_code", &["村代码"]),
    required("panel", &["评分组"]),
    required("member", &["评委"]),
    required("capacity", &["身份"]),
    required("is_leader", &["组长"]),
    required("groups", &["负责小组"]),
];

/// The most bytes of a list of groups: two thousand of them.
const LONGEST_LIST: usize = 32_000;

/// Reads the rows of `panels` (评分小组): every member of a panel once.
///
/// It is enough that one row of a panel names its groups; those that do must agree. The groups are
/// in the order of their codes.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn panels(table: &Table) -> Result<Parsed<PanelMember>, FileProblem> {
    let mut members = Seen::new();
    let mut groups_of = HashMap::new();
    parse(table, COLUMNS, |row| panel_member(row, &mut members, &mut groups_of))
}

/// The groups of each panel, and the line that names them first.
type GroupsOf = HashMap<(Place, String), (Vec<Place>, u32)>;

fn panel_member(
    row: &mut Row<'_>,
    members: &mut Seen<(Place, String, String)>,
    groups_of: &mut GroupsOf,
) -> Result<PanelMember, Noted> {
    let village = row.code("village_code", &[Level::Village]);
    let panel = row.text("panel", 40);
    let member = row.text("member", 40);
    let unique = match (&village, &panel, &member) {
        (Ok(village), Ok(panel), Ok(member)) => {
            members.once(row, "member", (*village, panel.clone(), member.clone()))
        }
        _ => Err(Noted),
    };
    let choices = "cadre（村干部）、group_leader（村小组长）、representative（村民代表）";
    let capacity = row.named("capacity", Capacity::from_name, choices);
    let is_leader = row.truth("is_leader");
    let groups = groups(row, village).and_then(|groups| match (&village, &panel) {
        (Ok(village), Ok(panel)) => agreed(row, (*village, panel.clone()), groups, groups_of),
        _ => Err(Noted),
    });
    unique?;
    Ok(PanelMember {
        village: village?,
        panel: panel?,
        member: member?,
        capacity: capacity?,
        is_leader: is_leader?,
        groups: groups?,
    })
}

/// The groups of the cell, all of them in the village.
fn groups(row: &mut Row<'_>, village: Result<Place, Noted>) -> Result<Vec<Place>, Noted> {
    let text = row.cell("groups")?;
    if text.len() > LONGEST_LIST {
        return Err(row.note("groups", "小组太多：请核对是否填错了列"));
    }
    let is_separator =
        |letter: char| matches!(letter, ';' | '；' | ',' | '，' | '、') || letter.is_whitespace();
    let mut groups = BTreeSet::new();
    for code in text.split(is_separator).filter(|code| !code.is_empty()) {
        let group = row.code_in("groups", code, &[Level::Group])?;
        if village.is_ok_and(|village| !village.contains(&group)) {
            return Err(row.note("groups", format!("小组 {group} 不在本行的村里：请改正小组代码或村代码")));
        }
        groups.insert(group);
    }
    Ok(groups.into_iter().collect())
}

/// The groups, when an earlier row of the panel does not name others.
fn agreed(
    row: &mut Row<'_>,
    panel: (Place, String),
    groups: Vec<Place>,
    groups_of: &mut GroupsOf,
) -> Result<Vec<Place>, Noted> {
    if groups.is_empty() {
        return Ok(groups);
    }
    let (earlier, line) = groups_of.entry(panel).or_insert_with(|| (groups.clone(), row.line()));
    if *earlier != groups {
        let message = format!("与第 {line} 行写的同一评分组的小组不同：请写成一样，或只写一次");
        return Err(row.note("groups", message));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{fields, rows, table};

    const HEADER: &str = "village_code,panel,member,capacity,is_leader,groups\n";

    fn check(text: &str) -> Vec<(u32, &'static str)> {
        fields(&panels(&table(&format!("{HEADER}{text}"))).expect("a header").problems)
    }

    #[test]
    fn members_are_read_and_one_row_names_the_groups() {
        let text = "村代码,评分组,评委,身份,组长,负责小组\n\
            440229100204,第一评分组,张三,村干部,是,440229100204002；440229100204001\n\
            440229100204,第一评分组,李四,representative,否,\n";
        let members = rows(panels(&table(text)).expect("a header"));
        let codes: Vec<_> = members[0].groups.iter().map(Place::code).collect();
        assert_eq!(codes, ["440229100204001", "440229100204002"]);
        assert_eq!((members[0].capacity, members[0].is_leader), (Capacity::Cadre, true));
        assert_eq!((members[1].capacity, members[1].groups.len()), (Capacity::Representative, 0));
    }

    #[test]
    fn groups_of_one_panel_agree_in_any_order() {
        let row = |member: &str, groups: &str| format!("440229100204,一组,{member},cadre,0,{groups}\n");
        let (both, turned) = ("440229100204001;440229100204002", "440229100204002 440229100204001");
        assert_eq!(check(&format!("{}{}", row("甲", both), row("乙", turned))), []);
        assert_eq!(check(&format!("{}{}", row("甲", both), row("乙", "440229100204001"))), [(3, "groups")]);
    }

    #[test]
    fn members_stand_once_in_a_panel_and_may_sit_on_two() {
        let row = |panel: &str| format!("440229100204,{panel},甲,cadre,0,\n");
        assert_eq!(check(&format!("{}{}", row("一"), row("二"))), []);
        assert_eq!(check(&format!("{}{}", row("一"), row("一"))), [(3, "member")]);
    }

    #[test]
    fn groups_elsewhere_and_unknown_capacities_are_refused() {
        assert_eq!(
            check("440229100204,一,甲,邻居,0,440229100205001\n440229100204001,,甲,cadre,2,x\n"),
            [
                (2, "capacity"),
                (2, "groups"),
                (3, "village_code"),
                (3, "panel"),
                (3, "is_leader"),
                (3, "groups"),
            ]
        );
    }
}
