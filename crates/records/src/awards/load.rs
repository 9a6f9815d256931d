//! Loads a village's year: its months, what they say of each household, and the bases of its groups.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::awards::Base;
use domain::canonical::{Digest, Form};
use domain::closing::HouseholdResult;
use domain::month::Month;
use domain::place::Place;
use domain::publication::{MonthFacts, MonthState, final_from, state};
use domain::rulebook::{ObjectionRule, Rulebook};

use super::compute::GroupAwards;
use super::facts;
use crate::closing::{Head, heads, rows_of};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::households::{RosterRow, roster};
use crate::objections::open_objections;
use crate::publication::{Published, published};
use crate::rulebook;
use crate::schema::{award_quota, award_run};

/// What is known of a village's year.
pub(crate) struct Year {
    pub(crate) village: Place,
    pub(crate) year: i32,
    /// The months of the year in which somebody took part.
    pub(crate) months: BTreeSet<Month>,
    /// The latest version of each closed month.
    pub(crate) closed: BTreeMap<Month, Head>,
    pub(crate) published: BTreeMap<(Place, Month, i16), Published>,
    /// Objections of each month on which somebody has to act.
    pub(crate) open_objections: BTreeMap<(Place, Month), u32>,
    /// The results of the latest versions.
    pub(crate) results: BTreeMap<Month, Vec<HouseholdResult>>,
    /// The register as it holds for December.
    pub(crate) register: Vec<RosterRow>,
    /// The base of each group, frozen by an earlier run or counted now.
    pub(crate) bases: BTreeMap<Place, Base>,
    pub(crate) rulebook: Rulebook,
    /// How long each month can be objected to, by its own rulebook.
    objection_rules: BTreeMap<Month, ObjectionRule>,
    pub(crate) rulebook_ids: Vec<i64>,
    pub(crate) last_run: Option<LastRun>,
}

/// The latest run of a village's year.
#[derive(Debug, Clone)]
pub(crate) struct LastRun {
    pub(crate) version: i16,
    pub(crate) closing_ids: Vec<i64>,
}

impl Year {
    pub(crate) async fn load(connection: &mut Connection, village: &Place, year: i32) -> Result<Self> {
        let (county, scope) = (village.county(), village.scope());
        let range = (scope.low.as_str(), scope.high.as_str());
        let december = Month::new(year, 12).ok_or_else(|| Error::Corrupt(format!("年度 {year}")))?;
        let register = roster(connection, &county, range, december).await?;
        let all = heads(connection, &county, range).await?;
        let closed: BTreeMap<Month, Head> =
            all.into_iter().filter(|head| head.month.year() == year).map(|head| (head.month, head)).collect();
        // Who left and joined again has the earlier months in what was closed, no longer in the register.
        let months = december.first_of_year().through(december);
        let months: BTreeSet<Month> = months
            .filter(|month| {
                closed.contains_key(month)
                    || register.iter().any(|row| row.entry.participation.covers(*month))
            })
            .collect();
        let mut results = BTreeMap::new();
        for (month, head) in &closed {
            results.insert(*month, rows_of(connection, &county, *month, head.id).await?);
        }
        let layers = rulebook::all(connection, &county).await?;
        let binding = rulebook::inherited(&layers, village, december);
        let mut objection_rules = BTreeMap::new();
        for month in &months {
            let of_month = rulebook::resolve(&rulebook::inherited(&layers, village, *month))?;
            objection_rules.insert(*month, of_month.objections);
        }
        let certified = facts::latest(connection, village).await?;
        let frozen = stored_bases(connection, village, year).await?;
        let bases = if frozen.is_empty() { count(&register, &certified, year) } else { frozen };
        Ok(Self {
            village: *village,
            year,
            months,
            closed,
            published: published(connection, village).await?,
            open_objections: open_objections(connection, village).await?,
            results,
            bases,
            register,
            rulebook: rulebook::resolve(&binding)?,
            objection_rules,
            rulebook_ids: binding.iter().map(|layer| layer.revision).collect(),
            last_run: last_run(connection, village, year).await?,
        })
    }

    /// The latest version of December.
    pub(crate) fn december(&self) -> Option<&Head> {
        self.closed.iter().find(|(month, _)| month.of_year() == 12).map(|(_, head)| head)
    }

    /// The row numbers of the versions that the list rests on, in the order of months.
    pub(crate) fn closing_ids(&self) -> Vec<i64> {
        self.closed.values().map(|head| head.id).collect()
    }

