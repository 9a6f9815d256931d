//! 照片上公示栏: which photos of a month may be shown, which are proposed, and where each stands.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use authz::{EnterCards, Publish, WithdrawConsent};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::canonical::Digest;
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use domain::publication::{PhotoState, PhotoStep};
use records::households::register_of;
use records::photos::{PhotoFile, StoredStep, photo_files, photos_hangable};
use records::{places, tenancy};

use super::Thumb;
use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named, Pairs};
use crate::log::{household_named, named};
use crate::shell::{Section, Shell, Told, Visit, said_of};
use crate::state::State;

#[derive(Template)]
#[template(path = "photos/village.html")]
struct VillagePage {
    shell: Shell,
    /// Whether this is a village, whose board it is.
    is_village: bool,
    proposed: Vec<FileLine>,
    candidates: Vec<Candidate>,
    may_publish: bool,
    may_withdraw: bool,
    today: String,
}

/// What was typed into one of the forms and refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    household: String,
    photo: String,
    caption: String,
    consent_by: String,
    consent_how: String,
    consent_on: String,
    consents: bool,
    /// Why a photo is taken down.
    reason: String,
    /// Why it was refused.
    problem: String,
}

impl Typed {
    pub(super) fn of(form: &Pairs, problem: &str) -> Self {
        let text = |name| form.first(name).to_owned();
        Self {
            household: text("household"),
            photo: text("photo"),
            caption: text("caption"),
            consent_by: text("consent_by"),
            consent_how: text("consent_how"),
            consent_on: text("consent_on"),
            consents: form.first("consents") == "1",
            reason: text("reason"),
            problem: problem.to_owned(),
        }
    }

    /// What is wrong with the field of a title.
    fn wrong(&self, title: &str) -> &str {
        said_of(&self.problem, title)
    }
}

/// A photo that was proposed.
struct FileLine {
    /// Village where the page is above it, group and number.
    called: String,
    household: String,
    name: String,
    /// None where the caller may not see it, or it is erased.
    photo: Option<Thumb>,
    caption: String,
    consent: String,
    state: &'static str,
    steps: Vec<String>,
    /// How many steps the page shows, which a second person has seen.
    seen: usize,
    /// Whether it may be let up, taken down, or withdrawn, as it stands.
    can: (bool, bool, bool),
    /// Whether the caller proposed it: somebody else lets it up.
    own: bool,
    typed: Typed,
}

/// A photo that could be proposed.
struct Candidate {
    /// Group and number.
    called: String,
    household: String,
    name: String,
    photo: Thumb,
    typed: Typed,
}

/// `GET /photos/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Publication, (&place, &month), &told).await?;
    shown(&state, &caller, visit, StatusCode::OK, None).await
}

