//! What past months would have given under a list, as the pages show it (试算).

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::closing::{Tier, band_title};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::publication::{Masked, last_digits};
use records::catalogue::{MOST_MONTHS, WhatIf, what_if};
use records::households::{RegisterSearch, search_register};
use records::{Connection, places};

/// How many households or villages that move are named.
const NAMED: usize = 40;

/// The most households that a village is expected to have.
const MOST_HOUSEHOLDS: u32 = 5000;

/// Past months under a list.
pub(super) struct Trial {
    pub(super) months: Vec<MonthLine>,
    /// Households that would redeem in a month in which they did not.
    pub(super) enters: usize,
    /// Households that would not redeem in a month in which they did.
    pub(super) leaves: usize,
    /// They, or above a village the villages they live in.
    pub(super) movers: Vec<Mover>,
    /// How many are not named.
    pub(super) unnamed: usize,
    pub(super) tiers: Vec<CountLine>,
    pub(super) bands: Vec<CountLine>,
    /// The largest number of a band.
    pub(super) most: usize,
    /// Findings that the list has no rule for.
    pub(super) without_rule: usize,
    /// How many villages were replayed, and how many were not.
    pub(super) villages: usize,
    pub(super) left_out: usize,
    /// Villages that a list of their own binds.
    pub(super) own_list: usize,
}

/// A month as it was and under the list.
pub(super) struct MonthLine {
    pub(super) title: String,
    pub(super) qualified_before: usize,
    pub(super) qualified_after: usize,
    pub(super) mean_before: String,
    pub(super) mean_after: String,
}

/// A number of household months as it was and under the list.
pub(super) struct CountLine {
    pub(super) title: String,
    pub(super) before: usize,
    pub(super) after: usize,
}

/// Somebody who moves in or out.
pub(super) struct Mover {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) words: String,
}

/// Replays the closed months of the places that a list for `place` would bind. Nothing is written.
///
/// # Errors
/// A list that could not be in force; faults of the database.
pub(super) async fn trial(
    connection: &mut Connection,
    place: &Place,
    list: &Catalogue,
    month: Month,
) -> records::Result<Trial> {
    let found = what_if(connection, place, list, MOST_MONTHS).await?;
    let movers = if place.level() == Level::Village {
        households(connection, place, month, &found).await?
    } else {
        villages(connection, place, month, &found).await?
    };
    Ok(shown(&found, movers))
}

fn shown(found: &WhatIf, mut movers: Vec<Mover>) -> Trial {
    let one = &found.replayed;
    let mean = |points: Option<Points>| points.map_or_else(|| "—".to_owned(), Points::short);
    let months = one.months.iter().map(|month| MonthLine {
        title: month.month.title(),
        qualified_before: month.qualified_before,
        qualified_after: month.qualified_after,
        mean_before: mean(month.mean_before),
        mean_after: mean(month.mean_after),
    });
    let tiers = (1..).zip(one.tiers_before.iter().zip(&one.tiers_after)).filter_map(
        |(number, (before, after)): (i16, _)| {
            let title = Tier::new(number)?.title().to_owned();
            Some(CountLine { title, before: *before, after: *after })
        },
    );
    let bands: Vec<CountLine> = one
        .before
        .iter()
        .zip(&one.after)
        .enumerate()
        .filter(|(_, (before, after))| **before + **after > 0)
        .map(|(at, (before, after))| CountLine { title: band_title(at), before: *before, after: *after })
        .collect();
    let unnamed = movers.len().saturating_sub(NAMED);
    movers.truncate(NAMED);
    Trial {
        months: months.collect(),
        enters: one.enters.len(),
        leaves: one.leaves.len(),
        movers,
        unnamed,
        tiers: tiers.collect(),
        most: bands.iter().map(|band| band.before.max(band.after)).max().unwrap_or(1),
        bands,
        without_rule: one.findings_without_rule,
        villages: found.villages.len(),
        left_out: found.left_out,
        own_list: found.own_list,
    }
}

/// The households of a village that move, by their numbers and masked names.
async fn households(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    found: &WhatIf,
) -> records::Result<Vec<Mover>> {
    let groups = places::names_in(connection, village).await?;
    let everybody = RegisterSearch::default();
    let (lines, _) = search_register(connection, village, month, &everybody, (MOST_HOUSEHOLDS, 0)).await?;
    let (enters, leaves) = (&found.replayed.enters, &found.replayed.leaves);
    let mover = |line: records::households::RegisterLine| {
        let words = words(enters.contains(&line.household), leaves.contains(&line.household))?;
        let group = groups.get(&line.group).map(String::as_str).unwrap_or_default();
        let number = last_digits(&line.household);
        let head = line.head_name.map(|name| Masked::name(&name).to_string()).unwrap_or_default();
        Some(Mover {
            name: format!("{group} {number} {head}"),
            href: format!("/household/{}/{month}", line.household.code()),
            words: words.to_owned(),
        })
    };
    Ok(lines.into_iter().filter_map(mover).collect())
}

fn words(enters: bool, leaves: bool) -> Option<&'static str> {
    match (enters, leaves) {
        (true, true) => Some("有的月份进入，有的月份退出"),
        (true, false) => Some("进入"),
        (false, true) => Some("退出"),
        (false, false) => None,
    }
}

/// The villages with how many of their households move.
async fn villages(
    connection: &mut Connection,
    place: &Place,
    month: Month,
    found: &WhatIf,
) -> records::Result<Vec<Mover>> {
    let names = places::names_in(connection, place).await?;
    let mut moves: BTreeMap<Place, (usize, usize)> = BTreeMap::new();
    for household in &found.replayed.enters {
        moves.entry(household.ancestor(Level::Village).unwrap_or(*household)).or_default().0 += 1;
    }
    for household in &found.replayed.leaves {
        moves.entry(household.ancestor(Level::Village).unwrap_or(*household)).or_default().1 += 1;
    }
    let mover = |(village, (enters, leaves)): (Place, (usize, usize))| Mover {
        name: names.get(&village).cloned().unwrap_or_else(|| village.code()),
        href: crate::shell::Section::Rules.at(&village, month),
        words: format!("{enters} 户进入，{leaves} 户退出"),
    };
    Ok(moves.into_iter().map(mover).collect())
}
