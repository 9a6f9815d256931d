//! What people are reminded of: facts of a village's month in, sentences out.

use chrono::{NaiveDate, NaiveDateTime};

use crate::month::{Month, date_title, is_over, start_of};
use crate::place::{Level, Place};
use crate::publication::{BoardState, last_day, post_by, publish_by};
use crate::rulebook::Rulebook;

/// Where a village's month stands, as far as reminders ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageMonth {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// Households taking part.
    pub taking_part: u32,
    /// Households with a card.
    pub with_card: u32,
    /// Panels that have cards and have not signed them.
    pub unsigned_panels: Vec<String>,
    /// Whether a version is closed.
    pub closed: bool,
    /// When the latest version was published, if it was.
    pub published_on: Option<NaiveDate>,
    /// Whether an older version is published while the latest is not: the latest is a correction of it.
    pub older_published: bool,
    /// What hangs on the board beside the latest version.
    pub board: BoardState,
}

/// What a reminder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReminderKind {
    /// 评分: the window is open and households have no card.
    Scoring,
    /// 签字: cards wait for their leader.
    Signing,
    /// 结账: the month could not be closed.
    Closing,
    /// 公示: closed and not published.
    Publication,
    /// 张贴: published, and not on the board in this version.
    Posting,
    /// 逾期: told to the town and the county.
    Overdue,
    /// 异议: it waits for its decision.
    Objection,
    /// 建议和投诉: they wait for their answer.
    Suggestion,
}

impl ReminderKind {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scoring => "评分",
            Self::Signing => "签字",
            Self::Closing => "结账",
            Self::Publication => "公示",
            Self::Posting => "张贴",
            Self::Overdue => "逾期",
            Self::Objection => "异议",
            Self::Suggestion => "建议和投诉",
        }
    }
}

/// One thing that somebody should do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Whose contacts hear of it.
    pub to: Place,
    /// What it is about.
    pub kind: ReminderKind,
    /// The village that it is about.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// What is missing, in words.
    pub missing: String,
    /// The last day on which it is in time, where it has one.
    pub by: Option<NaiveDate>,
}

