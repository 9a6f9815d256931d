//! 公示 of a village: the notice before it is public, its versions with what they moved, and its posting.

use std::collections::BTreeMap;

use askama::Template;
use authz::{Export, Post, Publish};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::closing::scheduled_at;
use domain::month::{Month, date_title, local_time};
use domain::place::Place;
use domain::publication::{BoardState, Notice, board_state, post_by, posted_in_time};
use domain::rulebook::PublicationRule;
use records::closing::{ClosedMonth, StoredDifference, closed_months, differences};
use records::publication::{Postings, notice, postings, published};
use records::{Connection, places, tenancy};

use super::Entered;
use super::downloads::board_address;
use crate::account::picture;
use crate::caller::Caller;
use crate::closing::Moved;
use crate::error::{PageError, page};
use crate::publication::Shown;
use crate::shell::{Shell, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "publishing/village.html")]
struct VillagePage {
    shell: Shell,
    /// When the month is closed by itself.
    scheduled: String,
    /// The notice of the latest version while that is not public.
    preview: Option<Shown>,
    supervision_phone: String,
    /// The latest first.
    versions: Vec<Version>,
    /// The latest public version.
    public: Option<i16>,
    posting: PostingState,
    entered: Entered,
    /// The address of the public page, and its code.
    address: String,
    picture: String,
    /// Whether the address opens on this machine only.
    only_here: bool,
    may_publish: bool,
    may_post: bool,
    may_export: bool,
    /// The groups whose forms and labels can be taken out: name and code.
    groups: Vec<(String, String)>,
}

/// A closed version.
struct Version {
    number: i16,
    closed_on: String,
    /// Empty while it is not public.
    published_on: String,
    reason: String,
    hash: String,
    moved: Vec<Moved>,
}

/// Whether the sheet hangs on the board.
struct PostingState {
    words: String,
    class: &'static str,
    /// When, where and by whom, where it is on record.
    record: String,
}

/// What is on record of a village's month.
struct Loaded {
    closed: Vec<(ClosedMonth, Vec<StoredDifference>)>,
    published: BTreeMap<i16, NaiveDate>,
    postings: Postings,
    names: BTreeMap<Place, String>,
    groups: Vec<(Place, String)>,
    notice: Option<Notice>,
}

impl Loaded {
    async fn of(
        connection: &mut Connection,
        village: &Place,
        month: Month,
        zone: Tz,
    ) -> records::Result<Self> {
        let mut closed = Vec::new();
        for one in closed_months(connection, village).await?.into_iter().filter(|one| one.month == month) {
            let moved = match one.version {
                1 => Vec::new(),
                _ => differences(connection, &village.county(), one.closing_id).await?,
            };
            closed.push((one, moved));
        }
        let published = published(connection, village).await?.into_iter();
        let of_month = published.filter(|((_, one, _), _)| *one == month);
        let published = of_month.map(|((_, _, version), published)| (version, published.on)).collect();
        Ok(Self {
            closed,
            published,
            postings: postings(connection, village).await?.remove(&(*village, month)).unwrap_or_default(),
            names: places::names_in(connection, village).await?,
            groups: places::divisions_below(connection, village).await?,
            notice: notice(connection, village, month, zone).await?,
        })
    }

    fn version(&self, (closed, moved): &(ClosedMonth, Vec<StoredDifference>), zone: Tz) -> Version {
        Version {
            number: closed.version,
            closed_on: date_title(local_time(closed.closed_at, zone).date()),
            published_on: self.published.get(&closed.version).map(|on| date_title(*on)).unwrap_or_default(),
            reason: closed.reason.clone().unwrap_or_default(),
            hash: closed.hash.short(),
            moved: moved.iter().map(|one| Moved::of(one, &self.names)).collect(),
        }
    }

    /// The latest public version, and when it was published.
    fn public(&self) -> Option<(i16, NaiveDate)> {
        self.published.last_key_value().map(|(version, on)| (*version, *on))
    }
}

impl PostingState {
    fn of(
        postings: &Postings,
        public: Option<(i16, NaiveDate)>,
        month: Month,
        rule: &PublicationRule,
        today: NaiveDate,
    ) -> Self {
        let board = postings.on_board();
        let hangs = board_state(board.as_ref(), public.map(|(version, _)| version));
        let last = post_by(month, hangs, public.map(|(_, on)| on), rule);
        let past = (today - last).num_days();
        let (Some(board), Some(posted)) = (board, postings.hanging()) else {
            let (words, class) = if past > 0 {
                (format!("待张贴，期限已过 {past} 天"), "word-late")
            } else {
                (format!("待张贴，请在 {} 前张贴", date_title(last)), "word-soon")
            };
            return Self { words, class, record: String::new() };
        };
        let (words, class) = if hangs == BoardState::Outdated {
            let class = if past > 0 { "word-late" } else { "word-soon" };
            (format!("张贴的是第{}版，请换上新版本并登记", board.version), class)
        } else if posted_in_time(month, board.first_on, rule) {
            ("已张贴，按时".to_owned(), "word-fine")
        } else {
            (format!("已张贴，迟 {} 天", (board.first_on - last).num_days()), "word-late")
        };
        let record =
            format!("{}，第{}版，{}，{}", date_title(posted.on), posted.version, posted.board, posted.by);
        Self { words, class, record }
    }
}

/// The page of a village; `entered` is what was filled in of a posting that was refused.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    entered: Option<Entered>,
) -> Result<Response, PageError> {
    let (village, month, now, zone) = (visit.place, visit.month, state.moment().local(), state.zone);
    let loaded = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Loaded::of(connection, &village, month, zone).await
        })
        .await?
    };
    let (public, rules) = (loaded.public(), &visit.rulebook);
    let posting = PostingState::of(&loaded.postings, public, month, &rules.publication, now.date());
    let scheduled = scheduled_at(month, &rules.closing);
    let before = loaded.postings.hanging().map(|posted| (posted.board.clone(), posted.by.clone()));
    let (board, by) = before.unwrap_or_default();
    let address = format!("{}/{month}", board_address(state, &village));
    let shown = VillagePage {
        scheduled: format!("{} {}", date_title(scheduled.date()), scheduled.format("%H:%M")),
        supervision_phone: state.http.supervision_phone.clone(),
        versions: loaded.closed.iter().map(|one| loaded.version(one, zone)).collect(),
        public: public.map(|(version, _)| version),
        posting,
        entered: entered.unwrap_or_else(|| Entered { posted_on: now.date().to_string(), board, by }),
        picture: picture(&address),
        address,
        groups: loaded.groups.into_iter().map(|(group, name)| (name, group.code())).collect(),
        preview: loaded.notice.filter(Notice::is_preview).map(crate::publication::shown),
        only_here: state.is_reached_from_here_only(),
        may_publish: caller.may(Publish, village),
        may_post: caller.may(Post, village),
        may_export: caller.may(Export, village),
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}
