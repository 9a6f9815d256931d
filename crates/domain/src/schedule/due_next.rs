//! What is due next in a village's month, and which of its steps are late.

use chrono::{NaiveDate, NaiveDateTime};

use super::VillageMonth;
use crate::closing::scheduled_at;
use crate::month::{Month, is_over, start_of};
use crate::publication::{BoardState, final_from, last_day, post_by, publish_by};
use crate::rulebook::Rulebook;

/// A step of the month that has a day of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueStep {
    /// 评分开始: the first day of entry.
    ScoringOpens,
    /// 评分截止: the last day of entry.
    Scoring,
    /// 签字截止: the same day, for the leaders.
    Signing,
    /// 结账: the day on which the schedule closes.
    Closing,
    /// 公示截止: the last day in time.
    Publication,
    /// 张贴截止: the same day, for the sheet on the board.
    Posting,
    /// 异议截止: the last day on which an objection is in time.
    Objections,
}

impl DueStep {
    /// The step's name for people, as a list of late ones has it.
    pub fn title(self) -> &'static str {
        match self {
            Self::ScoringOpens | Self::Scoring => "评分",
            Self::Signing => "签字",
            Self::Closing => "结账",
            Self::Publication => "公示",
            Self::Posting => "张贴",
            Self::Objections => "异议",
        }
    }

    /// What its day is called: `公示截止`.
    fn day_title(self) -> &'static str {
        match self {
            Self::ScoringOpens => "评分开始",
            Self::Scoring => "评分截止",
            Self::Signing => "签字截止",
            Self::Closing => "结账",
            Self::Publication => "公示截止",
            Self::Posting => "张贴截止",
            Self::Objections => "异议截止",
        }
    }
}

/// What is due next, and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextDue {
    /// The step.
    pub what: DueStep,
    /// Its day, the whole of it included; none for the publication of a correction.
    pub by: Option<NaiveDate>,
    /// Days from today until then, where there is a day: 0 on the day itself, negative once it is past.
    pub days_left: Option<i64>,
}

impl NextDue {
    fn new((what, by): (DueStep, Option<NaiveDate>), now: NaiveDateTime) -> Self {
        Self { what, by, days_left: by.map(|by| (by - now.date()).num_days()) }
    }

    /// `距公示截止还有 3 天`, `今天是公示截止日`, `公示截止日已过 2 天`; `更正后的版本待公示`.
    pub fn sentence(&self) -> String {
        let day = self.what.day_title();
        match self.days_left {
            None => format!("更正后的版本待{}", self.what.title()),
            Some(0) => format!("今天是{day}日"),
            Some(left) if left > 0 => format!("距{day}还有 {left} 天"),
            Some(past) => format!("{day}日已过 {} 天", past.unsigned_abs()),
        }
    }
}

/// A step that is not done although its day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateStep {
    /// The step.
    pub what: DueStep,
    /// Its last day in time.
    pub by: NaiveDate,
    /// Days since then, at least 1.
    pub days: i64,
}

impl LateStep {
    /// `公示已迟 2 天`.
    pub fn sentence(&self) -> String {
        format!("{}已迟 {} 天", self.what.title(), self.days)
    }
}

/// What a village does next: entry while it is open and cards are missing, then the signatures, then closing;
/// publication, posting and the time for objections once it is closed. None where nobody takes part, and when
/// the time for objections is over.
///
/// Rests on R-21 (entry), R-35 (closing), R-43 (the 10th), R-44 (objections) and R-86 (corrections); adds no day of
/// its own.
pub fn next_due(facts: &VillageMonth, rulebook: &Rulebook, now: NaiveDateTime) -> Option<NextDue> {
    if facts.taking_part == 0 {
        return None;
    }
    let at = |step| (step, Some(day_of(step, facts.month, rulebook)));
    let next = match (facts.closed, facts.published_on, facts.board) {
        (false, ..) => at(open_step(facts, rulebook, now)),
        (true, None, _) => {
            let by = publish_by(facts.month, facts.older_published, &rulebook.publication);
            (DueStep::Publication, by)
        }
        (true, Some(_), BoardState::Empty | BoardState::Outdated) => {
            (DueStep::Posting, Some(posting_day(facts, rulebook)))
        }
        (true, Some(on), BoardState::Current) => {
            let until = final_from(on, &rulebook.objections).pred_opt()?;
            if is_over(until, now) {
                return None;
            }
            (DueStep::Objections, Some(until))
        }
    };
    Some(NextDue::new(next, now))
}

