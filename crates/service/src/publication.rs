//! The public notice board of a village: what the sheet on the wall says.

use askama::Template;
use authz::{Actor, Allowed, ReadPublic};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::closing::Tier;
use domain::month::{Month, date_title, local_time};
use domain::points::Points;
use domain::publication::{Notice, NoticeGroup, Placed};
use records::closing::{ClosedMonth, closed_months};
use records::photos::{BoardPhoto, photos_on_board};
use records::publication::{Published, notice_of, published};
use records::{Connection, places, tenancy};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::Named;
use crate::photos::Thumb;
use crate::reading::Reading;
use crate::setup;
use crate::shell;
use crate::state::State;
use crate::suggesting::{self, BoardAnswer};

/// The list of places is not public: whoever has the address of a village sees its board.
#[derive(Template)]
#[template(path = "publication/start.html")]
struct StartPage {
    /// Nobody has a role yet: the first administrator is to be made.
    first_start: bool,
    reading: Reading,
}

#[derive(Template)]
#[template(path = "publication/board.html")]
struct BoardPage {
    village: String,
    town: String,
    code: String,
    months: Vec<MonthLink>,
    shown: Option<Shown>,
    /// Yards to be proud of, with their captions.
    photos: Vec<Thumb>,
    supervision_phone: String,
    /// Answers to suggestions and complaints that are shown to everybody.
    answers: Vec<BoardAnswer>,
    reading: Reading,
}

struct MonthLink {
    month: Month,
    current: bool,
}

/// A notice as the board and the console show it.
pub(crate) struct Shown {
    pub(crate) notice: Notice,
    pub(crate) published_on: String,
    /// Empty before publication.
    pub(crate) object_until: String,
    pub(crate) check: String,
    /// Whom the village praises, and for what.
    pub(crate) roll: Vec<(&'static str, Vec<String>)>,
}

impl Shown {
    /// The mean of a group, a dash where nobody was scored.
    pub(crate) fn mean(group: &NoticeGroup) -> String {
        group.mean.map(Points::short).unwrap_or_else(|| "—".into())
    }

    /// Points, a slash where there are none.
    pub(crate) fn points(points: &Option<Points>) -> String {
        points.map(Points::short).unwrap_or_else(|| "/".into())
    }

    /// A rank, a slash where there is none.
    pub(crate) fn rank(rank: &Option<u32>) -> String {
        rank.map(|rank| rank.to_string()).unwrap_or_else(|| "/".into())
    }

    /// A date in words.
    pub(crate) fn day(day: &NaiveDate) -> String {
        date_title(*day)
    }

    /// Whom a group praises, and for what; as the sheet on the wall has it.
    pub(crate) fn praise(group: &NoticeGroup) -> Vec<(&'static str, String)> {
        let lines = group.honours.lines();
        lines.into_iter().filter(|(_, line)| !line.is_empty()).collect()
    }

    /// The scored below the places, by number and points: they stand below the table, as on the wall.
    pub(crate) fn others(group: &NoticeGroup) -> Vec<(&str, String)> {
        let others = group.rows.iter().filter(|row| row.placed.is_none());
        others.map(|row| (row.number.as_str(), row.score.short())).collect()
    }

    /// The name of a tier, empty where there is none.
    pub(crate) fn tier(placed: &Placed) -> &'static str {
        placed.tier.map(Tier::title).unwrap_or_default()
    }
}

/// `/`: whoever is logged in comes to the own overview.
pub(crate) async fn villages(
    Extract(state): Extract<State>,
    caller: Caller,
    reading: Reading,
) -> Result<Response, PageError> {
    match shell::home(&state, &caller).await? {
        Some(home) => Ok(home),
        None => Ok(page(StatusCode::OK, &StartPage { first_start: setup::is_open(&state).await?, reading })),
    }
}

/// `/p/{village}`: the board with the latest published month.
pub(crate) async fn latest(
    Extract(state): Extract<State>,
    Named(village): Named<String>,
    reading: Reading,
) -> Result<Response, PageError> {
    show(&state, &village, None, reading).await
}

/// `/p/{village}/{month}`: the board with a month.
pub(crate) async fn month(
    Extract(state): Extract<State>,
    Named((village, month)): Named<(String, String)>,
    reading: Reading,
) -> Result<Response, PageError> {
    let month = Month::parse(&month).map_err(|_| PageError::NotFound)?;
    show(&state, &village, Some(month), reading).await
}