    /// Which months of the year are not final, and until when.
    pub(crate) fn not_final(&self, now: NaiveDateTime) -> Vec<String> {
        let mut reasons = Vec::new();
        for (month, rule) in &self.objection_rules {
            let head = self.closed.get(month);
            let published = head.and_then(|head| self.published.get(&(self.village, *month, head.version)));
            let open = self.open_objections.get(&(self.village, *month)).copied().unwrap_or(0);
            let facts = MonthFacts {
                signed: false,
                closed: head.map(|head| head.version),
                published: head.zip(published).map(|(head, published)| (head.version, published.on)),
                open_objections: open,
            };
            match state(&facts, now, rule) {
                MonthState::Final { .. } => {}
                MonthState::Published { .. } if open > 0 => {
                    reasons.push(format!("{month} 有 {open} 件异议待处理，办结后可以评比"));
                }
                MonthState::Published { .. } => {
                    let from = published.map(|published| final_from(published.on, rule));
                    let from = from.map(|day| day.to_string()).unwrap_or_default();
                    reasons.push(format!("{month} 还在公示期，{from} 起可以评比"));
                }
                MonthState::Closed { version } => reasons.push(format!("{month} 第 {version} 版还没有公示")),
                MonthState::Open | MonthState::Signed => reasons.push(format!("{month} 还没有结账")),
            }
        }
        reasons
    }
}

/// Counts the resident households of each group, unless a number was certified.
fn count(
    register: &[RosterRow],
    certified: &BTreeMap<(Place, i32), (i32, domain::input::GroupFact)>,
    year: i32,
) -> BTreeMap<Place, Base> {
    let mut counted: BTreeMap<Place, u32> = BTreeMap::new();
    for row in register {
        *counted.entry(row.entry.group).or_default() += u32::from(row.entry.resident);
    }
    let certified = |group: &Place| certified.get(&(*group, year)).map(|(_, fact)| fact.resident_households);
    counted
        .into_iter()
        .map(|(group, count)| (group, domain::awards::base(count, certified(&group))))
        .collect()
}

/// The bases that the first run of a year has frozen.
pub(crate) async fn stored_bases(
    connection: &mut Connection,
    village: &Place,
    year: i32,
) -> Result<BTreeMap<Place, Base>> {
    let first: Option<i64> = award_run::table
        .filter(award_run::county_code.eq(village.county().digits()))
        .filter(award_run::place.eq(village.digits()))
        .filter(award_run::year.eq(year))
        .order(award_run::version)
        .select(award_run::id)
        .first(connection)
        .await
        .optional()?;
    let Some(first) = first else { return Ok(BTreeMap::new()) };
    let rows: Vec<(String, i32, bool)> = award_quota::table
        .filter(award_quota::county_code.eq(village.county().digits()))
        .filter(award_quota::run_id.eq(first))
        .select((award_quota::place, award_quota::base, award_quota::certified))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(group, households, certified)| {
            Ok((codec::place(&group)?, Base { households: codec::counted(households), certified }))
        })
        .collect()
}

async fn last_run(connection: &mut Connection, village: &Place, year: i32) -> Result<Option<LastRun>> {
    let row: Option<(i16, Vec<i64>)> = award_run::table
        .filter(award_run::county_code.eq(village.county().digits()))
        .filter(award_run::place.eq(village.digits()))
        .filter(award_run::year.eq(year))
        .order(award_run::version.desc())
        .select((award_run::version, award_run::closing_ids))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(version, closing_ids)| LastRun { version, closing_ids }))
}

/// The digest of a run: the hashes of the closed versions it rests on, each group's quota, then its list in
/// the order in which they win.
pub(crate) fn run_digest<'a>(
    (village, year, version): (&Place, i32, i16),
    closings: impl IntoIterator<Item = &'a Digest>,
    groups: &[GroupAwards],
) -> Digest {
    let mut form = Form::new("jifen awards 1");
    form.code(village.digits()).number(year).number(version);
    for hash in closings {
        form.digest(hash);
    }
    form.end();
    for group in groups {
        let quota = &group.quota;
        form.code(group.group.digits()).number(group.base.households).truth(group.base.certified);
        form.number(quota.nominal).number(quota.eligible).number(quota.total);
        form.number(quota.prizes[0]).number(quota.prizes[1]).number(quota.prizes[2]).end();
        for award in &group.awards {
            let candidate = &award.candidate;
            form.code(candidate.household.digits()).number(candidate.months_counted);
            form.number(candidate.year_total.tenths()).number(candidate.findings);
            form.number(candidate.environment.tenths()).number(award.rank_in_group).maybe(award.prize).end();
        }
    }
    form.finish()
}