/// What is due next as far as the month's dates tell, whatever a village has done; none after the last day of
/// publication. For a county or town, whose villages stand at different steps.
pub fn next_date(month: Month, rulebook: &Rulebook, now: NaiveDateTime) -> Option<NextDue> {
    [DueStep::ScoringOpens, DueStep::Scoring, DueStep::Closing, DueStep::Publication]
        .into_iter()
        .map(|step| (step, day_of(step, month, rulebook)))
        .find(|(_, day)| !is_over(*day, now))
        .map(|(step, day)| NextDue::new((step, Some(day)), now))
}

/// The steps of a village's month that are late, in their order: those whose day, as reminders have it,
/// is over. A month that is not closed is late with its closing, and not with what comes after it; a correction is not
/// late with its publication, but a month whose first sheet never went up is with its posting.
pub fn late_steps(facts: &VillageMonth, rulebook: &Rulebook, now: NaiveDateTime) -> Vec<LateStep> {
    if facts.taking_part == 0 {
        return Vec::new();
    }
    let (open, is_published) = (!facts.closed, facts.published_on.is_some());
    let is_posted = match facts.older_published {
        true => facts.board != BoardState::Empty,
        false => !is_published || facts.board == BoardState::Current,
    };
    let undone = [
        (DueStep::Scoring, open && facts.with_card < facts.taking_part),
        (DueStep::Signing, open && !facts.unsigned_panels.is_empty()),
        (DueStep::Closing, open),
        (DueStep::Publication, facts.closed && !is_published && !facts.older_published),
        (DueStep::Posting, !is_posted),
    ];
    let day = |what| match what {
        DueStep::Posting => posting_day(facts, rulebook),
        _ => day_of(what, facts.month, rulebook),
    };
    undone
        .into_iter()
        .filter(|(_, undone)| *undone)
        .map(|(what, _)| (what, day(what)))
        .filter(|(_, by)| is_over(*by, now))
        .map(|(what, by)| LateStep { what, by, days: (now.date() - by).num_days() })
        .collect()
}

fn open_step(facts: &VillageMonth, rulebook: &Rulebook, now: NaiveDateTime) -> DueStep {
    let day = |step| day_of(step, facts.month, rulebook);
    if now < start_of(day(DueStep::ScoringOpens)) {
        DueStep::ScoringOpens
    } else if is_over(day(DueStep::Scoring), now) {
        DueStep::Closing
    } else if facts.with_card < facts.taking_part {
        DueStep::Scoring
    } else if facts.unsigned_panels.is_empty() {
        DueStep::Closing
    } else {
        DueStep::Signing
    }
}

/// The last day for the sheet of the published version, which may be that of a correction.
fn posting_day(facts: &VillageMonth, rulebook: &Rulebook) -> NaiveDate {
    post_by(facts.month, facts.board, facts.published_on, &rulebook.publication)
}

