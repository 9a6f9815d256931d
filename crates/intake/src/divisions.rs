//! The file of divisions: county, towns, villages and groups.

use domain::input::Division;
use domain::place::{CodeError, Level, Place};

use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("code", &["代码"]),
    optional("parent_code", &["上级代码"]),
    required("level", &["级别"]),
    required("name", &["名称"]),
];

const LEVELS: &[Level] = &[Level::County, Level::Town, Level::Village, Level::Group];

/// Reads the rows of `divisions` (区划): every place once, its level and its parent as its code says.
///
/// An empty parent is the one that the code says; above a county there is none.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn divisions(table: &Table) -> Result<Parsed<Division>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| division(row, &mut seen))
}

fn division(row: &mut Row<'_>, seen: &mut Seen<Place>) -> Result<Division, Noted> {
    let place = row.code("code", LEVELS);
    let unique = place.and_then(|place| seen.once(row, "code", place));
    let parent = place.and_then(|place| parent(row, place));
    let level = level(row, place);
    let name = row.text("name", 60);
    unique?;
    Ok(Division { place: place?, parent: parent?, level: level?, name: name? })
}

fn parent(row: &mut Row<'_>, place: Place) -> Result<Option<Place>, Noted> {
    let expected = place.parent();
    let Some(text) = row.maybe_value("parent_code")? else { return Ok(expected) };
    match Place::parse_code(text) {
        Ok(parent) if expected == Some(parent) => Ok(expected),
        Ok(city) if expected.is_none() && is_city_of(&city, &place) => Ok(None),
        Err(CodeError::AboveCounty(_)) if expected.is_none() => Ok(None),
        _ => {
            let wanted =
                expected.map_or_else(|| "空着或填地市代码".to_owned(), |parent| format!("填 {parent}"));
            Err(row.note("parent_code", format!("“{text}”不是 {place} 的上级：请{wanted}")))
        }
    }
}

/// A city's code ends in `00` where its counties have digits: `440200` is above `440229`.
fn is_city_of(city: &Place, county: &Place) -> bool {
    let prefix = city.digits().strip_suffix("00");
    prefix.is_some_and(|prefix| city != county && county.digits().starts_with(prefix))
}

fn level(row: &mut Row<'_>, place: Result<Place, Noted>) -> Result<Level, Noted> {
    let choices = "county（县）、town（镇）、village（村）、group（村小组）";
    let level =
        row.named("level", |name| Level::from_name(name).filter(|level| LEVELS.contains(level)), choices)?;
    match place.map(|place| place.level()) {
        Ok(coded) if coded != level => {
            let (stated, coded) = (level.title(), coded.title());
            Err(row.note("level", format!("写的是{stated}，而代码是{coded}的代码：请改正其中一个")))
        }
        _ => Ok(level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{fields, rows, table};

    fn place(code: &str) -> Place {
        Place::parse_code(code).expect("a code")
    }

    #[test]
    fn places_are_read_and_the_root_has_no_parent_in_the_county() {
        let text = "code,parent_code,level,name,urban_rural_code,source\n\
            440229000000,440200000000,county,翁源县,,x\n\
            440229100000,440229000000,town,龙仙镇,,x\n\
            440229100204,,村,新洲村,121,x\n\
            440229100204001,440229100204,group,一组,,x\n";
        let parsed = divisions(&table(text)).expect("a header");
        assert_eq!(parsed.ignored_columns, ["urban_rural_code", "source"]);
        let read: Vec<_> = rows(parsed).into_iter().map(|row| (row.place, row.parent, row.level)).collect();
        let (county, town, village) = (place("440229000000"), place("440229100000"), place("440229100204"));
        assert_eq!(
            read,
            [
                (county, None, Level::County),
                (town, Some(county), Level::Town),
                (village, Some(town), Level::Village),
                (place("440229100204001"), Some(village), Level::Group),
            ]
        );
    }

    #[test]
    fn chinese_headings_are_read() {
        let parsed = divisions(&table("名称,级别,代码\n龙仙镇,镇,440229100000\n")).expect("a header");
        assert_eq!(rows(parsed)[0].name, "龙仙镇");
    }

    #[test]
    fn level_and_parent_agree_with_the_code_and_codes_stand_once() {
        let text = "code,parent_code,level,name\n\
            440229100000,440229000000,village,龙仙镇\n\
            440229100204,440229101000,village,新洲村\n\
            440229100204,,village,\n\
            4402291002040010001,,household,李四\n\
            44022,x,x,y\n\
            440229000000,440229000000,county,翁源县\n";
        let parsed = divisions(&table(text)).expect("a header");
        assert_eq!(
            fields(&parsed.problems),
            [
                (2, "level"),
                (3, "parent_code"),
                (4, "code"),
                (4, "name"),
                (5, "code"),
                (5, "level"),
                (6, "code"),
                (6, "level"),
                (7, "parent_code"),
            ]
        );
        assert!(parsed.problems[2].message.contains("第 3 行"), "{}", parsed.problems[2]);
    }
}
