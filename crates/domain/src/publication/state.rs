//! Where a month stands: computed from rows and the clock, never from whether a job ran.

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::month::is_over;
use crate::rulebook::ObjectionRule;

/// Where a village's month stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthState {
    /// Cards are being entered or wait for signatures.
    Open,
    /// Every card is signed.
    Signed,
    /// 已结账: the latest version is not published.
    Closed {
        /// The latest version.
        version: i16,
    },
    /// 公示中: published, objections still possible or open.
    Published {
        /// The latest version.
        version: i16,
    },
    /// 已定: nothing can change it but a late objection.
    Final {
        /// The latest version.
        version: i16,
    },
}

impl MonthState {
    /// The state as pages name it.
    pub fn title(self) -> String {
        match self {
            Self::Open => "未结账".into(),
            Self::Signed => "已签字".into(),
            Self::Closed { version } => format!("已结账（第{version}版），待公示"),
            Self::Published { version } => format!("公示中（第{version}版）"),
            Self::Final { version } => format!("已定（第{version}版）"),
        }
    }
}

/// What is on record of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MonthFacts {
    /// Whether there are cards and all are signed.
    pub signed: bool,
    /// The latest closed version.
    pub closed: Option<i16>,
    /// The latest published version and the local date of its publication.
    pub published: Option<(i16, NaiveDate)>,
    /// Objections not yet decided.
    pub open_objections: u32,
}

/// Rule R-42: a month goes open → signed → closed → published → final; final is the latest version
/// published, its objection time over and no objection open.
///
/// Source: product §2.
pub fn state(facts: &MonthFacts, now: NaiveDateTime, rule: &ObjectionRule) -> MonthState {
    let Some(version) = facts.closed else {
        return if facts.signed { MonthState::Signed } else { MonthState::Open };
    };
    match facts.published {
        Some((published, on)) if published == version => {
            if facts.open_objections == 0 && is_over(last_objection_day(on, rule), now) {
                MonthState::Final { version }
            } else {
                MonthState::Published { version }
            }
        }
        _ => MonthState::Closed { version },
    }
}

/// The first day on which a version published on a date can be final.
pub fn final_from(published_on: NaiveDate, rule: &ObjectionRule) -> NaiveDate {
    last_objection_day(published_on, rule) + Days::new(1)
}

/// The last of the full days after publication on which an objection is in time.
fn last_objection_day(published_on: NaiveDate, rule: &ObjectionRule) -> NaiveDate {
    published_on + Days::new(u64::from(rule.days))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: ObjectionRule = ObjectionRule { days: 7, decide_within_days: 10 };

    fn check(facts: MonthFacts, now: &str, expected: MonthState) {
        let now = NaiveDateTime::parse_from_str(now, "%Y-%m-%d %H:%M").expect("a time");
        assert_eq!(state(&facts, now, &RULE), expected, "{facts:?} at {now}");
    }

    fn published(version: i16) -> Option<(i16, NaiveDate)> {
        Some((version, "2026-11-08".parse().expect("a date")))
    }

    #[test]
    fn a_month_is_open_then_signed_then_closed() {
        check(MonthFacts::default(), "2026-11-01 00:00", MonthState::Open);
        check(MonthFacts { signed: true, ..MonthFacts::default() }, "2026-11-01 00:00", MonthState::Signed);
        let closed = MonthFacts { closed: Some(1), ..MonthFacts::default() };
        check(closed, "2026-11-30 00:00", MonthState::Closed { version: 1 });
    }

    #[test]
    fn seven_full_days_after_publication_make_it_final() {
        let facts = MonthFacts { closed: Some(1), published: published(1), ..MonthFacts::default() };
        check(facts, "2026-11-15 23:59", MonthState::Published { version: 1 });
        check(facts, "2026-11-16 00:00", MonthState::Final { version: 1 });
    }

    #[test]
    fn an_open_objection_or_an_unpublished_version_keeps_it_from_final() {
        let facts = MonthFacts { closed: Some(1), published: published(1), open_objections: 1, signed: true };
        check(facts, "2026-12-31 00:00", MonthState::Published { version: 1 });
        let corrected = MonthFacts { closed: Some(2), open_objections: 0, ..facts };
        check(corrected, "2026-12-31 00:00", MonthState::Closed { version: 2 });
    }
}
