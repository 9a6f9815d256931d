//! 公示: the version that was just closed, in a village that wants it published at once.

use authz::Publish;
use records::Moment;
use records::jobs::Claimed;
use records::publication::publish_month;

use super::{JobError, month_of, told};
use crate::Worker;

pub(super) async fn publish(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Publish, job.place)?;
    let mut connection = worker.database.connection().await?;
    let report = publish_month(&mut connection, &allowed, month_of(job)?, moment).await?;
    let version = report.published.first().map(|(_, version)| *version);
    Ok(match version {
        Some(version) => format!("公示第 {version} 版"),
        None if report.blocked.is_empty() => "此前已公示".to_owned(),
        None => format!("没有公示{}", told(&report.blocked)),
    })
}
