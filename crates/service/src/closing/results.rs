//! What a closed version says of every household, group by group.

use std::collections::BTreeMap;

use domain::month::Month;
use domain::place::Place;
use domain::points::{Points, mean};
use domain::publication::{PublicRow, last_digits};

use crate::shell::Section;

/// The households of a group.
pub(super) struct GroupResults {
    pub(super) group: Place,
    pub(super) name: String,
    /// The page of the group alone.
    pub(super) href: String,
    pub(super) scored: usize,
    /// Of the scored, a dash where there is none.
    pub(super) mean: String,
    pub(super) qualified: usize,
    /// By rank; those without a score last.
    pub(super) rows: Vec<ResultRow>,
}

/// A household.
pub(super) struct ResultRow {
    /// 户号
    pub(super) number: String,
    /// The masked name of its head.
    pub(super) head: String,
    pub(super) rank: Option<u32>,
    /// Whether others share the rank (并列).
    pub(super) tied: bool,
    /// What became of the visit, where it has no score.
    pub(super) score: String,
    pub(super) total: String,
    /// 档次; empty where it does not redeem.
    pub(super) tier: &'static str,
    /// The arithmetic sheet.
    pub(super) why: String,
}

/// The groups in the order of their codes.
pub(super) fn results(
    rows: Vec<PublicRow>,
    names: &BTreeMap<Place, String>,
    month: Month,
) -> Vec<GroupResults> {
    let mut groups: BTreeMap<Place, Vec<PublicRow>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.result.group).or_default().push(row);
    }
    let group = |(group, mut rows): (Place, Vec<PublicRow>)| {
        rows.sort_by_key(|row| (row.result.rank_in_group.unwrap_or(u32::MAX), row.result.household));
        let mut sharing: BTreeMap<u32, usize> = BTreeMap::new();
        for rank in rows.iter().filter_map(|row| row.result.rank_in_group) {
            *sharing.entry(rank).or_default() += 1;
        }
        let scores: Vec<Points> = rows.iter().filter_map(|row| row.result.score).collect();
        GroupResults {
            group,
            name: names.get(&group).cloned().unwrap_or_else(|| group.code()),
            href: Section::Closing.at(&group, month),
            scored: scores.len(),
            mean: mean(&scores).map(Points::short).unwrap_or_else(|| "—".to_owned()),
            qualified: rows.iter().filter(|row| row.result.qualifies).count(),
            rows: rows.iter().map(|row| line(row, &sharing, month)).collect(),
        }
    };
    groups.into_iter().map(group).collect()
}

fn line(row: &PublicRow, sharing: &BTreeMap<u32, usize>, month: Month) -> ResultRow {
    let result = &row.result;
    let tied = result.rank_in_group.and_then(|rank| sharing.get(&rank)).is_some_and(|sharing| *sharing > 1);
    ResultRow {
        number: last_digits(&result.household).to_owned(),
        head: row.head.to_string(),
        rank: result.rank_in_group,
        tied,
        score: result.score.map(Points::short).unwrap_or_else(|| result.status.title().to_owned()),
        total: result.year_total.short(),
        tier: match result.tier {
            Some(tier) => tier.title(),
            None if result.qualifies => "可兑换",
            None => "",
        },
        why: format!("/why/{}/{month}", result.household.code()),
    }
}

#[cfg(test)]
mod tests {
    use domain::closing::Tier;

    use super::*;
    use domain::closing::HouseholdResult;
    use domain::publication::Masked;
    use domain::scoring::Status;

    fn row(number: u32, score: Option<i32>, rank: Option<u32>) -> PublicRow {
        let group = Place::from_digits("440229100201001").expect("a group");
        PublicRow {
            result: HouseholdResult {
                household: Place::from_digits(&format!("440229100201001{number:04}")).expect("a household"),
                group,
                status: if score.is_some() { Status::Scored } else { Status::Away },
                score: score.map(Points::from_tenths),
                environment: None,
                findings: 0,
                rank_in_group: rank,
                rank_in_village: rank,
                year_total: Points::from_tenths(score.unwrap_or_default()),
                qualifies: score.is_some(),
                tier: score.and(Tier::new(1)),
            },
            head: Masked::name("李文明"),
            before: None,
        }
    }

    #[test]
    fn households_stand_by_rank_ties_are_marked_and_the_unscored_come_last() {
        let rows = vec![
            row(1, None, None),
            row(2, Some(900), Some(3)),
            row(3, Some(980), Some(1)),
            row(4, Some(980), Some(1)),
        ];
        let month = Month::parse("2026-10").expect("a month");
        let groups = results(rows, &BTreeMap::new(), month);
        let [group] = groups.as_slice() else { panic!("one group") };
        let found: Vec<_> = group
            .rows
            .iter()
            .map(|row| (row.number.as_str(), row.rank, row.tied, row.score.as_str()))
            .collect();
        let expected = [
            ("0003", Some(1), true, "98"),
            ("0004", Some(1), true, "98"),
            ("0002", Some(3), false, "90"),
            ("0001", None, false, "外出"),
        ];
        assert_eq!(found, expected);
        assert_eq!((group.scored, group.qualified), (3, 3));
        assert!(group.rows.iter().all(|row| row.head.contains('*')), "names are masked");
        assert_eq!(group.rows[0].why, "/why/4402291002010010003/2026-10");
    }
}
