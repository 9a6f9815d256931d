//! Counts the households of the register as it is now.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::{Level, Place};

use super::search::of_latest;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;

/// How many households there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterCounts {
    /// Registered.
    pub households: u32,
    /// 常住户
    pub resident: u32,
    /// Taking part in the month.
    pub taking_part: u32,
    /// Left by the month.
    pub left: u32,
    /// 常住人口
    pub people: u32,
}

impl std::iter::Sum for RegisterCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            households: sum.households + one.households,
            resident: sum.resident + one.resident,
            taking_part: sum.taking_part + one.taking_part,
            left: sum.left + one.left,
            people: sum.people + one.people,
        })
    }
}

#[derive(diesel::QueryableByName)]
struct CountsRow {
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = BigInt)]
    households: i64,
    #[diesel(sql_type = BigInt)]
    resident: i64,
    #[diesel(sql_type = BigInt)]
    taking_part: i64,
    #[diesel(sql_type = BigInt)]
    gone: i64,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

/// How many households each place one level below `scope` has, a group itself; places without any are left out.
///
/// # Errors
/// Faults of the database.
pub async fn register_counts(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
) -> Result<BTreeMap<Place, RegisterCounts>> {
    let below = match scope.level() {
        Level::County => Level::Town,
        Level::Town => Level::Village,
        Level::Village | Level::Group | Level::Household => Level::Group,
    };
    let interval = scope.scope();
    let rows: Vec<CountsRow> = diesel::sql_query(of_latest!(
        "select left(l.place, $5) as part, count(*) as households,
            count(*) filter (where l.resident) as resident,
            count(*) filter (where l.joined_month <= $4 and (l.left_month is null or l.left_month > $4))
                as taking_part,
            count(*) filter (where l.joined_month <= $4 and l.left_month <= $4) as gone,
            coalesce(sum(l.members_resident), 0)::bigint as people
         from latest l group by 1 order by 1"
    ))
    .bind::<Text, _>(scope.county().digits().to_owned())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .bind::<Integer, _>(codec::length(below.digits()))
    .load(connection)
    .await?;
    let counts = |row: CountsRow| {
        let counts = RegisterCounts {
            households: codec::rows(row.households),
            resident: codec::rows(row.resident),
            taking_part: codec::rows(row.taking_part),
            left: codec::rows(row.gone),
            people: codec::rows(row.people),
        };
        Ok((codec::place(&row.part)?, counts))
    };
    rows.into_iter().map(counts).collect()
}
