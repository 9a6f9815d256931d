//! `jifen jobs`

use anyhow::Result;
use authz::{Operate, Read};
use records::jobs::{JobRow, jobs_of, run_again};
use records::tenancy;
use serde_json::json;

use crate::arguments::{Common, Jobs};
use crate::context::Context;

/// Lists jobs, those that have not ended well first, or begins one again.
///
/// # Errors
/// A job that is not given up cannot be begun again.
pub async fn run(common: &Common, jobs: &Jobs) -> Result<()> {
    let context = Context::open(common).await?;
    let done = list(&context, jobs).await;
    context.close().await?;
    let rows = done?;
    if common.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "id": row.id, "kind": row.kind, "place": row.place, "period": row.period, "state": row.state,
                    "due_at": row.due_at.to_rfc3339(), "attempts": row.attempts, "worker": row.worker,
                    "finished_at": row.finished_at.map(|at| at.to_rfc3339()), "outcome": row.outcome,
                })
            })
            .collect();
        println!("{}", json!({ "jobs": rows }));
        return Ok(());
    }
    if rows.is_empty() {
        println!("没有任务");
    }
    for row in &rows {
        let place = row.place_name.as_deref().unwrap_or(&row.place);
        let outcome = row.outcome.as_deref().unwrap_or_default();
        let (title, state) = (row.title(), row.state_title());
        println!("{:>6}  {state}  {title} {place} {}  {outcome}", row.id, row.period);
    }
    Ok(())
}

async fn list(context: &Context, jobs: &Jobs) -> Result<Vec<JobRow>> {
    let mut connection = context.database.connection().await?;
    if let Some(id) = jobs.again {
        let allowed = context.allow(Operate, jobs.county, None)?;
        run_again(&mut connection, &allowed, id, &context.moment).await?;
    }
    let allowed = context.allow(Read, jobs.county, None)?;
    let rows = tenancy::read(&mut connection, &allowed, async |connection| {
        jobs_of(connection, &allowed.place(), jobs.limit).await
    });
    Ok(rows.await?)
}
