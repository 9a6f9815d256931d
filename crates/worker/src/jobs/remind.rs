//! 提醒: writes everybody's digest of the day; each is sent by a job of its own.

use authz::Remind;
use records::Moment;
use records::jobs::Claimed;
use records::messages::compose_digests;

use super::JobError;
use crate::Worker;

pub(super) async fn remind(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Remind, job.place)?;
    let mut connection = worker.database.connection().await?;
    let written = compose_digests(&mut connection, &allowed, moment).await?;
    Ok(if written == 0 {
        "没有要提醒的，或没有联系人".to_owned()
    } else {
        format!("写好 {written} 条消息")
    })
}
