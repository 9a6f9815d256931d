//! `jifen up`

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::month::Month;
use domain::place::Place;
use records::tenancy;
use serde_json::json;
use worker::Clock;

use super::demo::{self, DemoCounty};
use super::demo_logins::{self, DemoLogin};
use super::serve::{now, operations, setup_code, state, stopped, tell_setup};
use super::work::worker;
use crate::arguments::{Common, Up};
use crate::context::Context;

/// The demo county: invented, under a code that no county has.
const DEMO: &str = "990101000000";

/// Starts everything on the private cluster, and serves until told to stop.
///
/// # Errors
/// The cluster or the address cannot be used.
pub async fn run(common: &Common, up: &Up) -> Result<()> {
    let context = Context::open(common).await?;
    let address = up.listen.as_deref().unwrap_or(&context.settings.http.listen).to_owned();
    let (listener, bound) = service::listen(&address).await.with_context(|| format!("无法监听 {address}"))?;
    let url = format!("http://{bound}");
    let (villages, logins) = match up.demo {
        true => {
            let villages = load_demo(&context, common).await?;
            let logins = demo_logins::make(&context, &villages).await?;
            (villages, logins)
        }
        false => (Vec::new(), Vec::new()),
    };
    let code = setup_code(&context).await?;
    let boards: Vec<String> = villages.iter().map(|village| format!("{url}/p/{village}")).collect();
    if common.json {
        let logins: Vec<_> = logins.iter().map(DemoLogin::json).collect();
        println!("{}", json!({ "url": url, "logins": logins, "public": boards, "setup": code }));
    } else {
        println!("已启动：{url}（Ctrl-C 停止）");
        for board in &boards {
            println!("公示栏：{board}");
        }
        if !logins.is_empty() {
            println!("演示账号（登录名　密码　角色　地方），在 {url}/login 登录：");
            logins.iter().for_each(|login| println!("  {login}"));
        }
        tell_setup(&url, code.as_deref());
    }
    let clock = match common.now {
        Some(_) => Clock::Stated(context.moment),
        None => Clock::Wall(now()),
    };
    let mut state = state(&context, common, &url)?;
    state.setup = code.as_deref().map(|code| Arc::new(service::Setup::new(code)));
    let worker = worker(&context, common, clock, &state.http.public_url)?;
    let (serving, working, operating) = tokio::join!(
        service::serve(listener, state, stopped()),
        worker::work(worker, stopped()),
        operations(&context, common, &address, &url)
    );
    context.close().await?;
    serving?;
    operating?;
    Ok(working?)
}

/// Loads the demo county once: three months, closed and published. Returns its villages.
async fn load_demo(context: &Context, common: &Common) -> Result<Vec<Place>> {
    let county = Place::parse_code(DEMO)?;
    let plan = ::demo::Plan {
        county,
        households: 1200,
        first_month: Month::new(2026, 8).context("月份")?,
        months: 3,
        seed: 1,
    };
    let villages: Vec<Place> = ::demo::villages(&plan).map(|village| village.place).collect();
    // What people changed in a complete county stays; a load that was cut off is taken up again.
    if !is_loaded(context, &plan, &villages).await? {
        let demo = DemoCounty::new(context, common, plan)?;
        demo.register().await?;
        for month in plan.span() {
            demo.score(month).await?;
            demo::close_and_publish(context, county, month).await?;
        }
    }
    Ok(villages)
}

/// Whether the last act of loading was done: every village has published the last month.
async fn is_loaded(context: &Context, plan: &::demo::Plan, villages: &[Place]) -> Result<bool> {
    let allowed = context.allow(authz::Read, plan.county, None)?;
    let mut connection = context.database.connection().await?;
    let published = tenancy::read(&mut connection, &allowed, async |connection| {
        records::publication::published(connection, &plan.county).await
    })
    .await?;
    let last = plan.span().last();
    Ok(villages
        .iter()
        .all(|village| published.keys().any(|(place, month, _)| place == village && Some(*month) == last)))
}
