//! Writes closed versions in bulk.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::closing::{Closed, RECIPE, Tier};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;
use domain::schedule::Kind;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::jobs::{NewJob, enqueue};
use crate::moment::Moment;
use crate::schema::{month_closing, month_result};
use crate::tenancy;

/// A version to write.
pub(crate) struct NewClosing {
    pub(crate) closed: Closed,
    pub(crate) hash: Digest,
    pub(crate) ordinal: i32,
    pub(crate) catalogue_id: i64,
    pub(crate) rulebook_ids: Vec<i64>,
    pub(crate) panel_ids: Vec<i64>,
    pub(crate) summed: Vec<(Month, i16)>,
    pub(crate) seed: Digest,
    pub(crate) reason: Option<String>,
    /// Whether the rulebook wants it published at once.
    pub(crate) publish: bool,
    /// The row numbers of roster entry and card of each result.
    pub(crate) rows: Vec<(i64, Option<i64>)>,
}

/// Writes versions with their results. Returns the row number of each village's version.
pub(crate) async fn closings(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    new: &[NewClosing],
    moment: &Moment,
) -> Result<BTreeMap<Place, i64>> {
    let county_code = county.digits().to_owned();
    let values: Vec<_> = new
        .iter()
        .map(|one| {
            let link = &one.closed.link;
            let scored = one.closed.results.iter().filter(|result| result.score.is_some()).count();
            (
                (
                    month_closing::county_code.eq(&county_code),
                    month_closing::place.eq(link.village.digits().to_owned()),
                    month_closing::month.eq(month.number()),
                    month_closing::version.eq(link.version),
                    month_closing::ordinal.eq(one.ordinal),
                    month_closing::recipe.eq(RECIPE),
                    month_closing::catalogue_id.eq(one.catalogue_id),
                    month_closing::rulebook_ids.eq(&one.rulebook_ids),
                    month_closing::panel_ids.eq(&one.panel_ids),
                    month_closing::summed_months.eq(one
                        .summed
                        .iter()
                        .map(|(month, _)| month.number())
                        .collect::<Vec<_>>()),
                    month_closing::summed_versions.eq(one
                        .summed
                        .iter()
                        .map(|(_, version)| *version)
                        .collect::<Vec<_>>()),
                ),
                (
                    month_closing::seed.eq(one.seed.0.to_vec()),
                    month_closing::previous.eq(link.previous.0.to_vec()),
                    month_closing::inputs.eq(link.inputs.0.to_vec()),
                    month_closing::results.eq(link.results.0.to_vec()),
                    month_closing::hash.eq(one.hash.0.to_vec()),
                    month_closing::taking_part.eq(codec::length(one.closed.results.len())),
                    month_closing::scored.eq(codec::length(scored)),
                    month_closing::carried_out.eq(one.closed.carried_out),
                    month_closing::reason.eq(&one.reason),
                    month_closing::closed_at.eq(moment.now),
                ),
            )
        })
        .collect();
    let written: Vec<(i64, String)> = diesel::insert_into(month_closing::table)
        .values(values)
        .returning((month_closing::id, month_closing::place))
        .get_results(connection)
        .await?;
    let ids: BTreeMap<Place, i64> =
        written.into_iter().map(|(id, place)| Ok((codec::place(&place)?, id))).collect::<Result<_>>()?;
    results(connection, county, month, new, &ids).await?;
    let publish = new.iter().filter(|one| one.publish).map(|one| publication(&one.closed, moment));
    enqueue(connection, &publish.collect::<Vec<_>>()).await?;
    Ok(ids)
}

/// Asks for a closed version to be published.
fn publication(closed: &Closed, moment: &Moment) -> NewJob {
    NewJob {
        kind: Kind::Publish,
        place: closed.link.village,
        period: closed.link.month.to_string(),
        revision: i32::from(closed.link.version),
        lane: None,
        due_at: moment.now,
    }
}

#[derive(Default)]
struct Columns {
    roster: Vec<i64>,
    closing: Vec<i64>,
    card: Vec<Option<i64>>,
    status: Vec<i16>,
    score: Vec<Option<i32>>,
    environment: Vec<Option<i32>>,
    findings: Vec<i32>,
    rank_in_group: Vec<Option<i32>>,
    rank_in_village: Vec<Option<i32>>,
    year_total: Vec<i32>,
    qualifies: Vec<bool>,
    tier: Vec<Option<i16>>,
}

