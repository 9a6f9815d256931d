//! What waits for the people of a village: the month's next step, and what others have brought or sent back.

use authz::{
    AskException, Close, DecideObjection, EnterCards, Post, Publish, RegisterHouseholds, SignCards,
    SubmitCatalogue,
};
use chrono::{NaiveDate, NaiveDateTime};
use domain::catalogue::{SubmissionState, SubmissionStep};
use domain::closing::{may_close, scheduled_at};
use domain::households::QueryState;
use domain::month::Month;
use domain::objections::ObjectionState;
use domain::place::Place;
use domain::publication::{BoardState, post_by, publish_by};
use domain::rulebook::Rulebook;
use domain::scoring::EntryWindow;
use domain::suggestions::SuggestionState;
use records::Connection;
use records::catalogue::submissions_of;
use records::households::open_queries;
use records::objections::{ObjectionFilter, objections_of};
use records::progress::VillageCounts;
use records::sheets::open_sheet_count;
use records::suggestions::suggestions_of;

use super::Task;
use crate::caller::Caller;
use crate::shell::Section;

/// What of the month's steps somebody may do.
struct May {
    enter: bool,
    ask: bool,
    sign: bool,
    close: bool,
    publish: bool,
    post: bool,
}

/// What waits in a village in the month in hand for whoever asks, given where its month stands. Every page of the
/// village counts these, so nothing here reads the households or their cards.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn waiting(
    connection: &mut Connection,
    caller: &Caller,
    (one, rulebook): (&VillageCounts, &Rulebook),
    month: Month,
    now: NaiveDateTime,
) -> records::Result<Vec<Task>> {
    let village = one.village;
    let may = May {
        enter: caller.may(EnterCards, village),
        ask: caller.may(AskException, village),
        sign: caller.may(SignCards, village),
        close: caller.may(Close, village),
        publish: caller.may(Publish, village),
        post: caller.may(Post, village),
    };
    let mut tasks = of_month(&may, (one, rulebook), month, now);
    if may.sign && one.closed.is_none() {
        let sheets = open_sheet_count(connection, &village, month).await?;
        if sheets > 0 {
            let what = format!("{sheets} 张评分单互相矛盾或迟到，等组长决定");
            tasks.push(Task { what, place: village, by: None, href: Section::Scoring.at(&village, month) });
        }
    }
    if caller.may(DecideObjection, village) {
        tasks.extend(objections(connection, &village, now).await?);
        tasks.extend(suggestions(connection, &village, month, now).await?);
    }
    if caller.may(RegisterHouseholds, village) {
        let queries = open_queries(connection, &village).await?;
        let asked = queries.into_iter().filter(|query| query.state() == QueryState::Asked);
        tasks.extend(asked.map(|query| Task {
            what: "答复镇里对一户参评资格的质询".to_owned(),
            place: village,
            by: None,
            href: format!("/household/{}/{month}", query.household.code()),
        }));
    }
    if caller.may(SubmitCatalogue, village) {
        let newest = submissions_of(connection, &village, 1).await?.pop();
        let back = newest.filter(|one| one.state == SubmissionState::Ended(SubmissionStep::SentBack));
        tasks.extend(back.map(|one| Task {
            what: "积分项目被退回，修改后再提交".to_owned(),
            place: village,
            by: None,
            href: format!("/rules/{}/{}/submissions/{}", village.code(), one.from, one.id),
        }));
    }
    Ok(tasks)
}

async fn objections(
    connection: &mut Connection,
    village: &Place,
    now: NaiveDateTime,
) -> records::Result<Vec<Task>> {
    let filter = ObjectionFilter { month: None, only_open: true };
    let open = objections_of(connection, village, filter, now).await?;
    let open = open.into_iter().filter(|one| matches!(one.state, ObjectionState::Open { .. }));
    let task = |one: records::objections::ObjectionSummary| Task {
        what: format!("处理异议 {}", one.number),
        place: *village,
        by: Some(one.decide_by),
        href: format!("/objections/{}/{}/{}", one.village.code(), one.month, one.id),
    };
    Ok(open.map(task).collect())
}

/// Those that the office itself answers: a complaint about a village is its town's.
pub(super) async fn suggestions(
    connection: &mut Connection,
    office: &Place,
    month: Month,
    now: NaiveDateTime,
) -> records::Result<Vec<Task>> {
    let found = suggestions_of(connection, office, month, now).await?;
    let own = |one: &records::suggestions::SuggestionSummary| {
        one.office == *office && matches!(one.state, SuggestionState::Open { .. })
    };
    let task = |one: records::suggestions::SuggestionSummary| Task {
        what: format!("答复{} {}", one.kind.title(), one.number),
        place: one.village,
        by: Some(one.answer_by),
        href: format!("/suggestions/{}/{month}/{}", one.village.code(), one.id),
    };
    Ok(found.into_iter().filter(own).map(task).collect())
}

