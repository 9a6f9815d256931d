//! How much of what a village takes from pages in a day comes from one address: a share, so that nobody fills its day
//! alone, and a large one, since a village often stands behind one address.
//!
//! Counted beside the attempts to log in, where it is deleted after a day, in the transaction of what is taken. Nobody
//! can try addresses out on the subject without the key.

use chrono::{Days, NaiveDate};
use diesel::sql_types::{Binary, Integer};
use diesel_async::RunQueryDsl;
use domain::month::date_title;
use domain::place::Place;

use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::sealing::Sealer;

/// One address takes one in so many.
const SHARE: i64 = 4;

/// What an address takes one more of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// What is taken, with where it is counted: `objection board`.
    pub(crate) what: &'a str,
    /// The village that it is about.
    pub(crate) village: &'a Place,
    /// The local date.
    pub(crate) on: NaiveDate,
    /// The address.
    pub(crate) address: &'a str,
    /// How many are taken in a day from everybody.
    pub(crate) of: i64,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    tries: i32,
}

/// Counts one more for an address; what is refused later is not counted.
///
/// # Errors
/// An address that has taken its share of the day.
pub(crate) async fn take_turn(connection: &mut Connection, sealer: &Sealer, turn: &Turn<'_>) -> Result<()> {
    let Turn { what, village, on, address, of } = *turn;
    let text = format!("turn\t{what}\t{}\t{on}\t{address}", village.digits());
    let subject = sealer.fingerprint(text.as_bytes());
    let count: Count = diesel::sql_query(
        "insert into login_attempt as a (subject, window_began_at, tries, failures, not_before)
         values ($1, now(), 1, 0, now())
         on conflict (subject) do update set tries = a.tries + 1
         returning tries",
    )
    .bind::<Binary, _>(subject.0.as_slice())
    .get_result(connection)
    .await?;
    let share = share(of);
    if i64::from(count.tries) <= share {
        return Ok(());
    }
    let again = on.checked_add_days(Days::new(1)).unwrap_or(on);
    Err(Refusal::message(format!(
        "您所用的网络今天已向本村提了 {share} 件，请从{}起再提；急的请到村委会、镇政府当面说，或打电话，由工作人员代为登记",
        date_title(again)
    )))
}

/// How many of a day's number one address takes.
fn share(of: i64) -> i64 {
    (of / SHARE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_a_quarter_and_at_least_one() {
        assert_eq!([1000, 200, 100, 3].map(share), [250, 50, 25, 1]);
    }
}
