//! 附件2: one household, one year.

use crate::catalogue::Catalogue;
use crate::closing::HouseholdResult;
use crate::month::Month;
use crate::points::Points;
use crate::scoring::{Finding, ScoringTable, UnknownRule};

/// A household's year as the form lists it.
#[derive(Debug, Clone)]
pub struct HouseholdYear {
    /// 户主; empty when lawfully erased.
    pub head: String,
    /// 户号
    pub number: String,
    /// `龙仙镇青云村第一小组`.
    pub place_name: String,
    /// The year.
    pub year: i32,
    /// 户籍人口 and 常住人口.
    pub members: (u16, u16),
    /// 本村 and 常住户.
    pub kind: (bool, bool),
    /// The closed months in which it took part.
    pub months: Vec<MonthColumn>,
    /// The items of every catalogue that these months used.
    pub items: Vec<YearItem>,
    /// Whether every month is published; otherwise it is a preview.
    pub published: bool,
}

/// A month of a household's year.
#[derive(Debug, Clone)]
pub struct MonthColumn {
    /// The month.
    pub month: Month,
    /// The version.
    pub version: i16,
    /// Why there is a later version than the first.
    pub reason: Option<String>,
    /// What the closed version says.
    pub result: HouseholdResult,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The catalogue that it was scored by.
    pub catalogue: Catalogue,
    /// Whether it is public.
    pub published: bool,
}

/// An item with what it lost month by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearItem {
    /// 人居环境 or 乡风文明.
    pub category: &'static str,
    /// Its name.
    pub name: String,
    /// Its full points.
    pub full: Points,
    /// What each month of the year lost; none where the month was not scored or did not have the item.
    pub lost: [Option<Points>; 12],
}

/// The items of a year, in the order in which the months' catalogues bring them; an item is the same while name
/// and full points are.
///
/// # Errors
/// A finding that its month's catalogue does not have.
pub fn household_year_items(months: &[MonthColumn]) -> Result<Vec<YearItem>, UnknownRule> {
    let mut items: Vec<YearItem> = Vec::new();
    for column in months {
        let catalogue = &column.catalogue;
        let at = usize::try_from(column.month.of_year() - 1).unwrap_or(0);
        let scored = match column.result.score {
            Some(_) => Some(ScoringTable::new(catalogue).score(&column.findings)?),
            None => None,
        };
        for (position, item) in catalogue.items.iter().enumerate() {
            let lost = scored.as_ref().map(|score| score.items[position].lost);
            let known = items.iter_mut().find(|one| one.name == item.name && one.full == item.full);
            match known {
                Some(known) => known.lost[at] = lost,
                None => {
                    let mut row = YearItem {
                        category: item.category.title(),
                        name: item.name.clone(),
                        full: item.full,
                        lost: [None; 12],
                    };
                    row.lost[at] = lost;
                    items.push(row);
                }
            }
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::small;
    use crate::place::Place;
    use crate::scoring::{Status, parse_findings};

    fn column(month: &str, findings: &str, scored: bool) -> MonthColumn {
        let household = Place::from_digits("4402291002040010007").expect("a household");
        MonthColumn {
            month: Month::parse(month).expect("a month"),
            version: 1,
            reason: None,
            result: HouseholdResult {
                household,
                group: household.parent().expect("its group"),
                status: if scored { Status::Scored } else { Status::Away },
                score: scored.then_some(Points::FULL),
                environment: None,
                findings: 0,
                rank_in_group: None,
                rank_in_village: None,
                year_total: Points::ZERO,
                qualifies: false,
                tier: None,
            },
            findings: parse_findings(findings).expect("findings"),
            catalogue: small(),
            published: true,
        }
    }

    #[test]
    fn each_month_shows_what_an_item_lost_and_unscored_months_nothing() {
        let catalogue = small();
        let rule = catalogue.items[0].rules[0].clone();
        let (march, april) = (column("2026-03", &rule.code, true), column("2026-04", "", false));
        let items = household_year_items(&[march, april]).expect("known rules");
        assert_eq!(items.len(), catalogue.items.len());
        assert_eq!(items[0].lost[2], Some(rule.points));
        assert_eq!(items[1].lost[2], Some(Points::ZERO));
        assert!(items.iter().all(|item| item.lost[3].is_none()));
    }
}
