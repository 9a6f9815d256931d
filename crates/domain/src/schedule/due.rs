//! What of the schedule is due at a time.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDateTime, NaiveTime, TimeDelta};

use super::{Facts, Kind};
use crate::month::{Month, start_of};
use crate::place::Place;

/// Something that is due. Key, period and revision name it for ever: however often the schedule is asked,
/// it is done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What to do.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// The month `2026-10`, year `2026` or day `2026-10-25` it is for.
    pub period: String,
    /// Which of the period's occasions.
    pub revision: i32,
    /// The local time at which it became due.
    pub at: NaiveDateTime,
}

/// An entry of the schedule.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What is done.
    pub kind: Kind,
    /// When, for people.
    pub when: &'static str,
    /// The rule behind it.
    pub rule: &'static str,
    /// What of it is due at a local time.
    due: fn(&Facts, NaiveDateTime) -> Vec<Due>,
}

/// Everything that happens by itself, in local time.
///
/// Publishing is not here: closing a village that wants it (`publication.when_closed`) asks for it at once.
pub const SCHEDULE: &[Entry] = &[
    Entry { kind: Kind::Close, when: "次月 4 日 00:30（可设置）", rule: "R-35", due: closings },
    Entry { kind: Kind::Remind, when: "每日（默认 08:00）", rule: "R-55", due: digests },
    Entry { kind: Kind::Award, when: "全年各月都已确定之日", rule: "R-54", due: awards },
    Entry { kind: Kind::Retain, when: "每日 03:00", rule: "R-56", due: retention },
];

/// Everything that is due in a county at a local time, the earliest first.
pub fn due(facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    let mut all: Vec<_> = SCHEDULE.iter().flat_map(|entry| (entry.due)(facts, now)).collect();
    all.sort_by_key(|due| (due.at, due.kind));
    all
}

/// Rule R-53: a month is closed at its villages' time, and tried again every day at that time while a
/// village is blocked; occasions that were missed are made up once, month by month.
///
/// Source: product §2.5.
fn closings(facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    let mut months: BTreeMap<Month, (NaiveDateTime, NaiveDateTime)> = BTreeMap::new();
    for one in facts.unclosed.iter().filter(|one| one.scheduled_at <= now) {
        let tick = latest_tick(one.scheduled_at, now);
        let (first, last) = months.entry(one.month).or_insert((one.scheduled_at, tick));
        (*first, *last) = ((*first).min(one.scheduled_at), (*last).max(tick));
    }
    let closing = |(month, (first, last)): (Month, (NaiveDateTime, NaiveDateTime))| Due {
        kind: Kind::Close,
        place: facts.county,
        period: month.to_string(),
        revision: minutes(last - start_of(month.next().day(1))),
        at: first,
    };
    months.into_iter().map(closing).collect()
}

/// Rule R-54: a village's award list is computed once every month of the year is final, and tried again
/// every day while it is not; nothing is decided by it that a correction could not change.
///
/// Source: part four (五) 2 (3): 年终评比; product §2.9.
fn awards(facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    let mut years: BTreeMap<i32, NaiveDateTime> = BTreeMap::new();
    for one in facts.awardable.iter().filter(|one| start_of(one.final_from) <= now) {
        let first = years.entry(one.year).or_insert(start_of(one.final_from));
        *first = (*first).min(start_of(one.final_from));
    }
    let award = |(year, first): (i32, NaiveDateTime)| Due {
        kind: Kind::Award,
        place: facts.county,
        period: year.to_string(),
        revision: minutes(latest_tick(first, now) - start_of(first.date())) / (24 * 60),
        at: first,
    };
    years.into_iter().map(award).collect()
}

/// Rule R-55: a person is reminded at most once a day, from the hour of reminding on; a day that was missed is not
/// made up, since the next digest says how things stand then.
///
/// Source: product §2.11 (催办); the burden on the village is counted (product §5.9).
fn digests(facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    let mut due = daily(Kind::Remind, facts.remind_at, facts, now);
    due.retain(|due| due.at.date() == now.date());
    due
}

/// Rule R-56: what need not be kept is cleared once a day: the text of old messages, and files of mail.
///
/// Source: 个人信息保护法 第十九条: 保存期限应当为实现处理目的所必要的最短时间.
fn retention(facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    daily(Kind::Retain, NaiveTime::MIN + TimeDelta::hours(3), facts, now)
}

fn daily(kind: Kind, time: NaiveTime, facts: &Facts, now: NaiveDateTime) -> Vec<Due> {
    let today = now.date().and_time(time);
    let at = if today <= now { Some(today) } else { today.checked_sub_days(Days::new(1)) };
    let due =
        |at: NaiveDateTime| Due { kind, place: facts.county, period: at.date().to_string(), revision: 0, at };
    at.map(due).into_iter().collect()
}

