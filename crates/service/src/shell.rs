//! The frame of every console page: where one is, which month, what comes next, and who one is.

use authz::{Allowed, Read};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{Datelike, NaiveDate};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::publication::Masked;
use domain::rulebook::Rulebook;
use domain::schedule::next_date;
use records::{Connection, places, progress, rulebook, tenancy};
use serde::Deserialize;

use crate::account::Header;
use crate::caller::Caller;
use crate::error::PageError;
use crate::state::State;

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $title:literal, $icon:literal;)*) => {
        /// A part of the console, in the order of the month's flow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Section { $($(#[$doc])* $name),* }

        impl Section {
            /// Every part, in the order of the flow.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its first piece in an address.
            pub(crate) fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }

            /// Its name for people.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// The name of its icon.
            fn icon(self) -> &'static str {
                match self { $(Self::$name => $icon),* }
            }
        }
    };
}

sections! {
    /// Where the month stands.
    Overview = "overview", "总览", "home";
    /// Catalogues and settings.
    Rules = "rules", "规则", "scale";
    /// The register.
    Households = "households", "农户", "users";
    /// Who scores.
    Panels = "panels", "评分组", "users-group";
    /// Cards.
    Scoring = "scoring", "评分", "clipboard-list";
    /// Closing the month.
    Closing = "closing", "结账", "lock";
    /// The notice board.
    Publication = "publication", "公示", "speakerphone";
    /// Objections.
    Objections = "objections", "异议", "message-report";
    /// The year-end awards.
    Awards = "awards", "年终", "award";
    /// What was done.
    Log = "log", "日志", "history";
    /// Accounts and roles.
    Accounts = "accounts", "账号", "id-badge-2";
}

impl Section {
    /// The address of this part for a place and month.
    pub(crate) fn at(self, place: &Place, month: Month) -> String {
        format!("/{}/{}/{month}", self.path(), place.code())
    }
}

/// Parts of the flow that have no pages yet, after the part that they follow.
const TO_COME: &[(Section, &[&str])] =
    &[(Section::Objections, &["兑换"]), (Section::Awards, &["经费", "考核"])];

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
    /// What is due next, as far as dates tell.
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

/// What a page is told after a form: which act was done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    pub(crate) done: Option<String>,
}

/// The words after an act; an address may name no others.
fn done(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "closed" => "已结账。请核对公示预览，然后公示。",
        "published" => "已公示。请把公示单张贴到村务公开栏，并登记张贴。",
        "posted" => "张贴已登记。",
        "signed" => "已签字。",
        "saved" => "已保存。",
        "submitted" => "已提交，等待上一级审批。",
        "approved" => "已批准，从生效月份起执行。",
        "sent-back" => "已退回修改。",
        "withdrawn" => "已撤回。",
        "decided" => "异议已办结。",
        "corrected" => "异议已办结，本月已更正为新版本。请公示新版本。",
        "filed" => "异议已登记。",
        "registered" => "已登记。",
        "imported" => "农户已导入。",
        "awarded" => "年终评比名单已得出；没有变化的，保留原来的名单。",
        "noted" => "已记录。",
        "granted" => "角色已授予。",
        "switched-off" => "账号已停用，现有的登录已结束。",
        "switched-on" => "账号已启用。",
        "token-revoked" => "令牌已收回，立即生效。",
        "revoked" => "角色已收回，立即生效。",
        _ => "",
    }
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
            Ok((rulebook, names, months))
        });
        let (rulebook, names, months) = frame.await?;
        let link = |place: &Place, name: &str, current| Link {
            name: name.to_owned(),
            href: section.at(place, month),
            current,
        };
        let shell = Shell {
            top,
            nav: nav(section, &place, month),
            trail: names.trail.iter().map(|(one, name)| link(one, name, *one == place)).collect(),
            below: names.below.iter().map(|(one, name)| link(one, name, false)).collect(),
            months: month_links(section, &place, month, months, in_hand(now.date())),
            month,
            place,
            place_name: names.trail.last().map(|(_, name)| name.clone()).unwrap_or_default(),
            done: done(told.done.as_deref()),
            problem: String::new(),
            due: next_date(month, &rulebook, now).map(|next| next.sentence()).unwrap_or_default(),
        };
        Ok(Self { place, month, allowed, shell, rulebook })
    }
}

/// Names of the places around one.
struct Names {
    trail: Vec<(Place, String)>,
    below: Vec<(Place, String)>,
}

impl Names {
    async fn of(connection: &mut Connection, place: &Place, reach: &Place) -> records::Result<Self> {
        let mut trail = Vec::new();
        let levels = [Level::County, Level::Town, Level::Village, Level::Group];
        for one in
            levels.into_iter().filter_map(|level| place.ancestor(level)).filter(|one| reach.contains(one))
        {
            let name = places::name_of(connection, &one).await?;
            trail.push((one, name));
        }
        let below = places::divisions_below(connection, place).await?;
        Ok(Self { trail, below })
    }
}

fn nav(section: Section, place: &Place, month: Month) -> Vec<NavLink> {
    let mut links = Vec::new();
    for one in Section::ALL {
        let (title, icon, href) = (one.title(), one.icon(), one.at(place, month));
        links.push(NavLink { title, icon, href, current: *one == section });
        let to_come = TO_COME.iter().filter(|(after, _)| after == one).flat_map(|(_, titles)| *titles);
        links.extend(to_come.map(|title| NavLink {
            title,
            icon: "circle-dashed",
            href: String::new(),
            current: false,
        }));
    }
    links
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

/// The month that people are busy with on a day: from the 25th on it is scored, and closed and published in the first
/// days of the next. A page without a month shows this one.
pub(crate) fn in_hand(today: NaiveDate) -> Option<Month> {
    let this = Month::of(today)?;
    Some(if today.day() >= 25 { this } else { this.previous() })
}

/// `GET /`: whoever is logged in comes to the overview of the own place.
pub(crate) fn home(state: &State, caller: &Caller) -> Option<Response> {
    let logged_in = caller.logged_in()?;
    let target = match (caller.reach(), in_hand(state.moment().local().date())) {
        (Ok(place), Some(month)) if !logged_in.identity.must_change => Section::Overview.at(&place, month),
        _ => "/account".to_owned(),
    };
    Some(Redirect::to(&target).into_response())
}

/// A head's name: in full for those who score, register or decide, masked for whoever only reads.
pub(crate) fn head_for(name: Option<String>, in_full: bool) -> String {
    match name {
        Some(name) if in_full => name,
        Some(name) => Masked::name(&name).to_string(),
        None => String::new(),
    }
}

/// After a form: back to a page, which tells what was done.
pub(crate) fn done_at(address: &str, code: &str) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{joint}done={code}")).into_response()
}

/// The status of a page that tells why a form was not done.
pub(crate) fn refused(error: PageError) -> Result<(StatusCode, String), PageError> {
    match error {
        PageError::Problem(problem) => Ok((problem.status(), problem.sentence())),
        other => Err(other),
    }
}
