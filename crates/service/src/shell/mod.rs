//! The frame of every console page: where one is, which month, what comes next, and who one is.

mod section;
mod standing;
mod told;

use std::collections::BTreeSet;

use authz::{Allowed, Read};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::Masked;
use domain::rulebook::Rulebook;
use domain::schedule::month_in_hand;
use records::{Connection, places, progress, rulebook, tenancy};

use crate::account::Header;
use crate::caller::Caller;
use crate::error::PageError;
use crate::problem::Problem;
use crate::state::State;
use section::nav;
use standing::{due, own, waiting};
use told::done;

pub(crate) use section::Section;
pub(crate) use told::{Told, done_at, refused, said_of};

/// A link of the navigation.
pub(crate) struct NavLink {
    pub(crate) title: &'static str,
    pub(crate) icon: &'static str,
    /// Empty where there is no page yet.
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// A link with a name.
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// What frames a page.
pub(crate) struct Shell {
    pub(crate) top: Header,
    /// How much waits for a person of a village; empty where nothing does, and above, where counting takes long.
    pub(crate) waiting: String,
    pub(crate) nav: Vec<NavLink>,
    /// The places from the actor's own down to this one.
    pub(crate) trail: Vec<Link>,
    /// The places one level below.
    pub(crate) below: Vec<Link>,
    pub(crate) months: Vec<Link>,
    pub(crate) month: Month,
    pub(crate) place: Place,
    pub(crate) place_name: String,
    /// What was done, after a form.
    pub(crate) done: &'static str,
    /// Why it was not done.
    pub(crate) problem: String,
    /// What is due next: of the village's month, or of the month's dates where it is a place above.
    pub(crate) due: String,
}

/// What a page was asked for: a place, a month, and the permission to read there.
pub(crate) struct Visit {
    pub(crate) place: Place,
    pub(crate) month: Month,
    /// For the place, or for its village where the caller may read that.
    pub(crate) allowed: Allowed<Read>,
    pub(crate) shell: Shell,
    pub(crate) rulebook: Rulebook,
}

impl Visit {
    /// Checks that a caller may read at a place, and gathers the frame of the page.
    ///
    /// # Errors
    /// Nobody is logged in, a place or month that is none, a place that may not be read.
    pub(crate) async fn of(
        state: &State,
        caller: &Caller,
        section: Section,
        (place, month): (&str, &str),
        told: &Told,
    ) -> Result<Self, PageError> {
        let logged_in = caller.logged_in().ok_or(PageError::LogIn)?;
        let place: Place = place.parse().map_err(|_| PageError::NotFound)?;
        let month = Month::parse(month).map_err(|_| PageError::NotFound)?;
        let reach = caller.reach()?;
        // Panels and closed months belong to the village: who may read it reads a group's page from there.
        let village = place.ancestor(Level::Village).filter(|village| reach.contains(village));
        let allowed = caller.allow(Read, village.unwrap_or(place)).await?;
        let top = Header::of(state, logged_in).await?;
        let now = state.moment().local();
        let mut connection = state.database.connection().await?;
        let frame = tenancy::read(&mut connection, &allowed, async |connection| {
            let rulebook = rulebook::of(connection, &place, month).await?;
            let names = Names::of(connection, &place, &reach).await?;
            let months = progress::months_of(connection, &place).await?;
            let own = own(connection, &allowed.place(), month, now).await?;
            let due = due(&own, &place, month, &rulebook, now);
            let in_hand = in_hand_at(connection, &reach, now.date()).await?;
            let waiting =
                waiting(connection, caller, &reach, (month, &own, &rulebook), (in_hand, now)).await?;
            Ok((rulebook, names, (months, in_hand), due, waiting))
        });
        let (rulebook, names, (months, in_hand), due, waiting) = frame.await?;
        let link = |place: &Place, name: &str, current| Link {
            name: name.to_owned(),
            href: section.at(place, month),
            current,
        };
        let shell = Shell {
            top,
            waiting,
            nav: nav(section, &place, month),
            trail: names.trail.iter().map(|(one, name)| link(one, name, *one == place)).collect(),
            below: names.below.iter().map(|(one, name)| link(one, name, false)).collect(),
            months: month_links(section, &place, month, months, in_hand),
            month,
            place,
            place_name: names.trail.last().map(|(_, name)| name.clone()).unwrap_or_default(),
            done: done(told.done.as_deref()),
            problem: String::new(),
            due,
        };
        Ok(Self { place, month, allowed, shell, rulebook })
    }

