//! Who of a panel was present on the scoring, and what was said when its month was signed.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::panels::{Capacity, Signing, check_signing};
use domain::place::Place;
use domain::rulebook::PanelRule;

use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::panels::{StoredPanel, panels};
use crate::schema::signature;

/// What is said with a signature (出勤、代签说明).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Who was present on the scoring, by the numbers on the panel's list, from 1.
    pub present: BTreeSet<i16>,
    /// The revision of the list that was marked; none where whoever signs does not say.
    pub revision: Option<i32>,
    /// Why fewer were present than make a panel.
    pub few_reason: Option<String>,
    /// On what ground somebody signs who is not a leader.
    pub on_behalf: Option<String>,
}

/// The members of a panel whose presence is marked (出勤表).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceList {
    /// The revision of the panel that holds in the month.
    pub revision: i32,
    /// Its members, in their order.
    pub members: Vec<ListedMember>,
    /// So many make a panel; fewer need a reason.
    pub minimum: u32,
}

/// A member on a list of attendance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The number on the panel's list, from 1.
    pub number: i16,
    /// The name; none where lawfully erased.
    pub name: Option<String>,
    /// Why this person may score.
    pub capacity: Capacity,
    /// Whether this member leads.
    pub is_leader: bool,
}

/// Who was there when a panel's month was signed, and what was said (出勤).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attendance {
    /// The members in their order, each with whether it was present; none where nobody said.
    pub members: Vec<(ListedMember, bool)>,
    /// Why fewer were present than make a panel.
    pub few_reason: Option<String>,
    /// On what ground somebody signed who is not a leader.
    pub on_behalf: Option<String>,
}

/// What is said with a signature, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Stated {
    pub(super) present: Option<Vec<i16>>,
    pub(super) few_reason: Option<String>,
    pub(super) on_behalf: Option<String>,
    pub(super) salt: Option<Vec<u8>>,
    pub(super) digest: Option<Digest>,
}

impl Stated {
    /// Everybody of a panel was present, and nothing was said beside.
    pub(super) fn everybody(panel: &StoredPanel) -> Self {
        let numbers = members_of(panel).into_iter().map(|member| member.number);
        Self { present: Some(numbers.collect()), ..Self::default() }
    }

    /// What is said of a panel, held against its list and the rule.
    ///
    /// # Errors
    /// Another list than was marked, numbers that are not on it, and what [`check_signing`] refuses.
    pub(super) fn of(
        said: &Said,
        panel: &StoredPanel,
        by_leader: bool,
        rule: &PanelRule,
        salt: &[u8; 16],
    ) -> Result<Self> {
        if said.revision.is_some_and(|revision| revision != panel.panel.revision) {
            return Err(Refusal::message("评分组的名单刚有变动，没有签字；请按新名单核对到场的人，再签字"));
        }
        let known: BTreeSet<i16> = members_of(panel).into_iter().map(|member| member.number).collect();
        if let Some(stranger) = said.present.difference(&known).next() {
            let name = &panel.panel.name;
            return Err(Refusal::message(format!(
                "评分组“{name}”的名单上没有第 {stranger} 位，请核对到场的人"
            )));
        }
        let (few_reason, on_behalf) = (filled(said.few_reason.as_deref()), filled(said.on_behalf.as_deref()));
        let signing = Signing { present: said.present.len(), few_reason, by_leader, on_behalf };
        check_signing(&signing, rule).map_err(|problem| Refusal::message(problem.to_string()))?;
        let few_reason = few_reason.filter(|_| signing.is_few(rule));
        let words = words(few_reason, on_behalf);
        Ok(Self {
            present: Some(said.present.iter().copied().collect()),
            few_reason: few_reason.map(str::to_owned),
            on_behalf: on_behalf.map(str::to_owned),
            salt: words.is_some().then(|| salt.to_vec()),
            digest: words.map(|words| Digest::salted(salt, &words)),
        })
    }

    /// Adds to a row of the log how many were present, and the digest of what was said.
    pub(super) fn note(&self, panel: &StoredPanel, detail: &mut serde_json::Value) {
        let (Some(present), Some(fields)) = (&self.present, detail.as_object_mut()) else { return };
        fields.insert("present".into(), present.len().into());
        fields.insert("members".into(), panel.panel.members.len().into());
        if let Some(digest) = &self.digest {
            fields.insert("words".into(), digest.hex().into());
        }
    }
}

