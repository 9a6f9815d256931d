//! Decides a village's awards, and writes them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;
use domain::awards::{Award, Base, Candidate, Quota, award_list, is_eligible, quota};
use domain::canonical::Digest;
use domain::place::Place;
use domain::points::Points;
use domain::rulebook::RewardScope;

use super::load::Year;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::moment::Moment;
use crate::schema::{award_quota, award_run};

/// One group's quota and list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupAwards {
    pub(crate) group: Place,
    pub(crate) base: Base,
    pub(crate) quota: Quota,
    /// Every eligible household, in the order in which they win.
    pub(crate) awards: Vec<Award>,
}

/// The awards of every group of a village's year.
pub(crate) fn decide(year: &Year, seed: &Digest) -> Vec<GroupAwards> {
    let mut candidates = candidates(year);
    let rule = &year.rulebook.awards;
    let groups: std::collections::BTreeSet<Place> =
        year.bases.keys().chain(candidates.keys()).copied().collect();
    groups
        .into_iter()
        .map(|group| {
            let candidates = candidates.remove(&group).unwrap_or_default();
            let base = year.bases.get(&group).copied().unwrap_or(Base { households: 0, certified: false });
            let quota = quota(base, u32::try_from(candidates.len()).unwrap_or(u32::MAX), rule);
            let awards = award_list(&candidates, quota.prizes, &year.rulebook.redemption.tie_break, seed);
            GroupAwards { group, base, quota, awards }
        })
        .collect()
}

/// The eligible households by the group they belong to in December.
fn candidates(year: &Year) -> BTreeMap<Place, Vec<Candidate>> {
    let mut sums: BTreeMap<Place, Candidate> = BTreeMap::new();
    for result in year.results.values().flatten() {
        let Some(score) = result.score else { continue };
        let sum = sums.entry(result.household).or_insert(Candidate {
            household: result.household,
            months_counted: 0,
            year_total: Points::ZERO,
            findings: 0,
            environment: Points::ZERO,
        });
        sum.months_counted += 1;
        sum.year_total += score;
        sum.findings += result.findings;
        sum.environment += result.environment.unwrap_or_default();
    }
    let local: BTreeMap<Place, bool> =
        year.register.iter().map(|row| (row.entry.household, row.entry.local)).collect();
    let in_scope = |household: &Place| {
        year.rulebook.awards.scope == RewardScope::All || local.get(household).copied().unwrap_or(false)
    };
    let december = year.results.iter().find(|(month, _)| month.of_year() == 12).map(|(_, results)| results);
    let mut groups: BTreeMap<Place, Vec<Candidate>> = BTreeMap::new();
    for result in december.into_iter().flatten() {
        let Some(sum) = sums.get(&result.household) else { continue };
        if is_eligible(true, sum.months_counted) && in_scope(&result.household) {
            groups.entry(result.group).or_default().push(*sum);
        }
    }
    groups
}

/// Writes a run with its quotas and list.
pub(super) async fn save(
    connection: &mut Connection,
    year: &Year,
    version: i16,
    seed: &Digest,
    groups: &[GroupAwards],
    digest: &Digest,
    moment: &Moment,
) -> Result<()> {
    let county = year.village.county().digits().to_owned();
    let run: i64 = diesel::insert_into(award_run::table)
        .values((
            award_run::county_code.eq(&county),
            award_run::place.eq(year.village.digits().to_owned()),
            award_run::year.eq(year.year),
            award_run::version.eq(version),
            award_run::closing_ids.eq(year.closing_ids()),
            award_run::rulebook_ids.eq(&year.rulebook_ids),
            award_run::seed.eq(seed.0.to_vec()),
            award_run::digest.eq(digest.0.to_vec()),
            award_run::computed_at.eq(moment.now),
        ))
        .returning(award_run::id)
        .get_result(connection)
        .await?;
    let quotas: Vec<_> = groups
        .iter()
        .map(|group| {
            (
                award_quota::county_code.eq(&county),
                award_quota::run_id.eq(run),
                award_quota::place.eq(group.group.digits().to_owned()),
                award_quota::base.eq(codec::stored(group.base.households)),
                award_quota::certified.eq(group.base.certified),
                award_quota::nominal.eq(codec::stored(group.quota.nominal)),
                award_quota::eligible.eq(codec::stored(group.quota.eligible)),
                award_quota::total.eq(codec::stored(group.quota.total)),
                award_quota::first.eq(codec::stored(group.quota.prizes[0])),
                award_quota::second.eq(codec::stored(group.quota.prizes[1])),
                award_quota::third.eq(codec::stored(group.quota.prizes[2])),
            )
        })
        .collect();
    diesel::insert_into(award_quota::table).values(quotas).execute(connection).await?;
    results(connection, &county, run, groups).await
}

async fn results(connection: &mut Connection, county: &str, run: i64, groups: &[GroupAwards]) -> Result<()> {
    let awards: Vec<(&Place, &Award)> =
        groups.iter().flat_map(|group| group.awards.iter().map(move |award| (&group.group, award))).collect();
    let positions: Vec<i32> =
        groups.iter().flat_map(|group| (1..).zip(&group.awards).map(|(at, _)| at)).collect();
    let written = diesel::sql_query(
        "insert into award_result (county_code, run_id, household_id, place, position, months_counted, year_total,
            findings, environment, rank_in_group, prize)
         select h.county_code, $2, h.id, u.place, u.position, u.months_counted, u.year_total, u.findings, u.environment,
            u.rank_in_group, u.prize
         from household h join unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
            u(code, place, position, months_counted, year_total, findings, environment, rank_in_group, prize) on u.code = h.code
         where h.county_code = $1",
    )
    .bind::<Text, _>(county)
    .bind::<BigInt, _>(run)
    .bind::<Array<Text>, _>(awards.iter().map(|(_, award)| award.candidate.household.digits()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(awards.iter().map(|(group, _)| group.digits()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(positions)
    .bind::<Array<Integer>, _>(
        awards.iter().map(|(_, award)| codec::stored(award.candidate.months_counted)).collect::<Vec<_>>(),
    )
    .bind::<Array<Integer>, _>(awards.iter().map(|(_, award)| award.candidate.year_total.tenths()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(
        awards.iter().map(|(_, award)| codec::stored(award.candidate.findings)).collect::<Vec<_>>(),
    )
    .bind::<Array<Integer>, _>(awards.iter().map(|(_, award)| award.candidate.environment.tenths()).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(awards.iter().map(|(_, award)| codec::stored(award.rank_in_group)).collect::<Vec<_>>())
    .bind::<Array<Nullable<SmallInt>>, _>(
        awards.iter().map(|(_, award)| award.prize.map(i16::from)).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    crate::tenancy::all_written(written, awards.len())
}
