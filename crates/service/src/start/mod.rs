//! 开始使用: from nothing to the first scored month, step by step, each with its file to start from.

mod import;

use askama::Template;
use authz::{
    AdoptCatalogue, AdoptRulebook, FormPanels, ManageAccounts, RegisterDivisions, RegisterHouseholds,
    SubmitCatalogue,
};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::month::Month;
use domain::place::{Level, Place};
use records::accounts::accounts_of;
use records::catalogue::catalogue_of;
use records::households::{RegisterCounts, register_counts};
use records::panels::panels_of;
use records::{Connection, places, tenancy};

use crate::caller::Caller;
use crate::error::{PageError, page};
use crate::http::input::{Asked, Named};
use crate::shell::{Section, Shell, Told, Visit};
use crate::state::State;

pub(crate) use import::{import, show as import_form};

/// So many accounts are counted.
const ACCOUNTS: i64 = 1000;

#[derive(Template)]
#[template(path = "start/start.html")]
struct StartPage {
    shell: Shell,
    steps: Vec<Step>,
    /// How many steps are done.
    done: usize,
}

/// A step of the beginning.
struct Step {
    title: &'static str,
    /// What it is for.
    why: &'static str,
    /// How far it is.
    state: String,
    done: bool,
    /// The file to start from; empty where there is none.
    sample: String,
    /// Where it is done; empty where others do it.
    href: String,
    act: &'static str,
}

/// What a place has so far.
struct Facts {
    towns: usize,
    villages: usize,
    groups: usize,
    items: Option<usize>,
    households: RegisterCounts,
    panels: usize,
    /// Villages with a panel.
    with_panel: usize,
    accounts: usize,
}

impl Facts {
    async fn load(connection: &mut Connection, place: &Place, month: Month) -> records::Result<Self> {
        let divisions = places::divisions(connection, place).await?;
        let count = |level: Level| divisions.iter().filter(|one| one.level == level).count();
        let (towns, villages, groups) = (count(Level::Town), count(Level::Village), count(Level::Group));
        let catalogue = catalogue_of(connection, place, month).await?;
        let counts = register_counts(connection, place, month).await?;
        let panels = panels_of(connection, place).await?;
        let mut with_panel: Vec<Place> = panels.iter().map(|one| one.village).collect();
        with_panel.sort_unstable();
        with_panel.dedup();
        Ok(Self {
            towns,
            villages,
            groups,
            items: catalogue.map(|stored| stored.catalogue.items.len()),
            households: counts.into_values().sum(),
            panels: panels.len(),
            with_panel: with_panel.len(),
            accounts: accounts_of(connection, place, 0, ACCOUNTS).await?.len(),
        })
    }
}

/// `GET /start/{place}/{month}`
pub(crate) async fn show(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    Asked(told): Asked<Told>,
) -> Result<Response, PageError> {
    let visit = Visit::of(&state, &caller, Section::Overview, (&place, &month), &told).await?;
    let (place, month) = (visit.place, visit.month);
    if matches!(place.level(), Level::Group | Level::Household) {
        return Err(PageError::NotFound);
    }
    let facts = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            Facts::load(connection, &place, month).await
        })
        .await?
    };
    let steps = steps(&caller, &place, month, &facts);
    let done = steps.iter().filter(|step| step.done).count();
    Ok(page(StatusCode::OK, &StartPage { steps, done, shell: visit.shell }))
}

/// `GET /start/samples/{name}`: the headings of a kind of file with rows to start from.
pub(crate) async fn sample(caller: Caller, Named(name): Named<String>) -> Result<Response, PageError> {
    caller.logged_in().ok_or(PageError::LogIn)?;
    let kind = name.strip_suffix(".csv").ok_or(PageError::NotFound)?;
    let text = intake::template(kind).ok_or(PageError::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{kind}.csv\"")),
    ];
    // Spreadsheets take a text for UTF-8 when it says so.
    Ok((headers, format!("\u{feff}{text}")).into_response())
}

