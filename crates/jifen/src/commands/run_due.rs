//! `jifen run-due`

use anyhow::Result;
use records::jobs::overview;
use serde_json::json;
use worker::Clock;

use super::work::worker;
use crate::arguments::Common;
use crate::context::Context;

/// Does everything that is due at the stated time, as workers would, and waits for it.
///
/// What was deferred or given up is told, and is no error.
///
/// # Errors
/// The schedule of a county cannot be asked.
pub async fn run(common: &Common) -> Result<()> {
    let context = Context::open(common).await?;
    let done = due(&context, common).await;
    context.close().await?;
    let (ran, said) = done?;
    if common.json {
        println!("{}", json!({ "planned": ran.planned, "jobs": said }));
    } else if said.is_empty() {
        println!("没有到期的任务");
    } else {
        for job in &said {
            println!("{job}");
        }
    }
    Ok(())
}

async fn due(context: &Context, common: &Common) -> Result<(worker::Ran, Vec<String>)> {
    let before = overview(&context.database).await?;
    let clock = Clock::Stated(context.moment);
    let worker = worker(context, common, clock, &context.settings.http.public_url)?;
    let ran = worker::run_due(worker).await?;
    let after = overview(&context.database).await?;
    Ok((ran, difference(&before, &after)))
}

/// What the run did, by kind: `结账：完成 1`.
fn difference(before: &records::jobs::Overview, after: &records::jobs::Overview) -> Vec<String> {
    let words = [("done", "完成"), ("due", "延后"), ("given_up", "放弃"), ("running", "进行中")];
    let count = |overview: &records::jobs::Overview, kind: &str, state: &str| -> i64 {
        let of = overview.depths.iter().filter(|depth| depth.kind == kind && depth.state == state);
        of.map(|depth| depth.jobs).sum()
    };
    let mut said = Vec::new();
    for kind in domain::schedule::Kind::ALL {
        let moved = words.iter().filter_map(|(state, word)| {
            let now = count(after, kind.name(), state);
            let new = if *state == "done" { now - count(before, kind.name(), state) } else { now };
            (new > 0).then(|| format!("{word} {new}"))
        });
        let moved: Vec<_> = moved.collect();
        if !moved.is_empty() {
            said.push(format!("{}：{}", kind.title(), moved.join("，")));
        }
    }
    said
}
