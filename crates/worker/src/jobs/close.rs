//! 结账: every village whose time has come; a blocked one is told, and tried again the next day.

use authz::Close;
use records::Moment;
use records::closing::{Request, close_month};
use records::jobs::Claimed;

use super::{JobError, month_of, told};
use crate::Worker;

pub(super) async fn close(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Close, job.place)?;
    let request = Request {
        slice: worker.closing.slice,
        connections: worker.closing.closing_connections,
        only_scheduled: true,
        ..Request::of(month_of(job)?)
    };
    let report = close_month(&worker.database, &allowed, &request, moment, |_, _| {}).await?;
    let (closed, already) = (report.closed.len(), report.already.len());
    Ok(format!(
        "结账 {closed} 个村（{} 户），此前已结 {already} 个村，未结 {} 个村{}",
        report.households,
        report.blocked.len(),
        told(&report.blocked)
    ))
}
