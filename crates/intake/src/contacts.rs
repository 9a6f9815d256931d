//! The file of contacts: whom a place is reminded through.

use domain::input::Contact;
use domain::place::{Level, Place};

use crate::columns::{Column, optional, required};
use crate::file_problem::FileProblem;
use crate::parsed::{Parsed, parse};
use crate::row::{Noted, Row};
use crate::seen::Seen;
use crate::table::Table;

pub(crate) const COLUMNS: &[Column] = &[
    required("division_code", &["区划代码"]),
    required("name", &["名称", "姓名"]),
    required("duty", &["职责"]),
    optional("email", &["邮箱"]),
    optional("webhook", &["机器人地址"]),
    optional("reminded", &["接收提醒"]),
];

const LEVELS: &[Level] = &[Level::County, Level::Town, Level::Village, Level::Group];

/// Reads the rows of `contacts` (联系人): every address, or else every name, once for a place.
///
/// # Errors
///
/// A header without the columns of the kind.
pub fn contacts(table: &Table) -> Result<Parsed<Contact>, FileProblem> {
    let mut seen = Seen::new();
    parse(table, COLUMNS, |row| contact(row, &mut seen))
}

fn contact(row: &mut Row<'_>, seen: &mut Seen<(Place, String)>) -> Result<Contact, Noted> {
    let place = row.code("division_code", LEVELS);
    let name = row.text("name", 40);
    let duty = row.text("duty", 40);
    let email = email(row);
    let webhook = webhook(row);
    let reminded = row.maybe_truth("reminded");
    let unique = match (&place, &name, &email) {
        (Ok(place), _, Ok(Some(email))) => seen.once(row, "email", (*place, email.to_ascii_lowercase())),
        (Ok(place), Ok(name), Ok(None)) => seen.once(row, "name", (*place, name.clone())),
        _ => Err(Noted),
    };
    unique?;
    Ok(Contact {
        place: place?,
        name: name?,
        duty: duty?,
        email: email?,
        webhook: webhook?,
        reminded: reminded?.unwrap_or(true),
    })
}

fn email(row: &mut Row<'_>) -> Result<Option<String>, Noted> {
    match row.maybe_text("email", 254)? {
        Some(email) if !is_email(&email) => {
            Err(row.note("email", "不是邮箱地址：请写成 name@example.cn 的样子"))
        }
        email => Ok(email),
    }
}

fn webhook(row: &mut Row<'_>) -> Result<Option<String>, Noted> {
    match row.maybe_text("webhook", 500)? {
        Some(address) if !is_webhook(&address) => {
            Err(row.note("webhook", "不是机器人地址：请填以 https:// 开头的完整地址"))
        }
        address => Ok(address),
    }
}

/// One `@` with something before it and a name with a dot after it.
fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    let is_plain = !text.contains(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | ','));
    let has_dot = host.contains('.') && host.split('.').all(|part| !part.is_empty());
    is_plain && has_dot && !user.is_empty() && !host.contains('@')
}

/// An address that is encrypted on its way, or that does not leave the machine.
fn is_webhook(text: &str) -> bool {
    let is_plain = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    let is_encrypted =
        text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_here = text
        .strip_prefix("http://localhost")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    is_plain && (is_encrypted || is_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{fields, rows, table};

    #[test]
    fn contacts_are_read_in_both_languages() {
        let english = "division_code,name,duty,email,webhook\n";
        let chinese = "区划代码,姓名,职责,邮箱,机器人地址\n";
        for header in [english, chinese] {
            let text =
                format!("{header}440229100000,王五,镇经办,wang@example.cn,https://robot.example.cn/a?k=1\n");
            let contact = rows(contacts(&table(&text)).expect("a header")).remove(0);
            assert_eq!((contact.name.as_str(), contact.duty.as_str()), ("王五", "镇经办"));
            assert_eq!(contact.email.as_deref(), Some("wang@example.cn"));
            assert_eq!(contact.webhook.as_deref(), Some("https://robot.example.cn/a?k=1"));
        }
    }

    #[test]
    fn an_address_or_a_name_stands_once_for_a_place() {
        let text = "division_code,name,duty,email\n\
            440229100000,甲,经办,a@example.cn\n\
            440229100000,乙,经办,A@example.cn\n\
            440229101000,甲,经办,a@example.cn\n\
            440229100000,丙,经办,\n\
            440229100000,丙,经办,\n";
        let parsed = contacts(&table(text)).expect("a header");
        assert_eq!(fields(&parsed.problems), [(3, "email"), (6, "name")]);
    }

    #[test]
    fn emails_and_webhooks_are_checked() {
        for email in ["a@b.cn", "a.b+c@x.gov.cn"] {
            assert!(is_email(email), "{email}");
        }
        for email in ["a", "@b.cn", "a@b", "a@b@c.cn", "a b@c.cn", "a@.cn", "a@b.", "<a@b.cn>"] {
            assert!(!is_email(email), "{email}");
        }
        for address in ["https://x.cn", "http://localhost:8080/a", "http://localhost"] {
            assert!(is_webhook(address), "{address}");
        }
        for address in
            ["http://x.cn", "https://", "https:///a", "http://localhost.x.cn", "https://x y", "ftp://x"]
        {
            assert!(!is_webhook(address), "{address}");
        }
    }
}
