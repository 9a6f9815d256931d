//! The honour roll (光荣榜): praise only.

use super::{Masked, Name, PublicRow, last_digits};
use crate::place::Place;
use crate::points::Points;

/// Whom a group or village praises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Honours {
    /// 本月最高
    pub best: Vec<Praised>,
    /// 累计最高
    pub total: Vec<Praised>,
    /// 满分
    pub full: Vec<Praised>,
    /// 进步最大: by how many points.
    pub improved: Vec<Praised>,
}

/// A household that is praised; the name can only be the masked one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Praised {
    /// The household; only its number (户号) is public.
    pub household: Place,
    /// The group that it belonged to in the month.
    pub group: Place,
    /// 户主, masked.
    pub head: Masked<Name>,
    /// What it is praised for.
    pub points: Points,
}

/// The most households that share a praise; more is none.
const MOST: usize = 10;

impl Praised {
    /// 户号
    pub fn number(&self) -> &str {
        last_digits(&self.household)
    }

    /// `0012 张*明 +8`, for who gained.
    pub fn gain(&self) -> String {
        format!("{} {} +{}", self.number(), self.head, self.points.short())
    }
}

/// Rule R-59: praised are every full 100 or else the month's best, the highest total of the year, and who gained
/// most on the month before; all who share it, unless more than ten do: then it is no distinction and is left out,
/// full marks apart.
///
/// Source: part four (四): 公示光荣榜; 表扬累计积分多的家庭; product §2.6.
pub fn honours(rows: &[PublicRow]) -> Honours {
    let scored = || rows.iter().filter(|row| row.result.score.is_some());
    let best = highest(scored().filter_map(|row| Some((row, row.result.score?))));
    let best = best.into_iter().filter(|one| one.points < Points::FULL).collect();
    let total = highest(scored().map(|row| (row, row.result.year_total)));
    let full = scored().filter(|row| row.result.score == Some(Points::FULL));
    let gain = |row: &PublicRow| {
        let (now, before) = (row.result.score?, row.before?);
        (now > before).then(|| now - before)
    };
    let improved = highest(scored().filter_map(|row| Some((row, gain(row)?))));
    Honours { best, total, full: full.map(|row| praised(row, Points::FULL)).collect(), improved }
}

/// Those who share the highest value.
fn highest<'a>(values: impl Iterator<Item = (&'a PublicRow, Points)>) -> Vec<Praised> {
    let values: Vec<_> = values.collect();
    let Some(most) = values.iter().map(|(_, points)| *points).max() else { return Vec::new() };
    let sharing = values.into_iter().filter(|(_, points)| *points == most);
    let sharing: Vec<_> = sharing.map(|(row, points)| praised(row, points)).collect();
    if sharing.len() > MOST { Vec::new() } else { sharing }
}

fn praised(row: &PublicRow, points: Points) -> Praised {
    Praised { household: row.result.household, group: row.result.group, head: row.head.clone(), points }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closing::HouseholdResult;
    use crate::scoring::Status;

    fn row(number: u32, score: Option<i32>, total: i32, before: Option<i32>) -> PublicRow {
        let household = Place::from_digits(&format!("440229100204001{number:04}")).expect("a household");
        PublicRow {
            result: HouseholdResult {
                household,
                group: household.parent().expect("its group"),
                status: if score.is_some() { Status::Scored } else { Status::Away },
                score: score.map(Points::from_tenths),
                environment: None,
                findings: 0,
                rank_in_group: None,
                rank_in_village: None,
                year_total: Points::from_tenths(total),
                qualifies: false,
                tier: None,
            },
            head: Masked::name("张小明"),
            before: before.map(Points::from_tenths),
        }
    }

    fn numbers(praised: &[Praised]) -> Vec<&str> {
        praised.iter().map(Praised::number).collect()
    }

    #[test]
    fn best_highest_full_and_most_improved_are_praised() {
        let rows = [
            row(1, Some(1000), 5000, Some(1000)),
            row(2, Some(900), 6000, Some(700)),
            row(3, Some(1000), 5500, None),
            row(4, None, 9000, Some(500)),
        ];
        let honours = honours(&rows);
        assert_eq!(numbers(&honours.best), [""; 0], "full marks stand for themselves");
        assert_eq!(numbers(&honours.total), ["0002"], "who was not scored is not praised");
        assert_eq!(numbers(&honours.full), ["0001", "0003"]);
        assert_eq!(numbers(&honours.improved), ["0002"]);
        assert_eq!(honours.improved[0].points, Points::from_tenths(200));
        assert_eq!(honours.full[0].head.to_string(), "张*明");
    }

    #[test]
    fn what_everybody_shares_is_no_distinction() {
        let rows: Vec<_> = (1..=11).map(|number| row(number, Some(900), 1000, None)).collect();
        let everybody = honours(&rows);
        assert_eq!((everybody.best.len(), everybody.total.len(), everybody.improved.len()), (0, 0, 0));
        assert_eq!(numbers(&honours(&rows[..2]).best), ["0001", "0002"]);
    }
}