    /// The same page once more, with the reason why a form was not done, and its status.
    ///
    /// # Errors
    /// As [`Self::of`], and what is no refusal.
    pub(crate) async fn again(
        state: &State,
        caller: &Caller,
        section: Section,
        at: (&str, &str),
        error: PageError,
    ) -> Result<(StatusCode, Self), PageError> {
        let (status, words) = refused(error)?;
        let mut visit = Self::of(state, caller, section, at, &Told::default()).await?;
        visit.shell.problem = words;
        Ok((status, visit))
    }
}

/// The village that an address names; anything else is not there.
pub(crate) fn village_of(code: &str) -> Result<Place, PageError> {
    let place = Place::parse_code(code).map_err(|_| PageError::NotFound)?;
    if place.level() == Level::Village { Ok(place) } else { Err(PageError::NotFound) }
}

/// What a page that only villages have answers where a group was asked for: panels, cards and decisions belong to the
/// village. Whoever may read that is shown the way to `address`; whoever reaches the group alone is told.
pub(crate) fn only_of_village(
    visit: &Visit,
    address: impl FnOnce(&Place) -> String,
) -> Result<Response, PageError> {
    let village = visit.allowed.place();
    if visit.place.level() < Level::Village {
        return Err(PageError::NotFound);
    }
    if village.level() == Level::Village {
        return Ok(Redirect::to(&address(&village)).into_response());
    }
    Err(Problem::refused().because("这一页由村里办理，请用村一级的角色查看").into())
}

/// Names of the places around one.
struct Names {
    trail: Vec<(Place, String)>,
    below: Vec<(Place, String)>,
}

impl Names {
    async fn of(connection: &mut Connection, place: &Place, reach: &Place) -> records::Result<Self> {
        let levels = [Level::County, Level::Town, Level::Village, Level::Group].into_iter();
        let above: BTreeSet<Place> =
            levels.filter_map(|level| place.ancestor(level)).filter(|one| reach.contains(one)).collect();
        let mut names = places::names_of(connection, &above).await?;
        let named = |one: Place| (one, names.remove(&one).unwrap_or_else(|| one.code()));
        let trail = above.into_iter().map(named).collect();
        let below = places::divisions_below(connection, place).await?;
        Ok(Self { trail, below })
    }
}

fn month_links(
    section: Section,
    place: &Place,
    month: Month,
    mut months: Vec<Month>,
    in_hand: Option<Month>,
) -> Vec<Link> {
    months.push(month);
    months.extend(in_hand.into_iter().flat_map(|one| [one, one.next()]));
    months.sort_unstable();
    months.dedup();
    months
        .into_iter()
        .rev()
        .map(|one| Link { name: one.title(), href: section.at(place, one), current: one == month })
        .collect()
}

/// The month in hand at a place, by the rules that bind it: a page without a month shows this one.
///
/// # Errors
/// A place that may not be read, and faults of the database.
pub(crate) async fn in_hand(state: &State, caller: &Caller, place: Place) -> Result<Month, PageError> {
    let allowed = caller.allow(Read, place).await?;
    let today = state.moment().local().date();
    let mut connection = state.database.connection().await?;
    let month = tenancy::read(&mut connection, &allowed, async |connection| {
        in_hand_at(connection, &place, today).await
    })
    .await?;
    month.ok_or(PageError::NotFound)
}

/// The same in a transaction that is under way.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn in_hand_at(
    connection: &mut Connection,
    place: &Place,
    today: NaiveDate,
) -> records::Result<Option<Month>> {
    let Some(this) = Month::of(today) else { return Ok(None) };
    Ok(month_in_hand(today, &rulebook::of(connection, place, this).await?))
}

/// `GET /`: whoever is logged in comes to the overview of the own place.
///
/// # Errors
/// Faults of the database.
pub(crate) async fn home(state: &State, caller: &Caller) -> Result<Option<Response>, PageError> {
    let Some(logged_in) = caller.logged_in() else { return Ok(None) };
    let target = match caller.reach() {
        Ok(place) if !logged_in.identity.must_change => {
            Section::Overview.at(&place, in_hand(state, caller, place).await?)
        }
        _ => "/account".to_owned(),
    };
    Ok(Some(Redirect::to(&target).into_response()))
}

/// A head's name: in full for those who score, register or decide, masked for whoever only reads.
pub(crate) fn head_for(name: Option<String>, in_full: bool) -> String {
    match name {
        Some(name) if in_full => name,
        Some(name) => Masked::name(&name).to_string(),
        None => String::new(),
    }
}