/// Rule R-57: the village hears of scoring from the day its entry opens (the 25th), of unsigned panels from
/// the last day of entry (the 3rd), of a month that did not close from the day after it should have, of
/// publication from two days before its last day (the 8th), of a correction that is to be published from its
/// closing, and of posting from its publication until the published version hangs on the board; from the day
/// after the last day of publication (the 11th; for the sheet of a later correction, the day after R-82's) town
/// and county hear of what is late.
///
/// Source: part four (三) and (四); product §2.4–2.6, §2.11 (催办).
pub fn reminders(facts: &VillageMonth, rulebook: &Rulebook, now: NaiveDateTime) -> Vec<Reminder> {
    let mut found = Vec::new();
    let (month, next, today) = (facts.month, facts.month.next(), now.date());
    let last_entry = next.day(rulebook.scoring.until_day);
    let last_publication = last_day(month, &rulebook.publication);
    let mut remind = |to: Place, kind, missing: String, by| {
        found.push(Reminder { to, kind, village: facts.village, month, missing, by });
    };
    let village = facts.village;
    let open = now >= start_of(month.day(rulebook.scoring.opens_on_day));
    let entry_over = is_over(last_entry, now);
    if open && !entry_over && facts.with_card < facts.taking_part {
        let missing = facts.taking_part - facts.with_card;
        let text = format!("参与 {} 户，还有 {missing} 户没有积分卡，请完成评分", facts.taking_part);
        remind(village, ReminderKind::Scoring, text, Some(last_entry));
    }
    if !facts.closed && !facts.unsigned_panels.is_empty() && today >= last_entry {
        let text = format!("评分组{}还没有签字", facts.unsigned_panels.join("、"));
        remind(village, ReminderKind::Signing, text, Some(last_entry));
    }
    let closing_day = next.day(rulebook.closing.day);
    if !facts.closed && today > closing_day {
        let text = "到期没有结账，请查看原因并处理".to_owned();
        remind(village, ReminderKind::Closing, text, Some(last_publication));
    }
    let remind_publication = next.day(rulebook.publication.until_day.saturating_sub(2).max(1));
    let publish_by = publish_by(month, facts.older_published, &rulebook.publication);
    if facts.closed && facts.published_on.is_none() && (publish_by.is_none() || today >= remind_publication) {
        let what = if facts.older_published { "更正后的版本" } else { "" };
        remind(village, ReminderKind::Publication, format!("{what}已结账，还没有公示"), publish_by);
    }
    let last_posting = post_by(month, facts.board, facts.published_on, &rulebook.publication);
    if let Some(on) = facts.published_on {
        let text = match facts.board {
            BoardState::Empty => Some("已公示，还没有登记张贴，请张贴到村务公开栏"),
            BoardState::Outdated => Some("公示了更正后的版本，公示栏上还是旧版，请换上新版并登记张贴"),
            BoardState::Current => None,
        };
        if let Some(text) = text {
            let missing = format!("{}{text}", date_title(on));
            remind(village, ReminderKind::Posting, missing, Some(last_posting));
        }
    } else if facts.older_published && facts.board == BoardState::Empty {
        let text = "已公示过，还没有登记张贴，请张贴到村务公开栏并登记".to_owned();
        remind(village, ReminderKind::Posting, text, Some(last_posting));
    }
    let late = match (facts.closed, facts.published_on, facts.board) {
        (false, _, BoardState::Empty) => Some("还没有结账"),
        (true, None, BoardState::Empty) if facts.older_published => Some("已公示过，还没有登记张贴"),
        (true, None, BoardState::Empty) => Some("已结账，还没有公示"),
        (true, Some(_), BoardState::Empty) => Some("已公示，还没有登记张贴"),
        (true, Some(_), BoardState::Outdated) => Some("更正后的版本已公示，公示栏上还是旧版"),
        _ => None,
    };
    if let Some(late) = late.filter(|_| today > last_posting) {
        for above in [Level::Town, Level::County].into_iter().filter_map(|level| village.ancestor(level)) {
            let days = (today - last_posting).num_days();
            let missing = format!("{late}，已迟 {days} 天");
            remind(above, ReminderKind::Overdue, missing, Some(last_posting));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> VillageMonth {
        VillageMonth {
            village: Place::from_digits("440229100204").expect("a village"),
            month: Month::parse("2026-10").expect("a month"),
            taking_part: 40,
            with_card: 40,
            unsigned_panels: Vec::new(),
            closed: false,
            published_on: None,
            older_published: false,
            board: BoardState::Empty,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// What is reminded of, and how many levels hear of it.
    fn check(facts: &VillageMonth, now: &str, expected: &[(ReminderKind, usize)]) {
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        let found = reminders(facts, &rulebook, now.parse().expect("a local time"));
        let mut counted: Vec<(ReminderKind, usize)> = Vec::new();
        for one in &found {
            match counted.iter_mut().find(|(kind, _)| *kind == one.kind) {
                Some((_, count)) => *count += 1,
                None => counted.push((one.kind, 1)),
            }
        }
        assert_eq!(counted, expected, "{now}: {found:?}");
    }

    #[test]
    fn scoring_is_asked_for_from_the_25th_to_the_third() {
        let facts = VillageMonth { with_card: 37, ..facts() };
        check(&facts, "2026-10-24T23:59:59", &[]);
        check(&facts, "2026-10-25T00:00:00", &[(ReminderKind::Scoring, 1)]);
        check(&facts, "2026-11-03T23:59:59", &[(ReminderKind::Scoring, 1)]);
        check(&facts, "2026-11-04T00:00:00", &[]);
    }

    #[test]
    fn unsigned_panels_are_named_from_the_third_on() {
        let facts = VillageMonth { unsigned_panels: vec!["第一评分组".into()], ..facts() };
        check(&facts, "2026-11-02T09:00:00", &[]);
        check(&facts, "2026-11-03T09:00:00", &[(ReminderKind::Signing, 1)]);
        check(&facts, "2026-11-05T09:00:00", &[(ReminderKind::Signing, 1), (ReminderKind::Closing, 1)]);
    }

    #[test]
    fn publication_is_asked_for_from_the_eighth_and_escalated_on_the_eleventh() {
        let facts = VillageMonth { closed: true, ..facts() };
        check(&facts, "2026-11-07T23:59:59", &[]);
        check(&facts, "2026-11-08T00:00:00", &[(ReminderKind::Publication, 1)]);
        check(&facts, "2026-11-10T23:59:59", &[(ReminderKind::Publication, 1)]);
        check(&facts, "2026-11-11T00:00:00", &[(ReminderKind::Publication, 1), (ReminderKind::Overdue, 2)]);
    }

    #[test]
    fn a_published_month_asks_to_be_posted_until_it_is() {
        let published = VillageMonth { closed: true, published_on: Some(day("2026-11-04")), ..facts() };
        check(&published, "2026-11-04T08:00:00", &[(ReminderKind::Posting, 1)]);
        check(&published, "2026-11-12T08:00:00", &[(ReminderKind::Posting, 1), (ReminderKind::Overdue, 2)]);
        let posted = VillageMonth { board: BoardState::Current, ..published };
        check(&posted, "2026-11-12T08:00:00", &[]);
    }

    #[test]
    fn a_correction_waits_for_its_publication_without_a_day_and_nobody_above_hears_of_it() {
        let corrected =
            VillageMonth { closed: true, older_published: true, board: BoardState::Outdated, ..facts() };
        check(&corrected, "2026-11-05T08:00:00", &[(ReminderKind::Publication, 1)]);
        check(&corrected, "2026-11-24T08:00:00", &[(ReminderKind::Publication, 1)]);
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        let found = reminders(&corrected, &rulebook, "2026-11-24T08:00:00".parse().expect("a local time"));
        let told: Vec<_> = found.iter().map(|one| (one.missing.as_str(), one.by)).collect();
        assert_eq!(told, [("更正后的版本已结账，还没有公示", None)]);
        let never_posted = VillageMonth { board: BoardState::Empty, ..corrected };
        let asked = [(ReminderKind::Publication, 1), (ReminderKind::Posting, 1)];
        check(&never_posted, "2026-11-05T08:00:00", &asked);
        let late = [asked[0], asked[1], (ReminderKind::Overdue, 2)];
        check(&never_posted, "2026-11-11T08:00:00", &late);
    }

    #[test]
    fn a_correction_asks_for_its_own_sheet_and_is_late_from_the_day_after_its_publication() {
        let corrected = VillageMonth {
            closed: true,
            published_on: Some(day("2026-11-24")),
            board: BoardState::Outdated,
            ..facts()
        };
        check(&corrected, "2026-11-24T08:00:00", &[(ReminderKind::Posting, 1)]);
        check(&corrected, "2026-11-25T08:00:00", &[(ReminderKind::Posting, 1), (ReminderKind::Overdue, 2)]);
        let hangs = VillageMonth { board: BoardState::Current, ..corrected };
        check(&hangs, "2026-11-25T08:00:00", &[]);
    }
}
