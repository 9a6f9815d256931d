//! 清理: the text of old messages, mail that was written to files, sessions, keys and attempts that are over, and files of
//! photos that an erasure left behind.

use authz::Retain;
use chrono::Days;
use records::Moment;
use records::accounts::sessions::delete_expired;
use records::jobs::Claimed;
use records::messages::clear_old;
use records::photos::sweep_photos;

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
    let photos = sweep_photos(&mut connection, &allowed, &worker.photos, moment).await?;
    Ok(format!(
        "清理 {cleared} 条消息、{files} 个邮件文件、{ended} 条过期的会话和记录、{photos} 张依法删除后遗留的照片"
    ))
}
