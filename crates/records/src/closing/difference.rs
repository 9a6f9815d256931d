//! What a later version moved, as it is stored.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::closing::Tier;
use domain::objections::{Movement, Standing};
use domain::place::Place;
use domain::points::Points;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{household, month_difference};

/// A stored difference, and where its household is by now, which is no part of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDifference {
    /// What the version moved.
    pub moved: Difference,
    /// The group where the household is now.
    pub present: Place,
}

/// What a later version moved for one household: before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The household.
    pub household: Place,
    /// The group where it was in the month.
    pub group: Place,
    /// 本月总分
    pub score: (Option<Points>, Option<Points>),
    /// 组内名次
    pub rank: (Option<u32>, Option<u32>),
    /// 年度累计
    pub year_total: (Option<Points>, Option<Points>),
    /// 是否符合兑换
    pub qualifies: (Option<bool>, Option<bool>),
    /// 档次
    pub tier: (Option<Tier>, Option<Tier>),
}

impl Difference {
    /// As a recomputed movement is stored.
    pub(crate) fn of(movement: &Movement) -> Self {
        fn pair<T>(movement: &Movement, part: impl Fn(&Standing) -> Option<T>) -> (Option<T>, Option<T>) {
            (movement.before.as_ref().and_then(&part), movement.after.as_ref().and_then(&part))
        }
        Self {
            household: movement.household,
            group: movement.group,
            score: pair(movement, |standing| standing.score),
            rank: pair(movement, |standing| standing.rank_in_group),
            year_total: pair(movement, |standing| Some(standing.year_total)),
            qualifies: pair(movement, |standing| Some(standing.qualifies)),
            tier: pair(movement, |standing| standing.tier),
        }
    }
}

/// The stored difference of a closed version, in the order of household codes.
///
/// # Errors
/// Faults of the database.
pub async fn differences(
    connection: &mut Connection,
    county: &Place,
    closing: i64,
) -> Result<Vec<StoredDifference>> {
    type Pair<T> = (Option<T>, Option<T>);
    type Row = ((String, String, String), Pair<i32>, Pair<i32>, Pair<i32>, Pair<bool>, Pair<i16>);
    let rows: Vec<Row> = month_difference::table
        .inner_join(
            household::table.on(household::county_code
                .eq(month_difference::county_code)
                .and(household::id.eq(month_difference::household_id))),
        )
        .filter(month_difference::county_code.eq(county.digits()))
        .filter(month_difference::closing_id.eq(closing))
        .order(household::code)
        .select((
            (household::code, month_difference::place, household::place),
            (month_difference::score_before, month_difference::score_after),
            (month_difference::rank_before, month_difference::rank_after),
            (month_difference::total_before, month_difference::total_after),
            (month_difference::qualified_before, month_difference::qualified_after),
            (month_difference::tier_before, month_difference::tier_after),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((code, group, present), score, rank, total, qualifies, tier)| {
            let moved = Difference {
                household: codec::place(&code)?,
                group: codec::place(&group)?,
                score: (codec::points(score.0), codec::points(score.1)),
                rank: (rank.0.map(codec::counted), rank.1.map(codec::counted)),
                year_total: (codec::points(total.0), codec::points(total.1)),
                qualifies,
                tier: (tier.0.and_then(Tier::new), tier.1.and_then(Tier::new)),
            };
            Ok(StoredDifference { moved, present: codec::place(&present)? })
        })
        .collect()
}
