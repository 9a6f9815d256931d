//! 催办: what is late in a village, to one of its contacts. After a crash before the job's end it goes out once more,
//! under the same Message-ID.

use authz::Remind;
use records::Moment;
use records::jobs::Claimed;
use records::messages::urging;

use super::JobError;
use super::send::deliver;
use crate::Worker;

pub(super) async fn urge(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Remind, job.place)?;
    let mut connection = worker.database.connection().await?;
    let found = urging(&mut connection, &allowed, job, moment).await?;
    drop(connection);
    let Some((message, content)) = found else {
        return Ok("已办好、已过当日或联系人已变动，没有催办".to_owned());
    };
    deliver(worker, &message, &content, moment).await?;
    Ok(format!("已催办，{} 项", content.items.len()))
}
