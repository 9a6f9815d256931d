//! `jifen publish`

use anyhow::Result;
use records::publication::publish_month;
use serde_json::json;

use super::close::{blocked_json, refuse_blocked};
use crate::arguments::{Common, Publish};
use crate::context::Context;

/// Publishes a closed month.
///
/// # Errors
/// A village that is not closed: the others are published.
pub async fn run(common: &Common, publish: &Publish) -> Result<()> {
    let context = Context::open(common).await?;
    let allowed = context.allow(authz::Publish, publish.county, publish.division)?;
    let mut connection = context.database.connection().await?;
    let report = publish_month(&mut connection, &allowed, publish.month, &context.moment).await;
    drop(connection);
    context.close().await?;
    let report = report?;
    let (published, already) = (report.published.len(), report.already.len());
    if common.json {
        let blocked = blocked_json(&report.blocked);
        let month = publish.month.to_string();
        println!(
            "{}",
            json!({ "month": month, "published": published, "already": already, "blocked": blocked })
        );
    } else {
        println!("{} 公示：{published} 个村，此前已公示 {already} 个村", publish.month);
    }
    refuse_blocked(&report.blocked, "没有公示")
}
