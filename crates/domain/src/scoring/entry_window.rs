//! When cards are entered, and what a lock says.

use chrono::{NaiveDate, NaiveDateTime};

use crate::month::{Month, is_over, start_of};
use crate::rulebook::ScoringRule;

/// Whether cards of a month can be entered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryWindow {
    /// Not before this day.
    NotYet(NaiveDate),
    /// Until the end of this day.
    Open(NaiveDate),
    /// Since the end of this day; only under a lock exception by the town.
    Over(NaiveDate),
}

/// Which lock holds a month (锁定).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lock {
    /// The first day is yet to come.
    #[error("{month} 的积分卡从 {from} 起填写")]
    NotYet {
        /// The month.
        month: Month,
        /// The first day.
        from: NaiveDate,
    },
    /// The last day is past.
    #[error("{month} 的评分已于 {until} 24:00 截止，需要镇批准的补录")]
    Past {
        /// The month.
        month: Month,
        /// The last day.
        until: NaiveDate,
    },
    /// The village has closed the month.
    #[error("{0} 该月已结账；更改已结账的月份请走更正")]
    Closed(Month),
}

impl EntryWindow {
    /// Rule R-21: cards are entered from the 25th (setting) to the 3rd of the next month, 24:00.
    ///
    /// Source: part four (三): 评分时间在每月底进行，确有特殊情况的，可在次月3日前完成评分工作.
    pub fn of(month: Month, now: NaiveDateTime, rule: &ScoringRule) -> Self {
        let (from, until) = (month.day(rule.opens_on_day), month.next().day(rule.until_day));
        if now < start_of(from) {
            Self::NotYet(from)
        } else if is_over(until, now) {
            Self::Over(until)
        } else {
            Self::Open(until)
        }
    }

    /// The lock that keeps a card out, if any.
    pub fn lock(self, month: Month) -> Option<Lock> {
        match self {
            Self::NotYet(from) => Some(Lock::NotYet { month, from }),
            Self::Open(_) => None,
            Self::Over(until) => Some(Lock::Past { month, until }),
        }
    }
}

/// What changes a signed card now, for whoever tried something that does not: by R-65 the leader's choice while entry is
/// open, by R-76 the same under an exception after its end, and a correction once the month is closed.
pub fn way_to_change(lock: Option<&Lock>) -> &'static str {
    match lock {
        None => "请评分组为这一户重交积分卡，由组长在评分页采用并重新签字",
        Some(Lock::NotYet { .. }) => "请等评分开始以后，由评分组评分",
        Some(Lock::Past { .. }) => {
            "评分录入已截止，请先在评分页为这一户申请补录；批准以后由评分组重交积分卡，组长采用并重新签字"
        }
        Some(Lock::Closed(_)) => "请走更正",
    }
}

/// The months whose cards can be entered now, the one that ends sooner first: the month before `this` and `this`, each by
/// its own rule. Where cards are entered from the first days of a month on, both can be for some days.
pub fn months_open(
    this: Month,
    now: NaiveDateTime,
    of_last: &ScoringRule,
    of_this: &ScoringRule,
) -> Vec<Month> {
    let windows = [(this.previous(), of_last), (this, of_this)].into_iter();
    let open =
        windows.filter(|(month, rule)| matches!(EntryWindow::of(*month, now, rule), EntryWindow::Open(_)));
    open.map(|(month, _)| month).collect()
}

/// What is wrong with a card's dates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LateProblem {
    /// Scored after the month without a reason.
    #[error("评分日期 {0} 在月末之后，请填写原因")]
    NoReason(NaiveDate),
    /// Scored after the last day or before the month.
    #[error("评分日期 {0} 不在该月评分时间内（当月 1 日至 {1}）")]
    OutOfMonth(NaiveDate, NaiveDate),
    /// Scored in the future.
    #[error("评分日期 {0} 还没有到")]
    Future(NaiveDate),
}

/// Rule R-22: a reason is needed when the scoring itself was after the month's end; scoring outside
/// the month and its days of grace, or those of an exception, is refused. `last` is the last of these days.
///
/// Source: part four (三): 确有特殊情况的.
pub fn check_late_reason(
    month: Month,
    scored_on: NaiveDate,
    has_reason: bool,
    now: NaiveDateTime,
    last: NaiveDate,
) -> Result<(), LateProblem> {
    if scored_on < month.day(1) || scored_on > last {
        return Err(LateProblem::OutOfMonth(scored_on, last));
    }
    if scored_on > now.date() {
        return Err(LateProblem::Future(scored_on));
    }
    if !month.covers(scored_on) && !has_reason {
        return Err(LateProblem::NoReason(scored_on));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: ScoringRule = ScoringRule { opens_on_day: 25, until_day: 3 };

    fn october() -> Month {
        Month::parse("2026-10").expect("a month")
    }

    fn check(scored_on: &str, reason: bool, now: &str, expected: bool) {
        let scored_on = scored_on.parse().expect("a date");
        let now: NaiveDate = now.parse().expect("a date");
        let checked = check_late_reason(october(), scored_on, reason, start_of(now), october().next().day(3));
        assert_eq!(checked.is_ok(), expected, "{scored_on}: {checked:?}");
    }

    #[test]
    fn scoring_after_the_month_needs_a_reason() {
        check("2026-10-31", false, "2026-11-03", true);
        check("2026-11-01", false, "2026-11-03", false);
        check("2026-11-01", true, "2026-11-03", true);
    }

    #[test]
    fn scoring_outside_the_month_or_in_the_future_is_refused() {
        check("2026-09-30", true, "2026-11-03", false);
        check("2026-11-04", true, "2026-11-04", false);
        check("2026-11-03", true, "2026-11-02", false);
    }

    #[test]
    fn months_can_be_entered_one_after_the_other_or_two_at_a_time() {
        let open = |today: &str, opens_on_day: u32| -> Vec<String> {
            let now = start_of(today.parse().expect("a date"));
            let rule = ScoringRule { opens_on_day, until_day: 3 };
            let months = months_open(october().next(), now, &rule, &rule);
            months.into_iter().map(|month| month.to_string()).collect()
        };
        assert_eq!(open("2026-11-02", 25), ["2026-10"]);
        assert!(open("2026-11-04", 25).is_empty(), "nothing is entered in between");
        assert_eq!(open("2026-11-25", 25), ["2026-11"]);
        assert_eq!(open("2026-11-10", 10), ["2026-11"], "the county lets it begin earlier");
        assert_eq!(open("2026-11-03", 1), ["2026-10", "2026-11"], "the one that ends sooner first");
        assert_eq!(open("2026-11-04", 1), ["2026-11"]);
    }

    #[test]
    fn each_lock_leaves_one_way_to_change_a_card_and_none_leads_back() {
        let until = october().next().day(3);
        let way = |lock: Option<Lock>| way_to_change(lock.as_ref());
        assert!(way(None).contains("重新签字") && !way(None).contains("更正"));
        let past = way(Some(Lock::Past { month: october(), until }));
        assert!(past.contains("申请补录") && past.contains("重新签字") && !past.contains("更正"));
        assert!(way(Some(Lock::NotYet { month: october(), from: until })).contains("评分开始以后"));
        assert_eq!(way(Some(Lock::Closed(october()))), "请走更正");
    }

    #[test]
    fn a_lock_says_which_it_is() {
        let now = start_of("2026-11-04".parse().expect("a date"));
        let lock = EntryWindow::of(october(), now, &RULE).lock(october()).expect("locked");
        assert_eq!(lock.to_string(), "2026-10 的评分已于 2026-11-03 24:00 截止，需要镇批准的补录");
    }
}