/// The text whose digest stands for both; `verify` puts it together alike.
fn words(few_reason: Option<&str>, on_behalf: Option<&str>) -> Option<String> {
    match (few_reason, on_behalf) {
        (None, None) => None,
        (few_reason, on_behalf) => {
            Some(format!("{}\n{}", few_reason.unwrap_or_default(), on_behalf.unwrap_or_default()))
        }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The list on which a panel's attendance is marked.
pub(super) fn list_of(panel: &StoredPanel, rule: &PanelRule) -> AttendanceList {
    AttendanceList {
        revision: panel.panel.revision,
        members: members_of(panel),
        minimum: rule.minimum_members,
    }
}

fn members_of(panel: &StoredPanel) -> Vec<ListedMember> {
    let named = panel.panel.members.iter().zip(&panel.names);
    let member = |(number, (member, name)): (i16, (&domain::panels::Member, &Option<String>))| ListedMember {
        number,
        name: name.clone(),
        capacity: member.capacity,
        is_leader: member.is_leader,
    };
    (1_i16..).zip(named).map(member).collect()
}

/// What was said with a signature of a row number.
pub(super) async fn attendance_of(
    connection: &mut Connection,
    village: &Place,
    id: i64,
) -> Result<Attendance> {
    type Row = (i64, Option<Vec<i16>>, Option<String>, Option<String>);
    let (panel, present, few_reason, on_behalf): Row = signature::table
        .filter(signature::county_code.eq(village.county().digits()))
        .filter(signature::id.eq(id))
        .select((signature::panel_id, signature::present, signature::few_reason, signature::on_behalf))
        .first(connection)
        .await?;
    let Some(present) = present else { return Ok(Attendance::default()) };
    let signed = panels(connection, village).await?.into_iter().find(|one| one.id == panel);
    let members = signed.map(|panel| members_of(&panel)).unwrap_or_default();
    let marked = |member: ListedMember| {
        let was_present = present.contains(&member.number);
        (member, was_present)
    };
    Ok(Attendance { members: members.into_iter().map(marked).collect(), few_reason, on_behalf })
}

#[cfg(test)]
mod tests {
    use domain::month::Month;
    use domain::panels::{Member, Panel};

    use super::*;

    const RULE: PanelRule = PanelRule { minimum_members: 3, minimum_deciding: 2 };
    const SALT: [u8; 16] = [7; 16];

    fn panel() -> StoredPanel {
        let member = |at: u8| Member {
            name: Digest::of(&[at]),
            capacity: Capacity::Representative,
            is_leader: at == 0,
        };
        let names = ["赖文", "周明", "张三", "李四"];
        StoredPanel {
            id: 1,
            village: Place::parse_code("440229100201").expect("a code"),
            panel: Panel {
                name: "第一评分组".to_owned(),
                revision: 2,
                effective: Month::parse("2026-01").expect("a month"),
                groups: Vec::new(),
                members: (0..4).map(member).collect(),
            },
            names: names.iter().map(|name| Some((*name).to_owned())).collect(),
            salts: vec![None; 4],
        }
    }

    fn said(present: &[i16]) -> Said {
        Said { present: present.iter().copied().collect(), revision: Some(2), ..Said::default() }
    }

    fn refusal(said: &Said) -> String {
        let stated = Stated::of(said, &panel(), true, &RULE, &SALT);
        stated.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn whoever_was_present_is_on_the_list_that_was_marked() {
        let stated = Stated::of(&said(&[4, 1, 2]), &panel(), true, &RULE, &SALT).expect("stated");
        assert_eq!(stated.present, Some(vec![1, 2, 4]));
        assert_eq!((stated.salt, stated.digest), (None, None), "nothing was said beside");
        assert!(refusal(&said(&[1, 2, 5])).contains("没有第 5 位"));
        assert!(refusal(&said(&[0, 1, 2])).contains("没有第 0 位"));
        assert!(refusal(&Said { revision: Some(1), ..said(&[1, 2, 3]) }).contains("名单刚有变动"));
        assert_eq!(Stated::everybody(&panel()).present, Some(vec![1, 2, 3, 4]));
    }

    #[test]
    fn what_was_said_stands_with_its_digest_and_a_reason_that_nobody_needs_is_left_out() {
        let reason =
            |present: &[i16]| Said { few_reason: Some(" 一人住院 ".to_owned()), ..said(present) };
        let few = Stated::of(&reason(&[1, 2]), &panel(), true, &RULE, &SALT).expect("stated");
        assert_eq!(few.few_reason.as_deref(), Some("一人住院"));
        assert_eq!(few.digest, Some(Digest::salted(&SALT, "一人住院\n")));
        let enough = Stated::of(&reason(&[1, 2, 3]), &panel(), true, &RULE, &SALT).expect("stated");
        assert_eq!((enough.few_reason, enough.digest), (None, None));
        assert!(refusal(&said(&[1, 2])).contains("到场 2 人，不足 3 人"));
    }
}
