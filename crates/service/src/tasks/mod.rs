//! 要办的事: what waits for the person in the role of the moment, each with its day and the page where it is done.

mod above;
mod village;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate, NaiveDateTime};
use domain::month::is_over;
use domain::place::{Level, Place};
use records::progress::counts_of;
use records::{places, tenancy};

use crate::account::Header;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::shell::{Section, Shell, Told, Visit, in_hand};
use crate::state::State;

pub(crate) use village::waiting as of_village;

/// From so many days before its day on a task is told to be due soon.
const SOON: i64 = 3;

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// What is to be done.
    what: String,
    /// Where.
    place: Place,
    /// The last day on which it is in time; none where it has none.
    by: Option<NaiveDate>,
    /// The page where it is done.
    href: String,
}

/// A task as the page lists it.
struct TaskLine {
    what: String,
    place: String,
    href: String,
    /// `11月3日`; empty where it has no day.
    by: String,
    /// Late, soon, or in how many days.
    word: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "tasks/tasks.html")]
struct TasksPage {
    shell: Shell,
    lines: Vec<TaskLine>,
    overview: String,
}

/// The page of a person without a role.
#[derive(Template)]
#[template(path = "tasks/none.html")]
struct NoRolePage {
    top: Header,
    has_roles: bool,
}

/// `GET /tasks`
pub(crate) async fn show(Extract(state): Extract<State>, caller: Caller) -> Result<Response, PageError> {
    let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
    if logged_in.identity.must_change {
        return Ok(Redirect::to("/account").into_response());
    }
    let now = state.moment().local();
    let Ok(reach) = caller.reach() else {
        let has_roles = !logged_in.identity.hats.is_empty();
        let shown = NoRolePage { top: Header::of(&state, logged_in).await?, has_roles };
        return Ok(page(StatusCode::OK, &shown));
    };
    let month = in_hand(&state, &caller, reach).await?;
    let at = (reach.code(), month.to_string());
    let visit = Visit::of(&state, &caller, Section::Overview, (&at.0, &at.1), &Told::default()).await?;
    let (tasks, names) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let tasks = match reach.level() {
                Level::Village => {
                    let counts = counts_of(connection, &reach, month, &BTreeMap::new(), now).await?;
                    match counts.first() {
                        Some(one) => {
                            of_village(connection, &caller, (one, &visit.rulebook), month, now).await?
                        }
                        None => Vec::new(),
                    }
                }
                Level::County | Level::Town => {
                    above::waiting(connection, &caller, &reach, month, now).await?
                }
                Level::Group | Level::Household => Vec::new(),
            };
            let names = places::names_of(connection, &tasks.iter().map(|task| task.place).collect()).await?;
            Ok((tasks, names))
        })
        .await?
    };
    let lines = in_order(tasks).into_iter().map(|task| line(task, &names, now)).collect();
    let overview = Section::Overview.at(&reach, month);
    Ok(page(StatusCode::OK, &TasksPage { lines, overview, shell: visit.shell }))
}

/// What is late or due first comes first, what has no day last.
fn in_order(mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.sort_by_key(|task| (task.by.is_none(), task.by));
    tasks
}

fn line(task: Task, names: &BTreeMap<Place, String>, now: NaiveDateTime) -> TaskLine {
    let (word, class) = task.by.map(|by| urgency(by, now)).unwrap_or_default();
    TaskLine {
        place: names.get(&task.place).cloned().unwrap_or_else(|| task.place.code()),
        by: task.by.map(|by| format!("{}月{}日", by.month(), by.day())).unwrap_or_default(),
        what: task.what,
        href: task.href,
        word,
        class,
    }
}

/// How a day stands, in words, with the class of the word.
fn urgency(by: NaiveDate, now: NaiveDateTime) -> (String, &'static str) {
    let left = (by - now.date()).num_days();
    match left {
        _ if is_over(by, now) => (format!("已迟 {} 天", left.unsigned_abs()), "word-late"),
        0 => ("今天到期".to_owned(), "word-soon"),
        1..=SOON => (format!("还有 {left} 天"), "word-soon"),
        _ => (format!("还有 {left} 天"), "word-soft"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_day_is_late_soon_or_far() {
        let now: NaiveDateTime = "2026-11-05T08:00:00".parse().expect("a time");
        let told = |by: &str| urgency(day(by), now);
        assert_eq!(told("2026-11-03"), ("已迟 2 天".to_owned(), "word-late"));
        assert_eq!(told("2026-11-05"), ("今天到期".to_owned(), "word-soon"));
        assert_eq!(told("2026-11-08"), ("还有 3 天".to_owned(), "word-soon"));
        assert_eq!(told("2026-11-10"), ("还有 5 天".to_owned(), "word-soft"));
    }

    #[test]
    fn the_oldest_day_comes_first_and_what_has_none_last() {
        let place = Place::from_digits("440229100201").expect("a village");
        let task = |what: &str, by: Option<&str>| Task {
            what: what.to_owned(),
            place,
            by: by.map(day),
            href: String::new(),
        };
        let tasks = vec![task("无", None), task("后", Some("2026-11-10")), task("先", Some("2026-11-03"))];
        let order: Vec<_> = in_order(tasks).into_iter().map(|task| task.what).collect();
        assert_eq!(order, ["先", "后", "无"]);
    }
}