/// The steps in the order in which one rests on the other.
fn steps(caller: &Caller, place: &Place, month: Month, facts: &Facts) -> Vec<Step> {
    let at = *place;
    let below = format!("{}/{month}", place.code());
    let link = |may: bool, address: String| if may { address } else { String::new() };
    let import = |kind: &str| format!("/start/{below}/import/{kind}");
    let sample = |kind: &str| format!("/start/samples/{kind}.csv");
    let is_village = place.level() == Level::Village;
    let divisions = Step {
        title: "行政区划",
        why: "县、镇、村、村小组的代码和名称，其他一切都挂在它们下面",
        state: match place.level() {
            Level::County => {
                format!("{} 个镇，{} 个村，{} 个村小组", facts.towns, facts.villages, facts.groups)
            }
            Level::Town => format!("{} 个村，{} 个村小组", facts.villages, facts.groups),
            _ => format!("{} 个村小组", facts.groups),
        },
        done: facts.villages > 0 && facts.groups > 0,
        sample: sample("divisions"),
        href: link(caller.may(RegisterDivisions, at), import("divisions")),
        act: "去导入",
    };
    let catalogue = Step {
        title: "积分项目",
        why: "评什么、怎么扣分；样表就是县文件的积分项目，可按本地情况增减",
        state: match facts.items {
            Some(items) => format!("{} 执行 {items} 项", month.title()),
            None => format!("{} 还没有积分项目", month.title()),
        },
        done: facts.items.is_some(),
        sample: sample("catalogue"),
        href: match is_village {
            true => link(caller.may(SubmitCatalogue, at), format!("/rules/{below}/draft")),
            false => link(caller.may(AdoptCatalogue, at), import("catalogue")),
        },
        act: if is_village { "去拟订" } else { "去导入" },
    };
    let rulebook = Step {
        title: "规则设置",
        why: "名额、档次、结账和公示的日子；不改就按县文件执行",
        state: "已按县文件执行，可以调整".to_owned(),
        done: true,
        sample: String::new(),
        href: link(caller.may(AdoptRulebook, at), format!("/rules/{below}/settings")),
        act: "去看",
    };
    let mut all = vec![divisions, catalogue, rulebook];
    all.extend(people(caller, place, month, facts));
    all
}

/// The steps that are about people: households, panels, accounts.
fn people(caller: &Caller, place: &Place, month: Month, facts: &Facts) -> [Step; 3] {
    let at = *place;
    let below = format!("{}/{month}", place.code());
    let link = |may: bool, address: String| if may { address } else { String::new() };
    let households = facts.households;
    [
        Step {
            title: "农户",
            why: "谁在册、谁参与，从哪个月起",
            state: format!("{} 户，本月参与 {} 户", households.households, households.taking_part),
            done: households.taking_part > 0,
            sample: format!("/households/{below}/sample.csv"),
            href: link(caller.may(RegisterHouseholds, at), format!("/households/{below}/import")),
            act: "去导入",
        },
        Step {
            title: "评分组",
            why: "谁评哪些村小组，谁是组长",
            state: format!("{} 个评分组；{} / {} 个村已有", facts.panels, facts.with_panel, facts.villages),
            done: facts.villages > 0 && facts.with_panel >= facts.villages,
            sample: "/start/samples/panels.csv".to_owned(),
            href: link(caller.may(FormPanels, at), format!("/start/{below}/import/panels")),
            act: "去导入",
        },
        Step {
            title: "账号",
            why: "给镇、村和评分组的人建账号、授角色，他们就能登录办事",
            state: format!("{} 个账号", facts.accounts),
            done: facts.accounts > 1,
            sample: String::new(),
            href: link(caller.may(ManageAccounts, at), format!("/accounts/{below}")),
            act: "去建立",
        },
    ]
}
