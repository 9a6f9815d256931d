//! 发送: one message, marked as sent once it is out. After a crash between the two it goes out once more, under
//! the same Message-ID.

use authz::Remind;
use records::jobs::Claimed;
use records::messages::{Channel, Content, Message, mark_sent, message};
use records::{Moment, Refusal};

use super::{JobError, number_of};
use crate::Worker;

pub(super) async fn send(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    let allowed = worker.allow(Remind, job.place)?;
    let mut connection = worker.database.connection().await?;
    let found = message(&mut connection, &allowed, number_of(job)?).await?;
    drop(connection);
    let Some(message) = found else {
        return Err(Refusal::message("消息不在了").into());
    };
    if message.sent {
        return Ok("此前已发送".to_owned());
    }
    let Some(content) = &message.content else {
        return Err(Refusal::message("消息的内容已清理，不再发送").into());
    };
    deliver(worker, &message, content, moment).await?;
    let mut connection = worker.database.connection().await?;
    mark_sent(&mut connection, &allowed, message.id, moment).await?;
    Ok(format!("已发送，{} 项", content.items.len()))
}

/// Sends a message the way it goes.
pub(super) async fn deliver(
    worker: &Worker,
    message: &Message,
    content: &Content,
    moment: &Moment,
) -> Result<(), JobError> {
    match message.channel {
        Channel::Mail => worker.mailer.send(message, content, moment).await,
        Channel::Webhook => worker.robots.tell(message, content, moment).await,
    }
}
