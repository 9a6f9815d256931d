//! Messages: everybody's digest of the day, written once, sent by jobs of their own; and urging villages that are late.

mod compose;
mod missing;
mod read;
mod send;
mod urge;

use chrono::NaiveDate;
use domain::place::Place;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub use compose::compose_digests;
pub use read::{MessageSummary, messages_page};
pub use send::{clear_old, mark_sent, message};
pub use urge::{Urged, last_urged, urge, urging};

/// By which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// 邮件
    Mail,
    /// 群机器人
    Webhook,
}

impl Channel {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// The channel of a stored name: there are two.
    fn stored(name: &str) -> Self {
        if name == Self::Mail.name() { Self::Mail } else { Self::Webhook }
    }
}

/// One thing that somebody should do, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is about: 评分, 公示, …
    pub about: String,
    /// The town and village.
    pub place: String,
    /// The month, `2026年10月`; the day's own matters have none.
    pub month: String,
    /// What is missing.
    pub missing: String,
    /// By when, `2026年11月10日`; empty where there is no day.
    pub by: String,
    /// The path of the page it is about, below the address of the county's pages.
    pub path: String,
}

/// What a digest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The county.
    pub county: String,
    /// What is to be done, the earliest day first.
    pub items: Vec<Item>,
    /// Whether somebody above asks for it (催办), beside the digest of the day.
    #[serde(default)]
    pub urging: bool,
}

/// A message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its row number.
    pub id: i64,
    /// The county.
    pub county: Place,
    /// The day it is for.
    pub day: NaiveDate,
    /// By which way it goes.
    pub channel: Channel,
    /// Where to.
    pub address: String,
    /// To whom.
    pub name: String,
    /// What it says; none once cleared.
    pub content: Option<Content>,
    /// The same in every repeat.
    pub message_id: String,
    /// Whether it went out.
    pub sent: bool,
}

/// What a stored message says; none once cleared.
fn content_of(id: i64, text: Option<String>) -> Result<Option<Content>> {
    let content = text.map(|text| serde_json::from_str(&text)).transpose();
    content.map_err(|error| Error::Corrupt(format!("消息 {id}：{error}")))
}
