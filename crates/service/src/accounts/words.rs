//! Accounts and roles in words.

use std::collections::BTreeMap;

use authz::{Role, Table};
use chrono::NaiveDate;
use domain::place::Place;
use records::accounts::{AccountSummary, GrantRow};

use crate::log::{actor_words, named};

/// A role that was given, in words.
pub(super) struct RoleLine {
    pub(super) id: i64,
    pub(super) title: &'static str,
    pub(super) place: String,
    pub(super) days: String,
    /// How it stands, and the class of that word.
    pub(super) state: Word,
    pub(super) by: String,
    /// Whether the reader may take it back.
    pub(super) may_take: bool,
}

/// A word with its class.
pub(super) struct Word {
    pub(super) class: &'static str,
    pub(super) text: &'static str,
}

const fn word(class: &'static str, text: &'static str) -> Word {
    Word { class, text }
}

impl RoleLine {
    /// The words of a role that was given, as it stands on a day.
    pub(super) fn of(
        grant: &GrantRow,
        table: &Table,
        names: &BTreeMap<Place, String>,
        today: NaiveDate,
        may_take: bool,
    ) -> Self {
        Self {
            id: grant.id,
            title: grant.role.title(),
            place: named(&grant.place, names),
            days: match grant.until {
                Some(until) => format!("{} 至 {until}", grant.from),
                None => format!("{} 起", grant.from),
            },
            state: state_of(grant, today),
            by: actor_words(&grant.granted_by, table, names),
            may_take,
        }
    }
}

fn state_of(grant: &GrantRow, today: NaiveDate) -> Word {
    if grant.revoked_at.is_some() {
        word("word-soft", "已收回")
    } else if grant.until.is_some_and(|until| until < today) {
        word("word-soft", "已到期")
    } else if grant.from > today {
        word("word-soon", "还没有开始")
    } else {
        word("word-fine", "有效")
    }
}

/// Whether a role was taken back or has ended.
pub(super) fn is_over(grant: &GrantRow, today: NaiveDate) -> bool {
    grant.revoked_at.is_some() || grant.until.is_some_and(|until| until < today)
}

/// What is to be known of an account at a glance.
pub(super) fn states(account: &AccountSummary) -> Vec<Word> {
    let marks = [
        (account.disabled_at.is_some(), word("word-late", "已停用")),
        (account.must_change, word("word-soon", "初始密码还没有改")),
        (account.second_factor, word("word-fine", "有动态口令")),
    ];
    let mut states: Vec<Word> = marks.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
    if states.is_empty() {
        states.push(word("word-soft", "正常"));
    }
    states
}

/// The titles of the roles of persons that may do an act.
pub(crate) fn holders_of(table: &Table, act: &str) -> String {
    let holds = |role: &&Role| !role.is_for_machines() && table.acts_of(role.name()).contains(act);
    Role::ALL.iter().filter(holds).map(|role| role.title()).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;
    use authz::{Act, Guard, ManageAccounts, ReadLog};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn check(from: &str, until: Option<&str>, state: &str, over: bool) {
        let grant = GrantRow {
            id: 1,
            account: 1,
            role: Role::PanelMember,
            place: Place::parse_code("440229100204").expect("a code"),
            from: day(from),
            until: until.map(day),
            granted_by: "operator:clerk".to_owned(),
            granted_at: chrono::DateTime::UNIX_EPOCH,
            revoked_at: None,
        };
        let today = day("2026-11-05");
        assert_eq!((state_of(&grant, today).text, is_over(&grant, today)), (state, over));
    }

    #[test]
    fn a_role_holds_from_its_first_through_its_last_day() {
        check("2026-11-05", Some("2026-11-05"), "有效", false);
        check("2026-11-06", None, "还没有开始", false);
        check("2026-11-01", Some("2026-11-04"), "已到期", true);
    }

    #[tokio::test]
    async fn holders_are_persons_in_the_order_of_the_table() {
        let guard = Guard::load().await.expect("the policy");
        assert_eq!(holders_of(guard.table(), ManageAccounts::NAME), "县管理员、镇管理员、村管理员");
        assert_eq!(holders_of(guard.table(), ReadLog::NAME), "县管理员、镇管理员、村务监督员、审计员");
    }
}
