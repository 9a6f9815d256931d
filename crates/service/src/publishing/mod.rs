//! 公示: which villages have published and posted a month, the notice before it is public, and posting it on the board.

mod above;
mod downloads;
mod papers;
mod village;

use askama::Template;
use authz::{Post, Publish};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::input::{Line, Posting};
use domain::month::Month;
use domain::place::{Level, Place};
use records::Mode;
use records::publication::{publish_version, record_postings};
use serde::Deserialize;

use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Posted, wrong};
use crate::problem::Problem;
use crate::shell::{Section, Shell, Told, Visit, done_at, refused};
use crate::state::State;

pub(crate) use downloads::{NoticeFile, attachment, honours, notice_file, pdf, png, printed, txt};
pub(crate) use papers::{
    CSV, GroupFile, ResultsFile, XLSX, group_file, of_group, results_csv, results_file, results_xlsx, written,
};

#[derive(Template)]
#[template(path = "publishing/group.html")]
struct GroupPage {
    shell: Shell,
    /// The code of the village, whose board it is.
    board: String,
}

/// What was filled in of a posting.
#[derive(Debug, Clone, Default, Deserialize)]
struct Entered {
    #[serde(default)]
    posted_on: String,
    #[serde(default)]
    board: String,
    #[serde(default)]
    by: String,
}

/// `GET /publication/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Publication, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, None).await
}

async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    entered: Option<Entered>,
) -> Result<Response, PageError> {
    match visit.place.level() {
        Level::County | Level::Town => above::shown(state, visit, status).await,
        Level::Village => village::shown(state, caller, visit, status, entered).await,
        Level::Group | Level::Household => {
            let board =
                visit.place.ancestor(Level::Village).map(|village| village.code()).unwrap_or_default();
            Ok(page(status, &GroupPage { shell: visit.shell, board }))
        }
    }
}

/// What the form of a publication sends: the version that was looked through.
#[derive(Deserialize)]
pub(crate) struct PublishForm {
    #[serde(default)]
    version: String,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /publication/{place}/{month}`: publishes the version of a village's month that was looked through.
pub(crate) async fn publish(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<PublishForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Publish, at).await?;
    let mut visit =
        Visit::of(&state, &caller, Section::Publication, (&place, &month), &Told::default()).await?;
    let month = visit.month;
    let published = async {
        if at.level() != Level::Village {
            return Err(PageError::from(Problem::refused().because("公示按村办理，请先选一个村")));
        }
        let seen = form
            .version
            .parse()
            .map_err(|_| Problem::refused().because("页面已过期，请刷新后核对，再公示"))?;
        let mut connection = state.database.connection().await?;
        let report = publish_version(&mut connection, &allowed, month, seen, &state.moment()).await?;
        if report.published.is_empty() && report.already.is_empty() {
            let reasons: Vec<String> = report.blocked.into_iter().flat_map(|one| one.reasons).collect();
            let why = if reasons.is_empty() {
                "本月没有已结账的版本可以公示".to_owned()
            } else {
                reasons.join("\n")
            };
            return Err(PageError::from(Problem::refused().because(why)));
        }
        Ok(())
    }
    .await;
    match published {
        Ok(()) => Ok(done_at(&Section::Publication.at(&at, month), "published")),
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            shown(&state, &caller, visit, status, None).await
        }
    }
}

/// What the form of a posting sends, with the version whose page it stands on.
#[derive(Deserialize)]
pub(crate) struct PostingForm {
    #[serde(default)]
    version: String,
    #[serde(flatten)]
    entered: Entered,
    #[serde(flatten)]
    token: FormToken,
}

/// `POST /publication/{place}/{month}/posting`: records that the version of the form went up.
pub(crate) async fn post(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Posted(form): Posted<PostingForm>,
) -> Result<Response, PageError> {
    form.token.check(&caller)?;
    let village: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(Post, village).await?;
    let mut visit =
        Visit::of(&state, &caller, Section::Publication, (&place, &month), &Told::default()).await?;
    let (month, version, entered) = (visit.month, form.version, form.entered);
    let recorded = async {
        let version = version
            .parse()
            .map_err(|_| Problem::refused().because("页面已过期，请刷新后核对张贴的版本，再登记"))?;
        let row = Posting { version: Some(version), ..posting(&entered, village, month)? };
        let lines = [Line { number: 1, row }];
        let mut connection = state.database.connection().await?;
        record_postings(&mut connection, &allowed, &lines, Mode::Apply, &state.moment()).await?;
        Ok::<_, PageError>(())
    }
    .await;
    match recorded {
        Ok(()) => Ok(done_at(&Section::Publication.at(&village, month), "posted")),
        Err(error) => {
            let (status, words) = refused(error)?;
            visit.shell.problem = words;
            shown(&state, &caller, visit, status, Some(entered)).await
        }
    }
}

/// The row that a form stands for, as the file of postings has it: without a version.
fn posting(entered: &Entered, village: Place, month: Month) -> Result<Posting, Problem> {
    let posted_on = NaiveDate::parse_from_str(entered.posted_on.trim(), "%Y-%m-%d")
        .map_err(|_| wrong("张贴日期", "请选择日期，如 2026-11-08".to_owned()))?;
    let board = text("张贴地点", &entered.board, 60)?;
    let posted_by = text("张贴人", &entered.by, 40)?;
    Ok(Posting { village, month, version: None, posted_on, board, posted_by })
}

fn text(title: &str, entered: &str, most: usize) -> Result<String, Problem> {
    let entered = entered.trim();
    if entered.is_empty() {
        return Err(wrong(title, "不能为空，请填写".to_owned()));
    }
    if entered.chars().count() > most || entered.chars().any(char::is_control) {
        return Err(wrong(title, format!("至多 {most} 个字，不能有换行和控制字符")));
    }
    Ok(entered.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(posted_on: &str, board: &str, by: &str) -> Entered {
        Entered { posted_on: posted_on.to_owned(), board: board.to_owned(), by: by.to_owned() }
    }

    fn check(entered: &Entered) -> Option<String> {
        let village = Place::parse_code("440229100204").expect("a village");
        let month = Month::parse("2026-10").expect("a month");
        posting(entered, village, month).err().map(|problem| problem.sentence())
    }

    #[test]
    fn a_posting_has_a_date_a_board_and_a_person() {
        assert_eq!(check(&entered(" 2026-11-08", "村委会公告栏", "赖文 ")), None);
        for (wrong, title) in [
            (entered("", "公告栏", "赖文"), "张贴日期"),
            (entered("11月8日", "公告栏", "赖文"), "张贴日期"),
            (entered("2026-11-08", " ", "赖文"), "张贴地点"),
            (entered("2026-11-08", "公告栏", "赖\n文"), "张贴人"),
        ] {
            assert!(check(&wrong).is_some_and(|words| words.contains(title)), "{wrong:?}");
        }
    }
}
