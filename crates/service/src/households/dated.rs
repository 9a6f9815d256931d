//! 迁组, 分户 and 并户: looked at first, as one sentence, and then registered.

use authz::{Allowed, RegisterHouseholds};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::households::{ChangeKind, total_after};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::points::Points;
use domain::publication::last_digits;
use records::forms::{Versions, household_year};
use records::households::{
    Merger, Move, Split, household_numbered, merge_households, move_household, register_entry,
    split_household,
};
use records::{Mode, places, tenancy};

use super::file::{Left, shown};
use super::{Typed, household_of, household_typed};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{self, Named, Pairs, place_of, wrong};
use crate::problem::dates_in_words;
use crate::shell::{Told, done_at, refused};
use crate::state::State;

/// Which change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// 迁组
    #[default]
    Move,
    /// 分户
    Split,
    /// 并户
    Merge,
}

/// What was typed of a change, and what it would do.
#[derive(Debug, Clone, Default)]
pub(super) struct Dated {
    pub(super) kind: Kind,
    /// Whether it is the one that was just typed.
    pub(super) is_open: bool,
    /// What will hold; empty until it was looked at.
    pub(super) preview: String,
    /// The group and the number of the other household; the group alone of a move.
    pub(super) group: String,
    pub(super) number: String,
    pub(super) from: String,
    pub(super) reason: String,
    pub(super) stay_registered: String,
    pub(super) stay_resident: String,
    /// The new household of a split.
    pub(super) new: Typed,
    pub(super) takes_part: bool,
}

impl Dated {
    fn of(form: &Pairs, kind: Kind) -> Self {
        let text = |name| form.first(name).trim().to_owned();
        Self {
            kind,
            is_open: true,
            preview: String::new(),
            group: text("group"),
            number: text("number"),
            from: text("from"),
            reason: form.first("reason").to_owned(),
            stay_registered: text("stay_registered"),
            stay_resident: text("stay_resident"),
            new: Typed::of(form),
            takes_part: form.first("takes_part") == "1",
        }
    }

    fn month(&self) -> Result<Month, PageError> {
        Ok(input::month("from", &self.from)
            .map_err(|_| wrong("起", "请填从哪个月起，如 2026-12".to_owned()))?)
    }

    fn group(&self) -> Result<Place, PageError> {
        let group = place_of("group", &self.group, Level::Group);
        Ok(group.map_err(|_| wrong("村小组", "请选择村小组".to_owned()))?)
    }

    fn members(&self) -> Result<(u16, u16), PageError> {
        let read = |text: &str| {
            text.parse::<u16>()
                .map_err(|_| wrong("留下的人口", "请填户籍人口和常住人口，没有人的填 0".to_owned()))
        };
        Ok((read(&self.stay_registered)?, read(&self.stay_resident)?))
    }
}

/// `POST /household/{code}/{month}/moves`
pub(crate) async fn moves(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(at): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    registered(&state, &caller, at, &form, Kind::Move).await
}

/// `POST /household/{code}/{month}/splits`
pub(crate) async fn splits(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(at): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    registered(&state, &caller, at, &form, Kind::Split).await
}

/// `POST /household/{code}/{month}/mergers`
pub(crate) async fn merges(
    Extract(state): Extract<State>,
    caller: Caller,
    Named(at): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    registered(&state, &caller, at, &form, Kind::Merge).await
}

async fn registered(
    state: &State,
    caller: &Caller,
    (code, month): (String, String),
    form: &Pairs,
    kind: Kind,
) -> Result<Response, PageError> {
    FormToken::of(form).check(caller)?;
    let (household, _, village) = household_of(&code)?;
    let allowed = caller.allow(RegisterHouseholds, village).await?;
    let mut typed = Dated::of(form, kind);
    let mode = if form.first("act") == "save" { Mode::Apply } else { Mode::DryRun };
    let builds_on = form.first("revision").parse().ok();
    let taken = match kind {
        Kind::Move => moved(state, &allowed, household, &typed, builds_on, mode).await,
        Kind::Split => split(state, &allowed, household, &typed, builds_on, mode).await,
        Kind::Merge => merged(state, &allowed, household, &typed, builds_on, mode).await,
    };
    let refusal = match taken {
        Ok(_) if mode == Mode::Apply => {
            let done = match kind {
                Kind::Move => "moved",
                Kind::Split => "split",
                Kind::Merge => "merged",
            };
            return Ok(done_at(&format!("/household/{code}/{month}"), done));
        }
        Ok(sentence) => {
            typed.preview = sentence;
            None
        }
        Err(error) => Some(refused(error)?),
    };
    let left = Left { dated: Some(typed), refusal, ..Left::default() };
    shown(state, caller, (&code, &month), &Told::default(), left).await
}

