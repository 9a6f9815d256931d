//! Exceptions from the lock (补录): a village asks, the level above grants, and entry opens for exactly that.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};

use super::entry_window::Lock;
use crate::month::{Month, is_over};
use crate::place::{Level, Place};
use crate::rulebook::ScoringRule;

/// What is done about a request (补录审批); it ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionStep {
    /// 批准
    Granted,
    /// 不批准
    Refused,
    /// 撤回: by the village that asked.
    Withdrawn,
}

impl ExceptionStep {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 3] = [Self::Granted, Self::Refused, Self::Withdrawn];

    /// The stored number, 1 to 3.
    pub fn number(self) -> i16 {
        match self {
            Self::Granted => 1,
            Self::Refused => 2,
            Self::Withdrawn => 3,
        }
    }

    /// The step of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.number() == number)
    }

    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Granted => "exception_granted",
            Self::Refused => "exception_refused",
            Self::Withdrawn => "exception_withdrawn",
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Granted => "批准",
            Self::Refused => "不批准",
            Self::Withdrawn => "撤回",
        }
    }
}

/// Where a request stands (补录状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExceptionState {
    /// 待批准
    Waiting,
    /// 已过期: nobody decided before its day ended or the month was closed.
    Lapsed,
    /// 补录中: entry is open for it.
    Open,
    /// 已结束: it was granted, and its day has ended or the month is closed.
    Over,
    /// 未批准
    Refused,
    /// 已撤回
    Withdrawn,
}

impl ExceptionState {
    /// Where a request stands by its step, its last day and the clock.
    pub fn of(step: Option<ExceptionStep>, until: NaiveDate, closed: bool, now: NaiveDateTime) -> Self {
        let ended = closed || is_over(until, now);
        match step {
            None if ended => Self::Lapsed,
            None => Self::Waiting,
            Some(ExceptionStep::Granted) if ended => Self::Over,
            Some(ExceptionStep::Granted) => Self::Open,
            Some(ExceptionStep::Refused) => Self::Refused,
            Some(ExceptionStep::Withdrawn) => Self::Withdrawn,
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiting => "待批准",
            Self::Lapsed => "已过期",
            Self::Open => "补录中",
            Self::Over => "已结束",
            Self::Refused => "未批准",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Whether something can be done about it; once.
    ///
    /// # Errors
    /// One that does not wait.
    pub fn may_take(self, step: ExceptionStep) -> Result<(), ExceptionEnded> {
        match self {
            Self::Waiting => Ok(()),
            _ => Err(ExceptionEnded { state: self.title(), step: step.title() }),
        }
    }
}

/// A step on a request that needs none any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("这份补录申请现在是“{state}”，不能再{step}；请刷新后查看")]
pub struct ExceptionEnded {
    /// Where it stands.
    pub state: &'static str,
    /// What was tried.
    pub step: &'static str,
}

/// An exception that was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The village, group or household that it opens.
    pub opens: Place,
    /// The last day.
    pub until: NaiveDate,
}

/// The last day until which granted exceptions hold entry open for a household of a group; none where none does now.
pub fn opened_until(
    granted: &[Granted],
    household: &Place,
    group: &Place,
    now: NaiveDateTime,
) -> Option<NaiveDate> {
    // A household that moved keeps its code: which group it belongs to, the register says.
    let covers = |one: &&Granted| match one.opens.level() {
        Level::Household => one.opens == *household,
        Level::Group => one.opens == *group,
        Level::Village => one.opens.contains(household),
        Level::County | Level::Town => false,
    };
    granted.iter().filter(covers).map(|one| one.until).filter(|until| !is_over(*until, now)).max()
}

/// The months that exceptions granted to a village hold open for something of it, each with its last day. Those before
/// `first_open` are closed. For what exactly, [`opened_until`] says.
pub fn months_opened(
    granted: &[(Month, Granted)],
    first_open: Option<Month>,
    now: NaiveDateTime,
) -> BTreeMap<Month, NaiveDate> {
    let mut months = BTreeMap::new();
    for (month, one) in granted {
        let closed = first_open.is_some_and(|first| *month < first);
        if closed || is_over(one.until, now) {
            continue;
        }
        let until = months.entry(*month).or_insert(one.until);
        *until = one.until.max(*until);
    }
    months
}

/// Rule R-76: a granted exception opens entry again, after its end, for exactly the household, the group or the village
/// that it names and through its last day; never before entry begins, and never once the month is closed: then the way
/// is a correction.
///
/// Source: part four (三): 确有特殊情况的; product §2.4 (later only under a lock exception by the town).
pub fn lift(lock: Option<Lock>, opened_until: Option<NaiveDate>) -> Option<Lock> {
    match lock {
        Some(Lock::Past { .. }) if opened_until.is_some() => None,
        lock => lock,
    }
}

/// The last day on which a visit counts for a month: the last of entry, or of the exception that holds it open.
pub fn last_visit(month: Month, rule: &ScoringRule, opened_until: Option<NaiveDate>) -> NaiveDate {
    let last = month.next().day(rule.until_day);
    opened_until.map_or(last, |until| until.max(last))
}

#[cfg(test)]
mod tests {
    use super::super::entry_window::EntryWindow;
    use super::*;
    use crate::month::start_of;

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

