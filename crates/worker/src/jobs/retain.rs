//! 清理: the text of old messages, and mail that was written to files.

use authz::Retain;
use chrono::Days;
use records::Moment;
use records::jobs::Claimed;
use records::messages::clear_old;

use super::JobError;
use crate::Worker;

pub(super) async fn retain(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Retain, job.place)?;
    let days = Days::new(u64::from(worker.settings.keep_messages_days));
    let today = moment.local().date();
    let before = today.checked_sub_days(days).unwrap_or(today);
    let mut connection = worker.database.connection().await?;
    let cleared = clear_old(&mut connection, &allowed, before).await?;
    let files =
        worker.mailer.clear_old(before).await.map_err(|error| JobError::Outside(error.to_string()))?;
    Ok(format!("清理 {cleared} 条消息、{files} 个邮件文件"))
}
