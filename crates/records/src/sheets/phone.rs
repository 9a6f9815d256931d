//! Everything that a phone needs to score without signal, in one read.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{Status, months_open, months_opened, write_findings};

use crate::catalogue;
use crate::closing::open_months;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::households::register_of;
use crate::rulebook;
use crate::scoring::{Facts, cards, counting, granted_until, is_signed};

/// A village's or group's month, as a phone takes it along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneMonth {
    /// The month.
    pub month: Month,
    /// The month before, whose findings stand with each household.
    pub last_month: Month,
    /// The first day on which cards are entered.
    pub from: NaiveDate,
    /// The last day, whole; the server's receipt decides.
    pub until: NaiveDate,
    /// Whether the village has closed the month.
    pub closed: bool,
    /// What is scored by; none where nothing is in force.
    pub catalogue: Option<catalogue::Stored>,
    /// The panels of the village that score here, in the order of their names.
    pub panels: Vec<PhonePanel>,
    /// The households taking part, in the order of their codes.
    pub households: Vec<PhoneHousehold>,
}

/// A panel and what it scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhonePanel {
    /// Its name.
    pub name: String,
    /// Its groups.
    pub groups: Vec<Place>,
}

/// A household on the phone's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneHousehold {
    /// The household.
    pub household: Place,
    /// Its group.
    pub group: Place,
    /// 户主; none where lawfully erased.
    pub head_name: Option<String>,
    /// Last month's status and findings, where it had a card.
    pub last: Option<(Status, String)>,
    /// This month's card, where there is one.
    pub card: Option<PhoneCard>,
}

/// A card that stands already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCard {
    /// Its revision: the base of a sheet that replaces it.
    pub revision: i16,
    /// The panel's name.
    pub panel: String,
    /// The local date of the visit.
    pub scored_on: NaiveDate,
    /// What became of it.
    pub status: Status,
    /// What was found, as it is written: `H1a*2;H3b`.
    pub findings: String,
    /// Whether a leader's signature covers it.
    pub signed: bool,
}

/// A month whose cards can be entered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenMonth {
    /// The month.
    pub month: Month,
    /// The last day, where only exceptions hold it open and for what they name.
    pub opened_until: Option<NaiveDate>,
}

/// The months whose cards can be entered now in a village, the one that ends sooner first; those that only an
/// exception holds open come last.
///
/// # Errors
/// Faults of the database.
pub async fn months_to_score(
    connection: &mut Connection,
    scope: &Place,
    now: NaiveDateTime,
) -> Result<Vec<OpenMonth>> {
    let Some(this) = Month::of(now.date()) else { return Ok(Vec::new()) };
    let village = scope.ancestor(Level::Village).unwrap_or(*scope);
    let of_last = rulebook::of(connection, &village, this.previous()).await?.scoring;
    let of_this = rulebook::of(connection, &village, this).await?.scoring;
    let open = months_open(this, now, &of_last, &of_this);
    let granted = granted_until(connection, &village, now.date()).await?;
    let first_open = open_months(connection, &village).await?.get(&village).copied();
    let opened = months_opened(&granted, first_open, now);
    let by_rule = open.iter().map(|month| OpenMonth { month: *month, opened_until: None });
    let by_exception = opened.into_iter().filter(|(month, _)| !open.contains(month));
    let by_exception = by_exception.map(|(month, until)| OpenMonth { month, opened_until: Some(until) });
    Ok(by_rule.chain(by_exception).collect())
}

/// A village's or group's month for a phone.
///
/// # Errors
/// A place that is neither village nor group, and faults of the database.
pub async fn phone_month(connection: &mut Connection, scope: &Place, month: Month) -> Result<PhoneMonth> {
    let county = scope.county();
    let Some(village) = scope.ancestor(Level::Village).filter(|_| scope.level() != Level::Household) else {
        return Err(Refusal::message("手机评分以村或村小组为单位，请给出村或村小组的代码"));
    };
    let facts = Facts::load(connection, scope, &BTreeSet::from([village]), month).await?;
    let interval = scope.scope();
    let range = (interval.low.as_str(), interval.high.as_str());
    let last = counting(cards(connection, &county, range, month.previous(), &facts.panel_names).await?);
    let last: HashMap<i64, (Status, String)> = last
        .into_iter()
        .map(|stored| (stored.household_id, (stored.card.status, write_findings(&stored.card.findings))))
        .collect();
    let heads: HashMap<i64, Option<String>> = register_of(connection, scope)
        .await?
        .into_iter()
        .map(|entry| (entry.household_id, entry.head_name))
        .collect();
    let Some(known) = facts.villages.get(&village) else {
        return Err(Refusal::unknown(&village));
    };
    let taking_part = facts
        .roster
        .values()
        .filter(|row| row.entry.participation.covers(month) && scope.contains(&row.entry.group));
    let households = taking_part.map(|row| PhoneHousehold {
        household: row.entry.household,
        group: row.entry.group,
        head_name: heads.get(&row.household_id).cloned().flatten(),
        last: last.get(&row.household_id).cloned(),
        card: facts.cards.get(&row.household_id).map(|stored| PhoneCard {
            revision: stored.card.revision,
            panel: stored.card.panel.to_string(),
            scored_on: stored.card.scored_on,
            status: stored.card.status,
            findings: write_findings(&stored.card.findings),
            signed: is_signed(stored, &facts),
        }),
    });
    let panels = known.panels.iter().map(|stored| &stored.panel);
    let scoring_here = panels.filter(|panel| panel.groups.iter().any(|group| scope.contains(group)));
    let scoring = &known.rulebook.scoring;
    Ok(PhoneMonth {
        month,
        last_month: month.previous(),
        from: month.day(scoring.opens_on_day),
        until: month.next().day(scoring.until_day),
        closed: known.closed,
        catalogue: known.catalogue.clone(),
        panels: scoring_here
            .map(|panel| PhonePanel { name: panel.name.clone(), groups: panel.groups.clone() })
            .collect(),
        households: households.collect(),
    })
}