/// The day of a step as the month's rulebook sets it; for objections that of a month published on its last day.
fn day_of(step: DueStep, month: Month, rulebook: &Rulebook) -> NaiveDate {
    let publication = last_day(month, &rulebook.publication);
    match step {
        DueStep::ScoringOpens => month.day(rulebook.scoring.opens_on_day),
        DueStep::Scoring | DueStep::Signing => month.next().day(rulebook.scoring.until_day),
        DueStep::Closing => scheduled_at(month, &rulebook.closing).date(),
        DueStep::Publication | DueStep::Posting => publication,
        DueStep::Objections => {
            final_from(publication, &rulebook.objections).pred_opt().unwrap_or(publication)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    fn facts() -> VillageMonth {
        VillageMonth {
            village: Place::from_digits("440229100204").expect("a village"),
            month: Month::parse("2026-10").expect("a month"),
            taking_part: 40,
            with_card: 37,
            unsigned_panels: Vec::new(),
            closed: false,
            published_on: None,
            older_published: false,
            board: BoardState::Empty,
        }
    }

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().expect("a date"))
    }

    fn check(facts: &VillageMonth, now: &str, next: &str, late: &[&str]) {
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        let now = now.parse().expect("a local time");
        let found = next_due(facts, &rulebook, now).map(|due| due.sentence()).unwrap_or_default();
        let steps: Vec<_> = late_steps(facts, &rulebook, now).iter().map(LateStep::sentence).collect();
        assert_eq!(found, next, "{now}");
        assert_eq!(steps, late, "{now}");
    }

    #[test]
    fn an_open_month_is_scored_signed_and_closed() {
        check(&facts(), "2026-10-22T12:00:00", "距评分开始还有 3 天", &[]);
        check(&facts(), "2026-10-25T00:00:00", "距评分截止还有 9 天", &[]);
        check(&facts(), "2026-11-03T23:59:59", "今天是评分截止日", &[]);
        let scored =
            VillageMonth { with_card: 40, unsigned_panels: vec!["第一评分组".into()], ..facts() };
        check(&scored, "2026-11-02T08:00:00", "距签字截止还有 1 天", &[]);
        check(&scored, "2026-11-04T08:00:00", "今天是结账日", &["签字已迟 1 天"]);
        let signed = VillageMonth { unsigned_panels: Vec::new(), ..scored };
        check(&signed, "2026-11-02T08:00:00", "距结账还有 2 天", &[]);
    }

    #[test]
    fn a_month_that_did_not_close_is_late_with_what_is_missing_and_with_its_closing_only() {
        check(&facts(), "2026-11-12T08:00:00", "结账日已过 8 天", &["评分已迟 9 天", "结账已迟 8 天"]);
    }

    #[test]
    fn a_closed_month_is_published_posted_and_open_to_objections() {
        let closed = VillageMonth { closed: true, ..facts() };
        check(&closed, "2026-11-07T08:00:00", "距公示截止还有 3 天", &[]);
        check(&closed, "2026-11-12T08:00:00", "公示截止日已过 2 天", &["公示已迟 2 天"]);
        let published = VillageMonth { published_on: day("2026-11-08"), ..closed };
        check(&published, "2026-11-10T23:59:59", "今天是张贴截止日", &[]);
        check(&published, "2026-11-11T00:00:00", "张贴截止日已过 1 天", &["张贴已迟 1 天"]);
        let posted = VillageMonth { board: BoardState::Current, ..published };
        check(&posted, "2026-11-12T08:00:00", "距异议截止还有 3 天", &[]);
        check(&posted, "2026-11-16T00:00:00", "", &[]);
    }

    #[test]
    fn a_correction_waits_for_its_publication_and_is_not_late_with_it() {
        let corrected =
            VillageMonth { closed: true, older_published: true, board: BoardState::Outdated, ..facts() };
        check(&corrected, "2026-11-09T08:00:00", "更正后的版本待公示", &[]);
        check(&corrected, "2026-11-24T08:00:00", "更正后的版本待公示", &[]);
        let never_posted = VillageMonth { board: BoardState::Empty, ..corrected };
        check(&never_posted, "2026-11-10T08:00:00", "更正后的版本待公示", &[]);
        check(&never_posted, "2026-11-12T08:00:00", "更正后的版本待公示", &["张贴已迟 2 天"]);
        let never_published = VillageMonth { older_published: false, ..never_posted };
        check(&never_published, "2026-11-12T08:00:00", "公示截止日已过 2 天", &["公示已迟 2 天"]);
    }

    #[test]
    fn a_corrected_version_is_put_up_on_the_day_of_its_publication() {
        let corrected = VillageMonth {
            closed: true,
            published_on: day("2026-11-24"),
            board: BoardState::Outdated,
            ..facts()
        };
        check(&corrected, "2026-11-24T23:59:59", "今天是张贴截止日", &[]);
        check(&corrected, "2026-11-26T08:00:00", "张贴截止日已过 2 天", &["张贴已迟 2 天"]);
        let hangs = VillageMonth { board: BoardState::Current, ..corrected };
        check(&hangs, "2026-11-26T08:00:00", "距异议截止还有 5 天", &[]);
    }

    #[test]
    fn nobody_taking_part_makes_nothing_due() {
        let nobody = VillageMonth { taking_part: 0, with_card: 0, ..facts() };
        check(&nobody, "2026-11-12T08:00:00", "", &[]);
    }

    #[test]
    fn a_county_is_told_the_next_of_the_months_dates() {
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        let told = |now: &str| {
            let now = now.parse().expect("a local time");
            next_date(facts().month, &rulebook, now).map(|due| due.sentence()).unwrap_or_default()
        };
        assert_eq!(told("2026-10-26T08:00:00"), "距评分截止还有 8 天");
        assert_eq!(told("2026-11-04T08:00:00"), "今天是结账日");
        assert_eq!(told("2026-11-07T08:00:00"), "距公示截止还有 3 天");
        assert_eq!(told("2026-11-11T00:00:00"), "");
    }
}
