//! Asking for an exception from the lock (补录申请), and who decides.

use chrono::{NaiveDate, TimeDelta};

use super::entry_window::Lock;
use crate::catalogue::Doer;
use crate::place::Place;

/// For so many days ahead an exception is given at most.
const LONGEST_DAYS: i64 = 10;

/// Why a village may not ask so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// Entry is open.
    #[error("评分录入还没有截止，直接录入即可，不用申请补录")]
    NotLocked,
    /// Another lock, which no exception lifts.
    #[error("{0}")]
    Locked(Lock),
    /// Neither the village nor something in it.
    #[error("补录的范围应是本村、本村的一个村小组或一户")]
    Scope,
    /// A day that has ended.
    #[error("补录截止日期 {0} 已过，请填今天或以后的日期")]
    Past(NaiveDate),
    /// A day too far ahead.
    #[error("补录至多 {days} 天，截止日期请填 {0} 或以前", days = LONGEST_DAYS)]
    TooLong(NaiveDate),
    /// The same waits already.
    #[error("同一范围已有一份补录申请在等上级批准，不用再交")]
    Waiting,
}

/// Rule R-77: a village asks for an exception between the end of entry and its closing, for a household, a group or
/// itself, until a day at most ten days ahead, and has one request at a time for the same; somebody else whose rights
/// reach above the village grants or refuses it, once, while its day lasts and the month is not closed.
///
/// Source: product §2.1 (one engine of approval: who asks cannot approve), §2.4; the ten days are ours.
///
/// # Errors
/// The first reason against it.
pub fn check_request(
    village: &Place,
    opens: &Place,
    until: NaiveDate,
    lock: Option<&Lock>,
    waits_already: bool,
    today: NaiveDate,
) -> Result<(), RequestProblem> {
    match lock {
        None => return Err(RequestProblem::NotLocked),
        Some(Lock::Past { .. }) => {}
        Some(lock) => return Err(RequestProblem::Locked(lock.clone())),
    }
    let last = today + TimeDelta::days(LONGEST_DAYS);
    if !village.contains(opens) {
        Err(RequestProblem::Scope)
    } else if until < today {
        Err(RequestProblem::Past(until))
    } else if until > last {
        Err(RequestProblem::TooLong(last))
    } else if waits_already {
        Err(RequestProblem::Waiting)
    } else {
        Ok(())
    }
}

/// Why somebody may not decide on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGranter {
    /// Nobody of the village itself.
    #[error("补录由镇批准，村里不能自己批准")]
    Level,
    /// Whoever asks.
    #[error("这份补录申请是您提交的，须由另一人批准")]
    Asker,
}

/// Whether somebody whose rights reach over `reach` decides on what a village asked.
///
/// # Errors
/// A reach that is not above, and whoever asked.
pub fn may_decide_exception(
    village: &Place,
    reach: &Place,
    asked: &Doer<'_>,
    by: &Doer<'_>,
) -> Result<(), NotGranter> {
    if reach == village || !reach.contains(village) {
        Err(NotGranter::Level)
    } else if by.is_same(asked) {
        Err(NotGranter::Asker)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry_window::EntryWindow;
    use super::*;
    use crate::month::{Month, start_of};
    use crate::rulebook::ScoringRule;

    const RULE: ScoringRule = ScoringRule { opens_on_day: 25, until_day: 3 };

    fn place(code: &str) -> Place {
        Place::parse_code(code).expect("a code")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn month() -> Month {
        Month::parse("2026-10").expect("a month")
    }

    fn lock(now: &str) -> Option<Lock> {
        EntryWindow::of(month(), start_of(day(now)), &RULE).lock(month())
    }

    #[test]
    fn a_village_asks_while_entry_is_locked_for_something_of_its_own_and_for_days() {
        let village = place("440229100204");
        let ask = |opens: &str, until: &str, now: &str, waits| {
            check_request(&village, &place(opens), day(until), lock(now).as_ref(), waits, day(now))
        };
        let own = "4402291002040010007";
        assert_eq!(ask(own, "2026-11-06", "2026-11-04", false), Ok(()));
        assert_eq!(ask(own, "2026-11-14", "2026-11-04", false), Ok(()));
        assert_eq!(
            ask(own, "2026-11-15", "2026-11-04", false),
            Err(RequestProblem::TooLong(day("2026-11-14")))
        );
        assert_eq!(ask(own, "2026-11-03", "2026-11-04", false), Err(RequestProblem::Past(day("2026-11-03"))));
        assert_eq!(ask(own, "2026-11-06", "2026-11-04", true), Err(RequestProblem::Waiting));
        assert_eq!(ask(own, "2026-11-03", "2026-11-02", false), Err(RequestProblem::NotLocked));
        assert_eq!(ask("440229100205", "2026-11-06", "2026-11-04", false), Err(RequestProblem::Scope));
        assert_eq!(ask("440229100000", "2026-11-06", "2026-11-04", false), Err(RequestProblem::Scope));
        let closed = Lock::Closed(month());
        let refused =
            check_request(&village, &village, day("2026-11-06"), Some(&closed), false, day("2026-11-04"));
        assert!(refused.is_err_and(|problem| problem.to_string().contains("请走更正")));
    }

    #[test]
    fn the_town_decides_and_never_who_asked() {
        let village = place("440229100204");
        let asked = Doer { account: Some(1), login: "wenshu" };
        let decide = |reach: &str, account, login| {
            may_decide_exception(&village, &place(reach), &asked, &Doer { account, login })
        };
        assert_eq!(decide("440229100000", Some(2), "zhen"), Ok(()));
        assert_eq!(decide("440229000000", Some(2), "xian"), Ok(()));
        assert_eq!(decide("440229100204", Some(2), "zhuren"), Err(NotGranter::Level));
        assert_eq!(decide("440229101000", Some(2), "lin"), Err(NotGranter::Level));
        assert_eq!(decide("440229100000", Some(1), "renamed"), Err(NotGranter::Asker));
    }
}
