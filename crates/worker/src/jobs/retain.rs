//! 清理: the text of old messages, mail that was written to files, and sessions, keys and attempts that are over.

use authz::Retain;
use chrono::Days;
use records::Moment;
use records::accounts::sessions::delete_expired;
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
    let ended = delete_expired(&mut connection).await?;
    Ok(format!("清理 {cleared} 条消息、{files} 个邮件文件、{ended} 条过期的会话和记录"))
}