/// The page, with what was typed into one of its forms and refused.
pub(super) async fn shown(
    state: &State,
    caller: &Caller,
    visit: Visit,
    status: StatusCode,
    typed: Option<Typed>,
) -> Result<Response, PageError> {
    let (place, month) = (visit.place, visit.month);
    let is_village = place.level() == Level::Village;
    let (may_publish, sees) = (caller.may(Publish, place), caller.may(EnterCards, place));
    let wants = is_village && may_publish && sees;
    let (files, hangable, groups, names) = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            let files = photo_files(connection, &place, Some(month)).await?;
            let hangable = match wants {
                true => photos_hangable(connection, &place, month).await?,
                false => Vec::new(),
            };
            let register = match hangable.is_empty() {
                true => Vec::new(),
                false => register_of(connection, &place).await?,
            };
            let groups: BTreeMap<Place, Place> =
                register.into_iter().map(|entry| (entry.household, entry.group)).collect();
            let below = files.iter().map(|file| file.group).chain(groups.values().copied());
            let known: BTreeSet<Place> =
                below.flat_map(|group| [Some(group), group.ancestor(Level::Village)]).flatten().collect();
            let names = places::names_of(connection, &known).await?;
            Ok((files, hangable, groups, names))
        })
        .await?
    };
    let account = caller.logged_in().map(|person| person.identity.account);
    let known: BTreeSet<(Place, Digest)> = files
        .iter()
        .filter(|file| matches!(file.state, PhotoState::Waiting | PhotoState::OnBoard))
        .map(|file| (file.household, file.hash))
        .collect();
    let today = state.moment().local().date().to_string();
    let typed = |household: &Place, hash: &Digest| {
        let of_photo = |typed: &&Typed| (&typed.household, &typed.photo) == (&household.code(), &hash.hex());
        let fresh = || Typed { consent_on: today.clone(), ..Typed::default() };
        typed.as_ref().filter(of_photo).cloned().unwrap_or_else(fresh)
    };
    let candidates = hangable.into_iter().filter(|one| !known.contains(one));
    let candidates = candidates.map(|(household, hash)| {
        let called = match groups.get(&household) {
            Some(group) => household_named(&household, group, &names),
            None => named(&household, &names),
        };
        candidate(&household, month, &hash, called, typed(&household, &hash))
    });
    let called = |file: &PhotoFile| {
        let village = file.group.ancestor(Level::Village).filter(|_| !is_village);
        let village = village.and_then(|village| names.get(&village).cloned()).unwrap_or_default();
        format!("{village}{}", household_named(&file.household, &file.group, &names))
    };
    let line = |file: &PhotoFile| {
        file_line(state, file, account, sees, called(file), typed(&file.household, &file.hash))
    };
    let shown = VillagePage {
        is_village,
        proposed: files.iter().map(line).collect(),
        candidates: candidates.collect(),
        may_publish,
        may_withdraw: caller.may(WithdrawConsent, place),
        today,
        shell: visit.shell,
    };
    Ok(page(status, &shown))
}

fn candidate(household: &Place, month: Month, hash: &Digest, called: String, typed: Typed) -> Candidate {
    Candidate {
        typed,
        photo: thumb(household, month, hash, &format!("{called}的照片")),
        household: household.code(),
        name: hash.hex(),
        called,
    }
}

fn thumb(household: &Place, month: Month, hash: &Digest, alt: &str) -> Thumb {
    let href = format!("/household/{}/{month}/photos/{}", household.code(), hash.hex());
    Thumb { href, alt: alt.to_owned() }
}

fn file_line(
    state: &State,
    file: &PhotoFile,
    account: Option<i64>,
    sees: bool,
    called: String,
    typed: Typed,
) -> FileLine {
    let step = |step: &StoredStep| {
        let (at, what) = (state.short_time(step.taken_at), step.kind.title());
        let reason = step.reason.as_ref().map(|reason| format!("：{reason}")).unwrap_or_default();
        format!("{at} {what}（{}）{reason}", step.by_login)
    };
    let own = file.proposal().and_then(|step| step.by_account).is_some_and(|by| account == Some(by));
    FileLine {
        photo: sees.then(|| thumb(&file.household, file.month, &file.hash, file.caption())),
        called,
        household: file.household.code(),
        name: file.hash.hex(),
        caption: file.caption().to_owned(),
        consent: if sees { consent(file) } else { "已登记".to_owned() },
        state: file.state.title(),
        steps: file.steps.iter().map(step).collect(),
        seen: file.steps.len(),
        can: (
            file.state.may_take(PhotoStep::Approved).is_ok(),
            file.state.may_take(PhotoStep::TakenDown).is_ok(),
            file.state.has_consent(),
        ),
        own,
        typed,
    }
}

/// Who agreed to a photo, how and when.
pub(super) fn consent(file: &PhotoFile) -> String {
    let Some(step) = file.proposal() else { return String::new() };
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "已依法删除".to_owned());
    let on = step.consent_on.map(date_title).unwrap_or_default();
    format!("{} {on} {}", text(&step.consent_by), text(&step.consent_how))
}
