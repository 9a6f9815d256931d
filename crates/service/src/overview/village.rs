//! 总览 of a village: its clerk's month step by step, with what is missing and where it is done.

use askama::Template;
use authz::{Close, DecideObjection, EnterCards, FormPanels, Post, Publish, SignCards, SubmitCatalogue};
use axum::http::StatusCode;
use axum::response::Response;
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;
use records::objections::open_objections;
use records::progress::{Missing, Stage, StageState, VillageProgress, village_month};
use records::tenancy;

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::problem::dates_in_words;
use crate::shell::{Section, Shell, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "overview/village.html")]
struct VillagePage {
    shell: Shell,
    progress: VillageProgress,
    steps: Vec<Step>,
    group_links: Vec<String>,
}

/// A step with what is done at it, and where.
struct Step {
    stage: Stage,
    /// Where it stands in full.
    href: String,
    /// What is done now; empty where there is nothing to do.
    act: &'static str,
    /// Where that is done.
    act_href: String,
    /// What is missing, with the address where it is done; empty where that has no page of its own.
    missing: Vec<(String, String)>,
}

/// Where a village's month stands.
pub(crate) async fn village_progress(state: &State, visit: &Visit) -> Result<VillageProgress, PageError> {
    let (village, month, moment) = (visit.place, visit.month, state.moment());
    let mut connection = state.database.connection().await?;
    let progress = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let open = open_objections(connection, &village).await?;
        let open = open.get(&(village, month)).copied().unwrap_or(0);
        village_month(connection, &village, month, open, &moment).await
    });
    Ok(progress.await?)
}

/// The page of a village.
pub(super) async fn shown(state: &State, caller: &Caller, visit: Visit) -> Result<Response, PageError> {
    let mut progress = village_progress(state, &visit).await?;
    let stages = std::mem::take(&mut progress.stages);
    let (village, month) = (visit.place, visit.month);
    let link = |group: &Place| format!("{}?group={}", Section::Households.at(&village, month), group.code());
    let shown = VillagePage {
        steps: stages.into_iter().map(|stage| step(caller, &village, month, stage)).collect(),
        group_links: progress.groups.iter().map(|group| link(&group.group)).collect(),
        progress,
        shell: visit.shell,
    };
    Ok(page(StatusCode::OK, &shown))
}

fn step(caller: &Caller, village: &Place, month: Month, stage: Stage) -> Step {
    let at = *village;
    let (section, words, may) = match stage.title {
        "规则已生效" => (Section::Rules, "去提交规则", caller.may(SubmitCatalogue, at)),
        "评分组" => (Section::Panels, "去组建", caller.may(FormPanels, at)),
        "评分" => (Section::Scoring, "去评分", caller.may(EnterCards, at)),
        "组长签字" => (Section::Scoring, "去签字", caller.may(SignCards, at)),
        "结账" => (Section::Closing, "去结账", caller.may(Close, at)),
        "公示" => (Section::Publication, "去公示", caller.may(Publish, at)),
        "张贴" => (Section::Publication, "去登记张贴", caller.may(Post, at)),
        "异议期" => (Section::Objections, "去办理", caller.may(DecideObjection, at)),
        _ => (Section::Awards, "", false),
    };
    let href = section.at(village, month);
    let is_due = !matches!(stage.state, StageState::Done | StageState::Waiting) && !words.is_empty();
    let is_entry = stage.title == "评分" && may;
    let (act_href, act) = match (is_due, may) {
        (true, _) if is_entry => (format!("{href}/entry"), words),
        (true, true) => (href.clone(), words),
        (true, false) => (href.clone(), "去看"),
        (false, _) => (String::new(), ""),
    };
    let own = |missing: &Missing| match missing.group {
        Some(group) if is_due && is_entry => format!("{href}/entry?group={}", group.code()),
        _ => String::new(),
    };
    let missing = stage.missing.iter().map(|one| (dates_in_words(&one.words), own(one))).collect();
    Step { stage, href, act, act_href, missing }
}

impl VillagePage {
    fn points(points: &Option<Points>) -> String {
        points.map(Points::short).unwrap_or_else(|| "—".to_owned())
    }

    /// The class of a state's word.
    fn class(state: &StageState) -> &'static str {
        match state {
            StageState::Done => "word-fine",
            StageState::Now => "word-soon",
            StageState::Waiting => "word-soft",
            StageState::Blocked | StageState::Late => "word-late",
        }
    }
}