    fn check(opens: &str, household: &str, group: &str, now: &str, expected: bool) {
        let granted = [Granted { opens: place(opens), until: day("2026-11-06") }];
        let opened = opened_until(&granted, &place(household), &place(group), start_of(day(now)));
        assert_eq!(lift(lock(now), opened).is_none(), expected, "{opens} for {household} on {now}");
    }

    #[test]
    fn exactly_what_is_named_is_opened_and_through_the_last_day() {
        let (household, group) = ("4402291002040010007", "440229100204001");
        for opens in [household, group, "440229100204"] {
            check(opens, household, group, "2026-11-04", true);
            check(opens, household, group, "2026-11-06", true);
            check(opens, household, group, "2026-11-07", false);
        }
        check(household, "4402291002040010008", group, "2026-11-04", false);
        check(group, "4402291002040020001", "440229100204002", "2026-11-04", false);
        check("440229100205", household, group, "2026-11-04", false);
        check("440229100000", household, group, "2026-11-04", false);
    }

    #[test]
    fn a_household_that_moved_belongs_to_its_group_of_now() {
        check("440229100204002", "4402291002040010007", "440229100204002", "2026-11-04", true);
        check("440229100204001", "4402291002040010007", "440229100204002", "2026-11-04", false);
    }

    #[test]
    fn a_month_is_open_for_a_village_as_long_as_an_exception_opens_something_of_it() {
        let one = |opens: &str, until: &str| (month(), Granted { opens: place(opens), until: day(until) });
        let granted = [one("4402291002040010007", "2026-11-06"), one("440229100204001", "2026-11-05")];
        let opened = |first_open: Option<Month>, now: &str| {
            months_opened(&granted, first_open, start_of(day(now))).into_values().collect::<Vec<_>>()
        };
        assert_eq!(opened(None, "2026-11-04"), [day("2026-11-06")], "the later of two");
        assert_eq!(opened(Some(month()), "2026-11-06"), [day("2026-11-06")]);
        assert!(opened(None, "2026-11-07").is_empty(), "both are over");
        assert!(opened(Some(month().next()), "2026-11-04").is_empty(), "it is closed");
    }

    #[test]
    fn neither_an_early_nor_a_closed_month_is_opened() {
        let until = Some(day("2026-11-06"));
        assert!(matches!(lift(lock("2026-10-01"), until), Some(Lock::NotYet { .. })));
        assert_eq!(lift(Some(Lock::Closed(month())), until), Some(Lock::Closed(month())));
        assert_eq!(lift(None, None), None);
    }

    #[test]
    fn a_visit_counts_as_long_as_entry_is_open() {
        assert_eq!(last_visit(month(), &RULE, None), day("2026-11-03"));
        assert_eq!(last_visit(month(), &RULE, Some(day("2026-11-06"))), day("2026-11-06"));
    }

    #[test]
    fn a_request_is_decided_once_and_lapses() {
        let now = start_of(day("2026-11-04"));
        let until = day("2026-11-04");
        assert_eq!(ExceptionState::of(None, until, false, now), ExceptionState::Waiting);
        assert_eq!(ExceptionState::of(None, until, true, now), ExceptionState::Lapsed);
        assert_eq!(ExceptionState::of(None, day("2026-11-03"), false, now), ExceptionState::Lapsed);
        let granted = Some(ExceptionStep::Granted);
        assert_eq!(ExceptionState::of(granted, until, false, now), ExceptionState::Open);
        assert_eq!(ExceptionState::of(granted, until, true, now), ExceptionState::Over);
        for step in ExceptionStep::ALL {
            assert_eq!(ExceptionStep::from_number(step.number()), Some(step));
            assert!(ExceptionState::of(Some(step), until, false, now).may_take(step).is_err());
        }
        assert_eq!(ExceptionState::Waiting.may_take(ExceptionStep::Granted), Ok(()));
    }
}