/// The next steps of the month: entry, signatures, closing, publication, posting.
fn of_month(
    may: &May,
    (one, rulebook): (&VillageCounts, &Rulebook),
    month: Month,
    now: NaiveDateTime,
) -> Vec<Task> {
    if one.taking_part == 0 {
        return Vec::new();
    }
    let until = month.next().day(rulebook.scoring.until_day);
    let task = |what: String, section: Section, by: NaiveDate| Task {
        what,
        place: one.village,
        by: Some(by),
        href: section.at(&one.village, month),
    };
    if let Some(version) = one.closed {
        let is_published = one.published.is_some_and(|(published, _)| published == version);
        let published_on = one.published.map(|(_, on)| on);
        let posted_by = post_by(month, one.board_state(), published_on, &rulebook.publication);
        // What is published and is not the latest version is an older one.
        let published_by = publish_by(month, one.published.is_some(), &rulebook.publication);
        let (what, by) = match (is_published, one.board_state()) {
            (false, _) if may.publish => (format!("公示本月第{version}版"), published_by),
            (true, BoardState::Empty) if may.post => ("张贴公示单，登记张贴".to_owned(), Some(posted_by)),
            (true, BoardState::Outdated) if may.post => {
                (format!("公示栏上还是旧版，换上第{version}版，登记张贴"), Some(posted_by))
            }
            _ => return Vec::new(),
        };
        let href = Section::Publication.at(&one.village, month);
        return vec![Task { what, place: one.village, by, href }];
    }
    let missing = one.taking_part.saturating_sub(one.with_card);
    let window = EntryWindow::of(month, now, &rulebook.scoring);
    let is_over = matches!(window, EntryWindow::Over(_));
    let mut tasks = Vec::new();
    if missing > 0 && matches!(window, EntryWindow::Open(_)) && may.enter {
        let entry = task(format!("还有 {missing} 户没有评分"), Section::Scoring, until);
        tasks.push(Task { href: format!("{}/entry", entry.href), ..entry });
    }
    if missing > 0 && is_over && may.ask {
        let what = format!("{missing} 户没有评分，录入已截止：要补录请向镇里申请");
        tasks.push(task(what, Section::Scoring, until));
    }
    let is_entered = one.with_card > 0 && (missing == 0 || is_over);
    let (signed, panels) = one.signed_panels.unwrap_or_default();
    let unsigned = panels.saturating_sub(signed);
    if is_entered && unsigned > 0 && may.sign {
        tasks.push(task(format!("{unsigned} 个评分组等组长签字"), Section::Scoring, until));
    }
    if is_entered && unsigned == 0 && may.close && may_close(month, now).is_ok() {
        let by = scheduled_at(month, &rulebook.closing).date();
        tasks.push(task("本月可以结账".to_owned(), Section::Closing, by));
    }
    tasks
}

#[cfg(test)]
mod tests {
    use domain::publication::{MonthState, on_board};

    use super::*;

    const ALL: May = May { enter: true, ask: true, sign: true, close: true, publish: true, post: true };

    fn counts() -> VillageCounts {
        VillageCounts {
            village: Place::from_digits("440229100201").expect("a village"),
            name: String::new(),
            town: String::new(),
            resident: 10,
            taking_part: 10,
            with_card: 10,
            scored: 10,
            signed_panels: Some((0, 1)),
            closed: None,
            published: None,
            board: None,
            post_until: NaiveDate::default(),
            in_time: false,
            open_objections: 0,
            state: MonthState::Open,
            late: Vec::new(),
            next: None,
        }
    }

    fn check(may: &May, counts: &VillageCounts, now: &str, expected: &[&str]) {
        let month = Month::parse("2026-10").expect("a month");
        let rulebook = Rulebook::resolve([]).expect("the defaults");
        let tasks = of_month(may, (counts, &rulebook), month, now.parse().expect("a time"));
        let found: Vec<_> = tasks.iter().map(|task| task.what.as_str()).collect();
        assert_eq!(found, expected, "{now}");
    }

    #[test]
    fn each_step_waits_in_its_turn() {
        let missing = VillageCounts { with_card: 7, ..counts() };
        check(&ALL, &missing, "2026-10-20T09:00:00", &[]);
        check(&ALL, &missing, "2026-10-28T09:00:00", &["还有 3 户没有评分"]);
        check(
            &ALL,
            &missing,
            "2026-11-04T09:00:00",
            &["3 户没有评分，录入已截止：要补录请向镇里申请", "1 个评分组等组长签字"],
        );
        check(&ALL, &counts(), "2026-10-28T09:00:00", &["1 个评分组等组长签字"]);
        let signed = VillageCounts { signed_panels: Some((1, 1)), ..counts() };
        check(&ALL, &signed, "2026-10-30T09:00:00", &[]);
        check(&ALL, &signed, "2026-11-01T09:00:00", &["本月可以结账"]);
        let closed = VillageCounts { closed: Some(1), ..signed };
        check(&ALL, &closed, "2026-11-05T09:00:00", &["公示本月第1版"]);
        let on: NaiveDate = "2026-11-05".parse().expect("a date");
        let published = VillageCounts { published: Some((1, on)), ..closed };
        check(&ALL, &published, "2026-11-05T09:00:00", &["张贴公示单，登记张贴"]);
        let posted = VillageCounts { board: on_board([(1, on)]), ..published };
        check(&ALL, &posted, "2026-11-06T09:00:00", &[]);
        let waits = VillageCounts { closed: Some(2), ..posted.clone() };
        check(&ALL, &waits, "2026-11-24T09:00:00", &["公示本月第2版"]);
        let corrected = VillageCounts { closed: Some(2), published: Some((2, on)), ..posted };
        check(&ALL, &corrected, "2026-11-06T09:00:00", &["公示栏上还是旧版，换上第2版，登记张贴"]);
        let replaced = VillageCounts { board: on_board([(1, on), (2, on)]), ..corrected };
        check(&ALL, &replaced, "2026-11-06T09:00:00", &[]);
    }

    #[test]
    fn nothing_waits_for_whoever_may_only_look_or_where_nobody_takes_part() {
        let none = May { enter: false, ask: false, sign: false, close: false, publish: false, post: false };
        check(&none, &VillageCounts { with_card: 7, ..counts() }, "2026-10-28T09:00:00", &[]);
        let nobody = VillageCounts { taking_part: 0, with_card: 0, ..counts() };
        check(&ALL, &nobody, "2026-10-28T09:00:00", &[]);
    }
}