/// The last of the daily occasions since `first` that has come.
fn latest_tick(first: NaiveDateTime, now: NaiveDateTime) -> NaiveDateTime {
    first + TimeDelta::days((now - first).num_days().max(0))
}

fn minutes(span: TimeDelta) -> i32 {
    i32::try_from(span.num_minutes()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Awardable, Unclosed};

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a local time")
    }

    fn village(last: u32) -> Place {
        Place::from_digits(&format!("440229100{last}")).expect("a village")
    }

    fn facts() -> Facts {
        Facts {
            county: Place::from_digits("440229").expect("a county"),
            unclosed: Vec::new(),
            awardable: Vec::new(),
            remind_at: NaiveTime::MIN + TimeDelta::hours(8),
        }
    }

    fn unclosed(village: Place, month: &str, scheduled_at: &str) -> Unclosed {
        let month = Month::parse(month).expect("a month");
        Unclosed { village, month, scheduled_at: at(scheduled_at) }
    }

    fn closings_at(facts: &Facts, now: &str) -> Vec<(String, i32, NaiveDateTime)> {
        let due = due(facts, at(now)).into_iter().filter(|due| due.kind == Kind::Close);
        due.map(|due| (due.period, due.revision, due.at)).collect()
    }

    #[test]
    fn a_month_closes_at_half_past_midnight_of_the_fourth_and_not_before() {
        let mut facts = facts();
        facts.unclosed = vec![unclosed(village(201), "2026-10", "2026-11-04T00:30:00")];
        assert_eq!(closings_at(&facts, "2026-11-04T00:29:59"), []);
        let first = [("2026-10".to_owned(), 3 * 1440 + 30, at("2026-11-04T00:30:00"))];
        assert_eq!(closings_at(&facts, "2026-11-04T00:30:00"), first);
        assert_eq!(closings_at(&facts, "2026-11-05T00:29:59"), first, "the same occasion");
        assert_eq!(closings_at(&facts, "2026-11-05T00:30:00")[0].1, 4 * 1440 + 30, "the next day's");
    }

    #[test]
    fn a_village_with_a_later_hour_has_an_occasion_of_its_own() {
        let mut facts = facts();
        facts.unclosed = vec![unclosed(village(202), "2026-10", "2026-11-04T02:00:00")];
        assert_eq!(closings_at(&facts, "2026-11-04T02:00:00")[0].1, 3 * 1440 + 120);
    }

    #[test]
    fn months_that_were_missed_are_made_up_once_each_in_order() {
        let mut facts = facts();
        facts.unclosed = ["2026-10", "2026-08", "2026-09"]
            .map(|month| {
                let next = Month::parse(month).expect("a month").next();
                unclosed(village(201), month, &format!("{next}-04T00:30:00"))
            })
            .to_vec();
        let found = closings_at(&facts, "2026-12-20T09:00:00");
        let months: Vec<_> = found.iter().map(|(month, ..)| month.as_str()).collect();
        assert_eq!(months, ["2026-08", "2026-09", "2026-10"]);
    }

    #[test]
    fn a_digest_is_due_once_a_day_from_its_hour_on_and_no_other_day_is_made_up() {
        let reminded = |now: &str| {
            let due = due(&facts(), at(now)).into_iter().filter(|due| due.kind == Kind::Remind);
            due.map(|due| due.period).collect::<Vec<_>>()
        };
        assert_eq!(reminded("2026-11-04T07:59:59"), [""; 0]);
        assert_eq!(reminded("2026-11-04T08:00:00"), ["2026-11-04"]);
        assert_eq!(reminded("2026-11-04T23:59:59"), ["2026-11-04"]);
    }

    #[test]
    fn awards_wait_until_the_year_is_final_and_are_tried_daily() {
        let mut facts = facts();
        let final_from = chrono::NaiveDate::from_ymd_opt(2027, 1, 16).expect("a date");
        facts.awardable = vec![Awardable { village: village(201), year: 2026, final_from }];
        let awards = |now: &str| {
            let due = due(&facts, at(now)).into_iter().filter(|due| due.kind == Kind::Award);
            due.map(|due| (due.period, due.revision)).collect::<Vec<_>>()
        };
        assert_eq!(awards("2027-01-15T23:59:59"), []);
        assert_eq!(awards("2027-01-16T00:00:00"), [("2026".to_owned(), 0)]);
        assert_eq!(awards("2027-01-18T12:00:00"), [("2026".to_owned(), 2)]);
    }

    #[test]
    fn every_entry_names_a_rule() {
        assert!(SCHEDULE.iter().all(|entry| entry.rule.starts_with("R-") && !entry.when.is_empty()));
    }
}
