//! What waits for a town or county: what villages ask of it, complaints, reviews, samples, and villages that are late.

use std::collections::BTreeMap;

use authz::{
    ApproveCatalogue, DecideObjection, GrantException, QueryEligibility, Remind, ReviewObjection, Sample,
};
use chrono::NaiveDateTime;
use domain::households::QueryState;
use domain::month::Month;
use domain::objections::ObjectionState;
use domain::place::{Level, Place};
use domain::scoring::ExceptionState;
use records::Connection;
use records::catalogue::submissions_of;
use records::households::open_queries;
use records::objections::{ObjectionFilter, ObjectionSummary, objections_of};
use records::progress::{VillageCounts, counts_of};
use records::samples::{VillageSample, samples_of};
use records::scoring::exceptions_of;

use super::Task;
use super::village::suggestions;
use crate::caller::Caller;
use crate::shell::Section;

/// So many of the newest submissions are looked through for those that wait.
const SUBMISSIONS: i64 = 500;

/// What waits for whoever asks at a town or county.
pub(super) async fn waiting(
    connection: &mut Connection,
    caller: &Caller,
    place: &Place,
    month: Month,
    now: NaiveDateTime,
) -> records::Result<Vec<Task>> {
    let mut tasks = Vec::new();
    if caller.may(ApproveCatalogue, *place) {
        tasks.extend(submissions(connection, place).await?);
    }
    if caller.may(DecideObjection, *place) {
        tasks.extend(suggestions(connection, place, month, now).await?);
    }
    if place.level() == Level::Town {
        tasks.extend(of_town(connection, caller, place, month, now).await?);
    }
    let (reminds, samples) = (caller.may(Remind, *place), caller.may(Sample, *place));
    if !reminds && !samples {
        return Ok(tasks);
    }
    let counts = counts_of(connection, place, month, &BTreeMap::new(), now).await?;
    let late = counts.iter().filter(|one| !one.late.is_empty()).count();
    if reminds && late > 0 {
        let what = format!("{late} 个村迟办，请催办");
        let href = format!("{}#late", Section::Overview.at(place, month));
        tasks.push(Task { what, place: *place, by: None, href });
    }
    if samples && place.level() == Level::Town {
        let found = samples_of(connection, place, month).await?;
        tasks.extend(found.iter().filter_map(|one| sample(one, &counts, month)));
    }
    Ok(tasks)
}

/// What the places one level below have handed in.
async fn submissions(connection: &mut Connection, place: &Place) -> records::Result<Vec<Task>> {
    let found = submissions_of(connection, place, SUBMISSIONS).await?;
    let own = found.into_iter().filter(|one| one.state.is_open() && one.place.parent() == Some(*place));
    let task = |one: records::catalogue::SubmissionSummary| Task {
        what: format!("审批积分项目（{}起）", one.from.title()),
        place: one.place,
        by: None,
        href: format!("/rules/{}/{}/submissions/{}", one.place.code(), one.from, one.id),
    };
    Ok(own.map(task).collect())
}

/// What only a town sees to.
async fn of_town(
    connection: &mut Connection,
    caller: &Caller,
    town: &Place,
    month: Month,
    now: NaiveDateTime,
) -> records::Result<Vec<Task>> {
    let mut tasks = Vec::new();
    if caller.may(GrantException, *town) {
        let asked = exceptions_of(connection, town, month, now).await?;
        let asked = asked.into_iter().filter(|one| one.state == ExceptionState::Waiting);
        tasks.extend(asked.map(|one| Task {
            what: "批准或不批准补录".to_owned(),
            place: one.village,
            by: Some(one.until),
            href: Section::Scoring.at(&one.village, one.month),
        }));
    }
    if caller.may(ReviewObjection, *town) {
        let filter = ObjectionFilter { month: None, only_open: true };
        let open = objections_of(connection, town, filter, now).await?;
        let reviews = open.into_iter().filter(|one| matches!(one.state, ObjectionState::UnderReview(_)));
        tasks.extend(reviews.map(|one: ObjectionSummary| Task {
            what: format!("复核异议 {}", one.number),
            place: one.village,
            by: None,
            href: format!("/objections/{}/{}/{}", one.village.code(), one.month, one.id),
        }));
    }
    if caller.may(QueryEligibility, *town) {
        let queries = open_queries(connection, town).await?;
        let answered = queries.into_iter().filter(|query| query.state() == QueryState::Answered);
        tasks.extend(answered.map(|query| Task {
            what: "办结村里已答复的参评资格质询".to_owned(),
            place: query.household.ancestor(Level::Village).unwrap_or(*town),
            by: None,
            href: format!("/household/{}/{month}", query.household.code()),
        }));
    }
    Ok(tasks)
}

/// A sample is drawn once every panel of its village has signed, and then every household of it is checked.
fn sample(one: &VillageSample, counts: &[VillageCounts], month: Month) -> Option<Task> {
    let href = format!("/samples/{}/{month}", one.village.code());
    let (checked, ..) = one.counts();
    let left = one.households.len().saturating_sub(checked);
    let is_signed = |counts: &VillageCounts| {
        counts.village == one.village && counts.signed_panels.is_some_and(|(signed, all)| signed == all)
    };
    let what = match &one.drawn {
        None if counts.iter().any(is_signed) => "评分组都已签字，可以抽签".to_owned(),
        Some(_) if left > 0 => format!("抽中的 {left} 户等上门复核"),
        _ => return None,
    };
    Some(Task { what, place: one.village, by: None, href })
}
