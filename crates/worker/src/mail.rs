//! Mail: by SMTP, or into a folder of `.eml` files where there is no mail server.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use askama::Template;
use chrono::{NaiveDate, TimeZone, Utc};
use domain::month::date_title;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use records::messages::{Content, Message};
use records::{Moment, Refusal};

use crate::jobs::JobError;

/// Sends mail in one of the configured ways.
pub struct Mailer {
    way: Way,
    from: Mailbox,
    url: String,
    /// How long a whole mail may take: lettre's own limit ends when the server is connected, and one that then
    /// says nothing would hold the worker for ever.
    patience: Duration,
}

enum Way {
    Off,
    Folder(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// Why mail cannot be sent with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The sender is no address.
    #[error("mail.from“{0}”不是邮箱地址，请写成“积分制 <jifen@example.cn>”的样子")]
    From(String),
    /// Neither way is known.
    #[error("mail.way“{0}”应为 smtp、folder 或 off")]
    Way(String),
    /// Encryption is not one of those known.
    #[error("mail.tls“{0}”应为 required（全程加密）、starttls 或 none（只限本机）")]
    Tls(String),
    /// The address of the server.
    #[error("mail.host“{host}”不能使用：{reason}")]
    Host {
        /// What is configured.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Template)]
#[template(path = "mail/digest.txt", escape = "none")]
struct TextPart<'a> {
    name: &'a str,
    content: &'a Content,
    url: &'a str,
    more: usize,
}

#[derive(Template)]
#[template(path = "mail/digest.html")]
struct HtmlPart<'a> {
    subject: &'a str,
    name: &'a str,
    content: &'a Content,
    url: &'a str,
}

impl Mailer {
    /// A mailer of the configuration; `folder` is where files go that are not given a place of their own, `url`
    /// the address below which people find the county's pages.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn new(settings: &settings::Mail, folder: &Path, url: &str) -> Result<Self, MailerError> {
        let from = settings.from.parse().map_err(|_| MailerError::From(settings.from.clone()))?;
        let way = match settings.way.as_str() {
            "off" => Way::Off,
            "folder" if settings.folder.is_empty() => Way::Folder(folder.to_owned()),
            "folder" => Way::Folder(PathBuf::from(&settings.folder)),
            "smtp" => Way::Smtp(Box::new(transport(settings)?)),
            other => return Err(MailerError::Way(other.to_owned())),
        };
        let patience = Duration::from_secs(u64::from(settings.timeout_seconds.max(1)));
        Ok(Self { way, from, url: url.trim_end_matches('/').to_owned(), patience })
    }

    /// Sends a digest.
    ///
    /// # Errors
    /// An address that the server refuses for good is a refusal; everything else may be better later.
    pub(crate) async fn send(
        &self,
        message: &Message,
        content: &Content,
        moment: &Moment,
    ) -> Result<(), JobError> {
        let mail = self.compose(message, content, moment)?;
        match &self.way {
            Way::Off => Err(Refusal::message("没有设置邮件（mail.way = off），没有发送").into()),
            Way::Folder(folder) => write(folder, &message.message_id, &mail.formatted())
                .await
                .map_err(|error| JobError::Outside(format!("邮件不能写入 {}：{error}", folder.display()))),
            Way::Smtp(transport) => match tokio::time::timeout(self.patience, transport.send(mail)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) if refuses_the_address(&error) => {
                    let text = format!("邮件服务器拒收：{error}；请核对联系人的邮箱");
                    Err(Refusal::message(text).into())
                }
                Ok(Err(error)) => Err(JobError::Outside(format!("邮件服务器不通：{error}"))),
                Err(_elapsed) => Err(JobError::Outside("邮件服务器不通：没有应答".to_owned())),
            },
        }
    }

    fn compose(
        &self,
        message: &Message,
        content: &Content,
        moment: &Moment,
    ) -> Result<lettre::Message, JobError> {
        let unusable = |reason: String| Refusal::message(format!("邮件不能写成：{reason}；请核对联系人"));
        let subject = format!(
            "【积分制】{}：{} 项待办（{}）",
            content.county,
            content.items.len(),
            date_title(message.day)
        );
        let (name, url) = (message.name.as_str(), self.url.as_str());
        let fault = |error: askama::Error| unusable(error.to_string());
        let text = TextPart { name, content, url, more: 0 }.render().map_err(fault)?;
        let html = HtmlPart { subject: &subject, name, content, url }.render().map_err(fault)?;
        let address =
            message.address.parse().map_err(|error| unusable(format!("“{}”：{error}", message.address)))?;
        let domain = self.from.email.domain();
        lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(message.name.clone()), address))
            .subject(subject)
            .date(SystemTime::from(moment.now))
            .message_id(Some(format!("<{}@{domain}>", message.message_id)))
            .multipart(MultiPart::alternative_plain_html(text, html))
            .map_err(|error| unusable(error.to_string()).into())
    }

    /// Removes mail files of days before `before`. Returns how many.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) async fn clear_old(&self, before: NaiveDate) -> std::io::Result<usize> {
        let Way::Folder(folder) = &self.way else { return Ok(0) };
        let before = SystemTime::from(Utc.from_utc_datetime(&before.and_time(chrono::NaiveTime::MIN)));
        let mut entries = match tokio::fs::read_dir(folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await? {
            let file = entry.path();
            let is_mail = file.extension().is_some_and(|extension| extension == "eml");
            if !is_mail {
                continue;
            }
            // Another county's clearing may have been quicker.
            let old = entry.metadata().await.and_then(|file| file.modified()).is_ok_and(|at| at < before);
            if old && tokio::fs::remove_file(&file).await.is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Whether a server refuses an address for good; any other refusal, a wrong password say, is for the settings to
/// mend, and the mail waits.
fn refuses_the_address(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| matches!(u16::from(code), 550 | 551 | 553))
}

/// A file named by the Message-ID: writing it again leaves one.
async fn write(folder: &Path, name: &str, mail: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let part = folder.join(format!("{name}.part"));
    tokio::fs::write(&part, mail).await?;
    tokio::fs::rename(&part, folder.join(format!("{name}.eml"))).await
}

fn transport(settings: &settings::Mail) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailerError> {
    let host = settings.host.as_str();
    let unusable = |error: lettre::transport::smtp::Error| MailerError::Host {
        host: host.to_owned(),
        reason: error.to_string(),
    };
    let parameters = || TlsParameters::new(host.to_owned()).map_err(unusable);
    let tls = match settings.tls.as_str() {
        "required" => Tls::Wrapper(parameters()?),
        "starttls" => Tls::Required(parameters()?),
        "none" if is_here(host) => Tls::None,
        "none" => {
            let reason = "不加密只限本机（127.0.0.1、localhost）".to_owned();
            return Err(MailerError::Host { host: host.to_owned(), reason });
        }
        other => return Err(MailerError::Tls(other.to_owned())),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(Duration::from_secs(u64::from(settings.timeout_seconds))));
    if !settings.user.is_empty() {
        builder = builder.credentials(Credentials::new(settings.user.clone(), settings.password.clone()));
    }
    Ok(builder.build())
}

fn is_here(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "::1" | "localhost")
}
