//! What an office is reminded of that waits for its word: objections, suggestions and complaints.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::reminders::{Reminder, ReminderKind};
use crate::month::Month;
use crate::place::{Level, Place};

/// From so many days before its last day on an office hears of what it has not answered.
const DAYS_BEFORE: u64 = 3;

/// How many numbers a reminder names.
const NAMED: usize = 5;

/// Something that waits for a decision or an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// An objection, or a suggestion or complaint.
    pub kind: ReminderKind,
    /// Who decides or answers it.
    pub office: Place,
    /// The village that it is about.
    pub village: Place,
    /// The month of the page that lists it.
    pub month: Month,
    /// Its number, as the receipt prints it.
    pub number: String,
    /// The last day on which a word is in time.
    pub by: NaiveDate,
}

/// What offices hear of on a day, one reminder for each office, kind, village and month: what waits from three days before
/// its last day on, until it is decided or answered. Of an objection that is overdue the town hears beside the village. What
/// the town answers is told to the town alone.
///
/// Rests on R-61 and R-70 (until when) and R-69 (who answers); the three days before are its own, beside those of R-57.
pub fn waiting_reminders(waiting: &[Waiting], today: NaiveDate) -> Vec<Reminder> {
    let soon = today.checked_add_days(Days::new(DAYS_BEFORE)).unwrap_or(today);
    let mut due: BTreeMap<(Place, ReminderKind, Place, Month), Vec<&Waiting>> = BTreeMap::new();
    for one in waiting.iter().filter(|one| one.by <= soon) {
        let rises = one.kind == ReminderKind::Objection && one.by < today;
        let above = one.village.ancestor(Level::Town).filter(|town| rises && *town != one.office);
        for office in std::iter::once(one.office).chain(above) {
            due.entry((office, one.kind, one.village, one.month)).or_default().push(one);
        }
    }
    let reminder = |((to, kind, village, month), mut found): (_, Vec<&Waiting>)| {
        found.sort_by(|one, other| (one.by, &one.number).cmp(&(other.by, &other.number)));
        let by = Some(found.first()?.by);
        Some(Reminder { to, kind, village, month, missing: sentence(kind, &found, today), by })
    };
    due.into_iter().filter_map(reminder).collect()
}

/// How many wait, which, and how many of them are overdue.
fn sentence(kind: ReminderKind, found: &[&Waiting], today: NaiveDate) -> String {
    let (what, act) = match kind {
        ReminderKind::Objection => ("异议等待处理", "请调查核实后处理"),
        _ => ("建议、投诉等待答复", "请答复"),
    };
    let named: Vec<&str> = found.iter().take(NAMED).map(|one| one.number.as_str()).collect();
    let rest = if found.len() > NAMED { "等" } else { "" };
    let overdue = found.iter().filter(|one| one.by < today).count();
    let late = if overdue > 0 { format!("，其中 {overdue} 件已逾期") } else { String::new() };
    format!("{} 件{what}（{}{rest}）{late}，{act}", found.len(), named.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(digits: &str) -> Place {
        Place::from_digits(digits).expect("a place")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn waiting(kind: ReminderKind, office: &str, number: &str) -> Waiting {
        Waiting {
            kind,
            office: place(office),
            village: place("440229100204"),
            month: Month::parse("2026-11").expect("a month"),
            number: number.to_owned(),
            by: day("2026-11-22"),
        }
    }

    /// Who hears what on a day.
    fn check(waiting: &[Waiting], today: &str, expected: &[(&str, &str)]) {
        let found = waiting_reminders(waiting, day(today));
        let found: Vec<(&str, &str)> =
            found.iter().map(|one| (one.to.digits(), one.missing.as_str())).collect();
        assert_eq!(found, expected, "{today}");
    }

    #[test]
    fn an_office_hears_of_what_it_answers_from_three_days_before_on() {
        let one = [waiting(ReminderKind::Suggestion, "440229100204", "意2026-11-001")];
        let soon = [("440229100204", "1 件建议、投诉等待答复（意2026-11-001），请答复")];
        check(&one, "2026-11-18", &[]);
        check(&one, "2026-11-19", &soon);
        check(&one, "2026-11-22", &soon);
        let late = [("440229100204", "1 件建议、投诉等待答复（意2026-11-001），其中 1 件已逾期，请答复")];
        check(&one, "2026-11-23", &late);
    }

    #[test]
    fn what_the_town_answers_is_told_to_the_town_alone() {
        let one = [waiting(ReminderKind::Suggestion, "440229100", "意2026-11-001")];
        let late = [("440229100", "1 件建议、投诉等待答复（意2026-11-001），其中 1 件已逾期，请答复")];
        check(&one, "2026-11-23", &late);
    }

    #[test]
    fn an_overdue_objection_rises_to_the_town() {
        let one = [waiting(ReminderKind::Objection, "440229100204", "2026-10-003")];
        check(&one, "2026-11-22", &[("440229100204", "1 件异议等待处理（2026-10-003），请调查核实后处理")]);
        let late = "1 件异议等待处理（2026-10-003），其中 1 件已逾期，请调查核实后处理";
        check(&one, "2026-11-23", &[("440229100", late), ("440229100204", late)]);
    }

    #[test]
    fn of_many_the_first_five_are_named() {
        let number = |number: u32| format!("意2026-11-{number:03}");
        let many: Vec<Waiting> =
            (1..=7).map(|one| waiting(ReminderKind::Suggestion, "440229100204", &number(one))).collect();
        let named: Vec<String> = (1..=5).map(number).collect();
        let said = format!("7 件建议、投诉等待答复（{}等），请答复", named.join("、"));
        check(&many, "2026-11-20", &[("440229100204", said.as_str())]);
    }
}
