//! Chat robots (群机器人): one JSON post of the digest as text, in the form that 企业微信 and 钉钉 take.
//!
//! 钉钉 signs: the secret stands after `#` in the contact's address and never leaves this machine; timestamp
//! and signature are added to the address.

use std::time::Duration;

use askama::Template;
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use records::messages::{Content, Message};
use records::{Moment, Refusal};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::jobs::JobError;

/// How long a robot may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes of text that 企业微信 takes; 钉钉 takes more.
const LONGEST_TEXT: usize = 2048;

/// The longest answer that is read.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Tells chat robots.
pub struct Robots {
    agent: ureq::Agent,
    url: String,
}

#[derive(Template)]
#[template(path = "mail/digest.txt", escape = "none")]
struct Text<'a> {
    name: &'a str,
    content: &'a Content,
    url: &'a str,
    more: usize,
}

impl Robots {
    /// Robots are told of pages below `url`.
    pub fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .into();
        Self { agent, url: url.trim_end_matches('/').to_owned() }
    }

    /// Posts a digest.
    ///
    /// # Errors
    /// A robot that does not answer, or answers with an error of its own.
    pub(crate) async fn tell(
        &self,
        message: &Message,
        content: &Content,
        moment: &Moment,
    ) -> Result<(), JobError> {
        let text = self.text(&message.name, content)?;
        let address = signed(&message.address, moment.wall.timestamp_millis());
        let body = json!({ "msgtype": "text", "text": { "content": text } }).to_string();
        let (agent, id) = (self.agent.clone(), message.message_id.clone());
        let asked = tokio::task::spawn_blocking(move || post(&agent, &address, &id, &body)).await;
        let (status, answer) = asked
            .map_err(|error| JobError::Outside(error.to_string()))?
            .map_err(|error| JobError::Outside(format!("机器人没有应答：{error}")))?;
        check(status, &answer)
    }
}

impl Robots {
    /// The digest as text, as many items as a robot takes.
    fn text(&self, name: &str, content: &Content) -> Result<String, JobError> {
        let mut shown = content.clone();
        loop {
            let more = content.items.len() - shown.items.len();
            let text = Text { name, content: &shown, url: &self.url, more }
                .render()
                .map_err(|error| Refusal::message(format!("消息不能写成：{error}")))?;
            if text.len() <= LONGEST_TEXT || shown.items.pop().is_none() {
                return Ok(text);
            }
        }
    }
}

fn post(agent: &ureq::Agent, address: &str, id: &str, body: &str) -> Result<(u16, String), ureq::Error> {
    let mut answer = agent
        .post(address)
        .header("Content-Type", "application/json; charset=utf-8")
        .header("X-Jifen-Message-Id", id)
        .send(body)?;
    let text = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_string()?;
    Ok((answer.status().as_u16(), text))
}

/// Both answer 200 and say in `errcode` what became of it.
fn check(status: u16, answer: &str) -> Result<(), JobError> {
    let said: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
    let code = said["errcode"].as_i64();
    if (200..300).contains(&status) && code.is_none_or(|code| code == 0) {
        return Ok(());
    }
    let words = said["errmsg"].as_str().unwrap_or_default();
    Err(JobError::Outside(format!("机器人没有收下：状态 {status}，{} {words}", code.unwrap_or(0))))
}

/// The address with timestamp and signature, where it carries a secret.
fn signed(address: &str, milliseconds: i64) -> String {
    let Some((plain, secret)) = address.split_once('#') else { return address.to_owned() };
    if secret.is_empty() {
        return plain.to_owned();
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return plain.to_owned() };
    mac.update(format!("{milliseconds}\n{secret}").as_bytes());
    let sign = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let joint = if plain.contains('?') { '&' } else { '?' };
    format!("{plain}{joint}timestamp={milliseconds}&sign={sign}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_secret_stays() {
        let address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k";
        assert_eq!(signed(address, 1), address);
    }

    /// The signature was computed with `openssl dgst -sha256 -hmac SECabc` over `1\nSECabc`.
    #[test]
    fn a_secret_signs_the_time_and_does_not_travel() {
        let address = signed("https://oapi.dingtalk.com/robot/send?access_token=t#SECabc", 1);
        assert!(!address.contains("SECabc"));
        assert!(address.starts_with("https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1&sign="));
        assert!(address.ends_with(SIGNATURE), "{address}");
    }

    #[test]
    fn an_error_code_is_an_error_though_the_status_is_200() {
        assert!(check(200, r#"{"errcode":0,"errmsg":"ok"}"#).is_ok());
        assert!(check(200, r#"{"errcode":310000,"errmsg":"sign not match"}"#).is_err());
        assert!(check(500, "").is_err());
        assert!(check(204, "").is_ok());
    }

    const SIGNATURE: &str = "12l%2F3BnQNEP6qQBGDxoeXNAUdEkWYxNjlLZvnk898sk%3D";
}
