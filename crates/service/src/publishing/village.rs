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
use domain::publication::{Notice, last_day, posted_in_time};
use domain::rulebook::PublicationRule;
use records::closing::{ClosedMonth, StoredDifference, closed_months, differences};
use records::publication::{Posted, latest_postings, notice, published};
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
    posted: Option<Posted>,
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
            posted: latest_postings(connection, village).await?.remove(&(*village, month)),
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

    /// The latest public version.
    fn public(&self) -> Option<i16> {
        self.published.keys().next_back().copied()
    }
}

impl PostingState {
    fn of(
        posted: Option<&Posted>,
        public: Option<i16>,
        month: Month,
        rule: &PublicationRule,
        today: NaiveDate,
    ) -> Self {
        let last = last_day(month, rule);
        let Some(posted) = posted else {
            let (words, class) = match (today - last).num_days() {
                days if days > 0 => (format!("待张贴，期限已过 {days} 天"), "word-late"),
                _ => (format!("待张贴，请在 {} 前张贴", date_title(last)), "word-soon"),
            };
            return Self { words, class, record: String::new() };
        };
        let (words, class) = if public.is_some_and(|public| public > posted.version) {
            (format!("张贴的是第{}版，请换上新版本并登记", posted.version), "word-soon")
        } else if posted_in_time(month, posted.on, rule) {
            ("已张贴，按时".to_owned(), "word-fine")
        } else {
            (format!("已张贴，迟 {} 天", (posted.on - last).num_days()), "word-late")
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
    let posting = PostingState::of(loaded.posted.as_ref(), public, month, &rules.publication, now.date());
    let scheduled = scheduled_at(month, &rules.closing);
    let before = loaded.posted.as_ref().map(|posted| (posted.board.clone(), posted.by.clone()));
    let (board, by) = before.unwrap_or_default();
    let address = format!("{}/{month}", board_address(state, &village));
    let shown = VillagePage {
        scheduled: format!("{} {}", date_title(scheduled.date()), scheduled.format("%H:%M")),
        supervision_phone: state.http.supervision_phone.clone(),
        versions: loaded.closed.iter().map(|one| loaded.version(one, zone)).collect(),
        public,
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