/// The words for what a move does.
async fn moved(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    household: Place,
    typed: &Dated,
    builds_on: Option<i32>,
    mode: Mode,
) -> Result<String, PageError> {
    let (from, group) = (typed.month()?, typed.group()?);
    let new = Move { household, group, from, reason: typed.reason.clone(), builds_on };
    let mut connection = state.database.connection().await?;
    let (before, after) = tenancy::read(&mut connection, allowed, async |connection| {
        let entry = register_entry(connection, &household).await?;
        let before = entry.map_or(household, |entry| entry.group);
        Ok((places::name_of(connection, &before).await?, places::name_of(connection, &group).await?))
    })
    .await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    let changed = move_household(&mut connection, allowed, &new, registrar, mode, &moment).await?;
    let total = total(&mut connection, allowed, household, from).await?;
    Ok(format!(
        "从 {} 起，户号 {} 归{after}。以前各月的得分和名次留在{before}，今年累计 {} 分随这一户走。{}",
        from.title(),
        last_digits(&household),
        total_after(ChangeKind::Moved, total).short(),
        changed.warning.map(|warning| format!("{}。", dates_in_words(&warning))).unwrap_or_default(),
    ))
}

/// The words for what a split does.
async fn split(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    household: Place,
    typed: &Dated,
    builds_on: Option<i32>,
    mode: Mode,
) -> Result<String, PageError> {
    let (from, group, members) = (typed.month()?, typed.group()?, typed.members()?);
    let joined_month = if typed.takes_part { from.to_string() } else { String::new() };
    let new = Typed { group: group.code(), joined_month, left_month: String::new(), ..typed.new.clone() };
    let new = household_typed(new).map_err(|words| wrong("分出来的一户", words))?;
    let takes_part = match new.participation.joined {
        Some(joined) => format!("从 {} 起参与积分", joined.title()),
        None => "不参与积分".to_owned(),
    };
    let number = last_digits(&new.household).to_owned();
    let head = new.head_name.clone();
    let split = Split { household, members, new, from, reason: typed.reason.clone(), builds_on };
    let mut connection = state.database.connection().await?;
    let (registrar, moment) = (&state.registrar, state.moment());
    split_household(&mut connection, allowed, &split, registrar, mode, &moment).await?;
    let total = total(&mut connection, allowed, household, from).await?;
    Ok(format!(
        "从 {} 起，{head} 另立一户，户号 {number}，{takes_part}，累计从 {} 分算起。户号 {} 有常住 {} 人，以前各月和今年累计 {} 分都留在这一户。",
        from.title(),
        total_after(ChangeKind::SplitOff, total).short(),
        last_digits(&household),
        members.1,
        total_after(ChangeKind::SplitFrom, total).short(),
    ))
}

/// The words for what a merger does.
async fn merged(
    state: &State,
    allowed: &Allowed<RegisterHouseholds>,
    household: Place,
    typed: &Dated,
    builds_on: Option<i32>,
    mode: Mode,
) -> Result<String, PageError> {
    let (from, group, members) = (typed.month()?, typed.group()?, typed.members()?);
    let number = format!("{:0>4}", typed.number);
    let mut connection = state.database.connection().await?;
    let staying = tenancy::read(&mut connection, allowed, async |connection| {
        household_numbered(connection, &group, &number).await
    })
    .await?;
    let staying = staying.ok_or_else(|| wrong("户号", format!("这个村小组没有户号 {number}，请核对")))?;
    let reason = typed.reason.clone();
    let merger = Merger { leaving: household, staying, members, from, reason, builds_on };
    let (registrar, moment) = (&state.registrar, state.moment());
    merge_households(&mut connection, allowed, &merger, registrar, mode, &moment).await?;
    let own = total(&mut connection, allowed, household, from).await?;
    let kept = total(&mut connection, allowed, staying, from).await?;
    let leaving = last_digits(&household);
    Ok(format!(
        "从 {} 起，户号 {leaving} 并入户号 {number}，不再单独计分。户号 {number} 有常住 {} 人，累计仍是自己的 {} 分；户号 {leaving} 以前各月和累计 {} 分留在原户号，不加给别户。",
        from.title(),
        members.1,
        total_after(ChangeKind::MergedFrom, kept).short(),
        total_after(ChangeKind::MergedInto, own).short(),
    ))
}

/// What a household has gathered by now in the year of a month.
async fn total(
    connection: &mut records::Connection,
    allowed: &Allowed<RegisterHouseholds>,
    household: Place,
    from: Month,
) -> Result<Points, PageError> {
    let year = tenancy::read(connection, allowed, async |connection| {
        household_year(connection, &household, from.year(), Versions::Latest).await
    })
    .await?;
    let last = year.and_then(|year| year.months.last().map(|month| month.result.year_total));
    Ok(last.unwrap_or_default())
}
