//! 年终评比: the lists of villages whose year is final.

use authz::Award;
use records::Moment;
use records::awards::compute_awards;
use records::jobs::Claimed;

use super::{JobError, number_of, told};
use crate::Worker;

pub(super) async fn award(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Award, job.place)?;
    let report = compute_awards(&worker.database, &allowed, number_of(job)?, moment, |_, _| {}).await?;
    let (computed, already) = (report.computed.len(), report.already.len());
    Ok(format!(
        "评比 {computed} 个村，此前已评 {already} 个村，未评 {} 个村{}",
        report.blocked.len(),
        told(&report.blocked)
    ))
}