async fn results(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    new: &[NewClosing],
    ids: &BTreeMap<Place, i64>,
) -> Result<()> {
    let mut columns = Columns::default();
    for one in new {
        let id =
            ids.get(&one.closed.link.village).copied().ok_or_else(|| Error::Corrupt("结账未写入".into()))?;
        for (result, (roster, card)) in one.closed.results.iter().zip(&one.rows) {
            columns.roster.push(*roster);
            columns.closing.push(id);
            columns.card.push(*card);
            columns.status.push(result.status.number());
            columns.score.push(result.score.map(Points::tenths));
            columns.environment.push(result.environment.map(Points::tenths));
            columns.findings.push(codec::stored(result.findings));
            columns.rank_in_group.push(result.rank_in_group.map(codec::stored));
            columns.rank_in_village.push(result.rank_in_village.map(codec::stored));
            columns.year_total.push(result.year_total.tenths());
            columns.qualifies.push(result.qualifies);
            columns.tier.push(result.tier.map(Tier::number));
        }
    }
    let villages = new.iter().map(|one| &one.closed.link.village);
    let range = super::range(villages);
    let expected = columns.roster.len();
    let write = async |connection: &mut Connection| {
        columns.insert(connection, county, month, (&range.low, &range.high)).await
    };
    let written = tenancy::bulk_write(connection, write).await?;
    tenancy::all_written(written, expected)
}

impl Columns {
    async fn insert(
        self,
        connection: &mut Connection,
        county: &Place,
        month: Month,
        (low, high): (&str, &str),
    ) -> Result<usize> {
        let written = diesel::sql_query(
            "insert into month_result (county_code, month, closing_id, household_id, place, roster_id, card_id, status,
                score, environment, findings, rank_in_group, rank_in_village, year_total, qualifies, tier)
             select v.county_code, $2, u.closing_id, v.household_id, v.place, v.id, u.card_id, u.status, u.score,
                u.environment, u.findings, u.rank_in_group, u.rank_in_village, u.year_total, u.qualifies, u.tier
             from household_version v
             join unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                u(roster_id, closing_id, card_id, status, score, environment, findings, rank_in_group,
                  rank_in_village, year_total, qualifies, tier) on u.roster_id = v.id
             where v.county_code = $1 and v.place >= $15 and v.place < $16",
        )
        .bind::<Text, _>(county.digits())
        .bind::<Integer, _>(month.number())
        .bind::<Array<BigInt>, _>(self.roster)
        .bind::<Array<BigInt>, _>(self.closing)
        .bind::<Array<Nullable<BigInt>>, _>(self.card)
        .bind::<Array<SmallInt>, _>(self.status)
        .bind::<Array<Nullable<Integer>>, _>(self.score)
        .bind::<Array<Nullable<Integer>>, _>(self.environment)
        .bind::<Array<Integer>, _>(self.findings)
        .bind::<Array<Nullable<Integer>>, _>(self.rank_in_group)
        .bind::<Array<Nullable<Integer>>, _>(self.rank_in_village)
        .bind::<Array<Integer>, _>(self.year_total)
        .bind::<Array<Bool>, _>(self.qualifies)
        .bind::<Array<Nullable<SmallInt>>, _>(self.tier)
        .bind::<Text, _>(low)
        .bind::<Text, _>(high)
        .execute(connection)
        .await?;
        Ok(written)
    }
}

/// The cards that a closed version counted.
pub(crate) async fn cards_of(
    connection: &mut Connection,
    county: &Place,
    month: Month,
    closing: i64,
) -> Result<BTreeSet<i64>> {
    let cards: Vec<Option<i64>> = month_result::table
        .filter(month_result::county_code.eq(county.digits()))
        .filter(month_result::month.eq(month.number()))
        .filter(month_result::closing_id.eq(closing))
        .select(month_result::card_id)
        .load(connection)
        .await?;
    Ok(cards.into_iter().flatten().collect())
}

/// Stores what a new version moved, compared with the one before it.
pub(crate) async fn difference(
    connection: &mut Connection,
    county: &str,
    before: i64,
    after: i64,
    month: Month,
) -> Result<()> {
    diesel::sql_query(
        "insert into month_difference (county_code, closing_id, household_id, place, score_before, score_after,
            rank_before, rank_after, total_before, total_after, qualified_before, qualified_after, tier_before, tier_after)
         select a.county_code, a.closing_id, a.household_id, a.place, b.score, a.score, b.rank_in_group, a.rank_in_group,
            b.year_total, a.year_total, b.qualifies, a.qualifies, b.tier, a.tier
         from month_result a
         join month_result b on b.county_code = a.county_code and b.month = a.month and b.closing_id = $3
            and b.household_id = a.household_id
         where a.county_code = $1 and a.month = $2 and a.closing_id = $4
            and (a.status, a.score, a.rank_in_group, a.year_total, a.qualifies, a.tier)
                is distinct from (b.status, b.score, b.rank_in_group, b.year_total, b.qualifies, b.tier)",
    )
    .bind::<Text, _>(county)
    .bind::<Integer, _>(month.number())
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(after)
    .execute(connection)
    .await?;
    Ok(())
}
