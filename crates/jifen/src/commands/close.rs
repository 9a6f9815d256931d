//! `jifen close`

use anyhow::{Result, bail};
use records::closing::{Blocked, Request, close_month};
use serde_json::json;

use crate::arguments::{Close, Common};
use crate::context::Context;
use crate::output::Progress;

/// Closes a month.
///
/// # Errors
/// A village that cannot be closed: the others are.
pub async fn run(common: &Common, close: &Close) -> Result<()> {
    let context = Context::open(common).await?;
    let allowed = context.allow(authz::Close, close.county, close.division)?;
    let request = Request {
        slice: context.settings.database.slice,
        connections: context.settings.database.closing_connections,
        leave_out_unsigned: close.without_unsigned.clone(),
        ..Request::of(close.month)
    };
    let progress = Progress::new("结账", common.json);
    let report =
        close_month(&context.database, &allowed, &request, &context.moment, |done, of| progress.at(done, of))
            .await;
    context.close().await?;
    let report = report?;
    if common.json {
        let done = json!({
            "month": close.month.to_string(),
            "closed": report.closed.len(),
            "already": report.already.len(),
            "households": report.households,
            "blocked": blocked_json(&report.blocked),
        });
        println!("{done}");
    } else {
        let (closed, already) = (report.closed.len(), report.already.len());
        println!("{} 结账：{closed} 个村（{} 户），此前已结 {already} 个村", close.month, report.households);
    }
    refuse_blocked(&report.blocked, "没有结账")
}

/// Lists villages that were left out; one clear line at the end.
///
/// # Errors
/// There is one.
pub fn refuse_blocked(blocked: &[Blocked], what: &str) -> Result<()> {
    for village in blocked {
        eprintln!("村 {}：{}", village.village, village.reasons.join("；"));
    }
    if blocked.is_empty() { Ok(()) } else { bail!("{} 个村{what}，原因见上", blocked.len()) }
}

/// Blocked villages with their reasons.
pub fn blocked_json(blocked: &[Blocked]) -> serde_json::Value {
    blocked.iter().map(|one| json!({ "village": one.village.code(), "reasons": one.reasons })).collect()
}
