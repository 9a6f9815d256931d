//! Where the month stands for whoever looks at a page: what is due next, and how much waits for them.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::rulebook::Rulebook;
use domain::schedule::next_date;
use records::progress::{VillageCounts, counts_of};
use records::{Connection, rulebook};

use crate::caller::Caller;
use crate::tasks;

/// Where a village's month stands; none for the places above and below.
pub(super) async fn own(
    connection: &mut Connection,
    place: &Place,
    month: Month,
    now: NaiveDateTime,
) -> records::Result<Option<VillageCounts>> {
    if place.level() != Level::Village {
        return Ok(None);
    }
    // Objections decide nothing of what is due.
    let counts = counts_of(connection, place, month, &BTreeMap::new(), now).await?;
    Ok(counts.into_iter().next())
}

/// What is due next, in words: the same on every page of a village's month. Villages of a county or town stand at
/// different steps, and from a group alone its village's month is not seen: there the month's dates tell.
pub(super) fn due(
    own: &Option<VillageCounts>,
    place: &Place,
    month: Month,
    rulebook: &Rulebook,
    now: NaiveDateTime,
) -> String {
    let next = match own {
        Some(village) => village.next,
        None if place.level() == Level::Village => None,
        None => next_date(month, rulebook, now),
    };
    next.map(|next| next.sentence()).unwrap_or_default()
}

/// How much waits for a person of a village in the month in hand; nothing is counted for the places above.
pub(super) async fn waiting(
    connection: &mut Connection,
    caller: &Caller,
    reach: &Place,
    (month, counts, rules): (Month, &Option<VillageCounts>, &Rulebook),
    (in_hand, now): (Option<Month>, NaiveDateTime),
) -> records::Result<String> {
    let Some(current) = in_hand.filter(|_| reach.level() == Level::Village) else {
        return Ok(String::new());
    };
    let tasks = if current == month {
        match counts {
            Some(one) => tasks::of_village(connection, caller, (one, rules), month, now).await?,
            None => Vec::new(),
        }
    } else {
        let rules = rulebook::of(connection, reach, current).await?;
        match own(connection, reach, current, now).await? {
            Some(one) => tasks::of_village(connection, caller, (&one, &rules), current, now).await?,
            None => Vec::new(),
        }
    };
    Ok(if tasks.is_empty() { String::new() } else { tasks.len().to_string() })
}