async fn show(
    state: &State,
    village: &str,
    month: Option<Month>,
    reading: Reading,
) -> Result<Response, PageError> {
    let village = shell::village_of(village)?;
    let allowed = state.guard.allow(&Actor::Visitor, ReadPublic, village).map_err(|_| PageError::NotFound)?;
    let loaded = {
        let mut connection = state.database.connection().await?;
        load(&mut connection, &allowed, month, oldest(state), state.zone).await?
    };
    let mut board = loaded.ok_or(PageError::NotFound)?;
    board.supervision_phone.clone_from(&state.http.supervision_phone);
    board.answers = suggesting::on_board(state, village).await?;
    board.reading = reading.at(&format!("/p/{}", board.code));
    Ok(page(StatusCode::OK, &board))
}

/// The first month that boards still show, where there is one.
fn oldest(state: &State) -> Option<Month> {
    let this = Month::of(local_time(state.now(), state.zone).date())?;
    std::iter::successors(Some(this), |month| Some(month.previous()))
        .nth(usize::try_from(state.http.public_months).ok()?)
}

/// Whether boards still show a month.
pub(crate) fn is_public(state: &State, month: Month) -> bool {
    oldest(state).is_none_or(|oldest| month >= oldest)
}

async fn load(
    connection: &mut Connection,
    allowed: &Allowed<ReadPublic>,
    asked: Option<Month>,
    oldest: Option<Month>,
    zone: Tz,
) -> records::Result<Option<BoardPage>> {
    tenancy::read(connection, allowed, async |connection| {
        let village = allowed.place();
        let names = places::divisions(connection, &village).await?;
        let Some(name) = names.iter().find(|one| one.place == village).map(|one| one.name.clone()) else {
            return Ok(None);
        };
        let town = match village.parent() {
            Some(town) => places::name_of(connection, &town).await?,
            None => String::new(),
        };
        let published = published(connection, &village).await?;
        let mut shown_months: Vec<(ClosedMonth, Published)> = Vec::new();
        for closed in closed_months(connection, &village).await? {
            let Some(published) = published.get(&(village, closed.month, closed.version)) else { continue };
            let known = shown_months.last().is_some_and(|(last, _)| last.month == closed.month);
            if !known && oldest.is_none_or(|oldest| closed.month >= oldest) {
                shown_months.push((closed, *published));
            }
        }
        let chosen = match asked {
            Some(month) => match shown_months.iter().find(|(closed, _)| closed.month == month) {
                Some(found) => Some(found),
                None => return Ok(None),
            },
            None => shown_months.first(),
        };
        let months = shown_months.iter().map(|(closed, _)| MonthLink {
            month: closed.month,
            current: chosen.is_some_and(|(chosen, _)| chosen.month == closed.month),
        });
        let months = months.collect();
        let shown = match chosen {
            Some((closed, _)) => {
                let before = shown_months.iter().find(|(one, _)| one.month == closed.month.previous());
                let before = before.map(|(closed, _)| closed);
                let notice = notice_of(connection, &village, closed, before, zone).await?;
                Some(shown(notice))
            }
            None => None,
        };
        let photos = match chosen {
            Some((closed, _)) => photos_on_board(connection, &village, closed.month).await?,
            None => Vec::new(),
        };
        let code = village.code();
        let thumb = |photo: BoardPhoto, month: Month| Thumb {
            href: format!("/p/{code}/{month}/photos/{}", photo.hash.hex()),
            alt: photo.caption,
        };
        let month = chosen.map(|(closed, _)| closed.month);
        let photos = photos.into_iter().filter_map(|photo| Some(thumb(photo, month?))).collect();
        let page = BoardPage {
            photos,
            village: name,
            town,
            code: village.code(),
            months,
            shown,
            supervision_phone: String::new(),
            answers: Vec::new(),
            reading: Reading::default(),
        };
        Ok(Some(page))
    })
    .await
}

/// A notice with its words.
pub(crate) fn shown(notice: Notice) -> Shown {
    let [best, total, improved] = notice.village_praise();
    let roll = [("本月最高", best), ("累计最高", total), ("进步最大", improved)];
    Shown {
        roll: roll.into_iter().filter(|(_, praised)| !praised.is_empty()).collect(),
        published_on: notice.published_on.map(date_title).unwrap_or_default(),
        object_until: notice.object_until.map(date_title).unwrap_or_default(),
        check: notice.hash.short(),
        notice,
    }
}
