//! Forming a panel, or changing one as a whole: its groups, its members, its leader.

use std::collections::BTreeMap;

use authz::{Allowed, FormPanels};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use domain::input::{Line, PanelMember, Problem as RowProblem};
use domain::panels::Capacity;
use domain::place::Place;
use intake::Limits;
use records::Refusal;
use records::panels::{ListedPanel, replace_panel};

use super::{Left, listed, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::households::Choice;
use crate::http::input::{Named, Pairs};
use crate::problem::dates_in_words;
use crate::shell::{Section, Told, Visit, done_at, refused, village_of};
use crate::state::State;

/// How many members the form has lines for; a larger panel gets two more than it has.
const LINES: usize = 9;

/// The most lines that are read.
const MOST_LINES: usize = 60;

/// What was typed of a panel.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    /// The name of the panel that is changed; empty for a new one.
    known: String,
    name: String,
    /// Codes.
    groups: Vec<String>,
    members: Vec<TypedMember>,
}

#[derive(Debug, Clone, Default)]
struct TypedMember {
    name: String,
    capacity: String,
    is_leader: bool,
}

impl Typed {
    /// A panel as it is now.
    pub(super) fn of_panel(one: &ListedPanel) -> Self {
        let members = one.names.iter().zip(&one.panel.members).map(|(name, member)| TypedMember {
            name: name.clone().unwrap_or_default(),
            capacity: member.capacity.name().to_owned(),
            is_leader: member.is_leader,
        });
        Self {
            known: one.panel.name.clone(),
            name: one.panel.name.clone(),
            groups: one.panel.groups.iter().map(Place::code).collect(),
            members: members.collect(),
        }
    }

    fn of(form: &Pairs) -> Self {
        let known = form.first("known").trim().to_owned();
        let name = if known.is_empty() { form.first("panel").trim().to_owned() } else { known.clone() };
        let leader = form.first("leader");
        let member = |number: usize| TypedMember {
            name: form.first(&format!("member_{number}")).trim().to_owned(),
            capacity: form.first(&format!("capacity_{number}")).to_owned(),
            is_leader: leader == number.to_string(),
        };
        let members = (1..=MOST_LINES).map(member).filter(|member| !member.name.is_empty());
        Self {
            known,
            name,
            groups: form.all("group").map(str::to_owned).collect(),
            members: members.collect(),
        }
    }

    /// The rows of a file of panels, checked as these are.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn rows(&self, village: &Place) -> Result<Vec<Line<PanelMember>>, String> {
        for (is_missing, words) in [
            (self.name.is_empty(), "请填写评分组的名称，如“第一评分组”"),
            (self.groups.is_empty(), "请勾选它负责的村小组，至少一个"),
            (self.members.is_empty(), "请填写评委"),
            (!self.members.iter().any(|member| member.is_leader), "请指定一名组长"),
        ] {
            if is_missing {
                return Err(words.to_owned());
            }
        }
        let text = self.csv_text(village).map_err(|error| error.to_string())?;
        let table = intake::read_bytes("表单", text, &Limits::default());
        let parsed = table.and_then(|table| intake::panels(&table)).map_err(|problem| problem.to_string())?;
        if parsed.is_sound() { Ok(parsed.rows) } else { Err(in_words(&parsed.problems)) }
    }

    fn csv_text(&self, village: &Place) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["village_code", "panel", "member", "capacity", "is_leader", "groups"])?;
        let (village, groups) = (village.code(), self.groups.join(";"));
        for member in &self.members {
            let leader = if member.is_leader { "1" } else { "0" };
            let row: [&str; 6] = [&village, &self.name, &member.name, &member.capacity, leader, &groups];
            writer.write_record(row)?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

/// The form as the page shows it.
pub(super) struct PanelForm {
    pub(super) known: String,
    /// The revision of the panel that the page shows; 0 for a new one.
    pub(super) revision: i32,
    pub(super) name: String,
    pub(super) groups: Vec<Choice>,
    pub(super) lines: Vec<FormLine>,
}

/// A line for a member.
pub(super) struct FormLine {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) capacities: Vec<Choice>,
    pub(super) is_leader: bool,
}

impl PanelForm {
    /// The form with what was typed. A group that another panel scores says so.
    pub(super) fn of(typed: &Typed, groups: &BTreeMap<Place, String>, panels: &[ListedPanel]) -> Self {
        let others = |group: &Place| {
            let other =
                panels.iter().find(|one| one.panel.name != typed.known && one.panel.groups.contains(group));
            other.map(|one| format!("（现由{}负责）", one.panel.name)).unwrap_or_default()
        };
        let groups = groups.iter().map(|(group, name)| Choice {
            value: group.code(),
            title: format!("{name}{}", others(group)),
            selected: typed.groups.contains(&group.code()),
        });
        let lines = LINES.max((typed.members.len() + 2).min(MOST_LINES));
        let lines = (1..=lines).map(|number| {
            let member = typed.members.get(number - 1).cloned().unwrap_or_default();
            let choice = |capacity: Capacity| Choice {
                value: capacity.name().to_owned(),
                title: capacity.title().to_owned(),
                selected: capacity.name() == member.capacity,
            };
            let capacities = [Capacity::Cadre, Capacity::GroupLeader, Capacity::Representative].map(choice);
            let capacities = capacities.into();
            FormLine { number, capacities, is_leader: member.is_leader, name: member.name }
        });
        let known = panels.iter().find(|one| one.panel.name == typed.known);
        Self {
            known: typed.known.clone(),
            revision: known.map_or(0, |one| one.panel.revision),
            name: typed.name.clone(),
            groups: groups.collect(),
            lines: lines.collect(),
        }
    }
}

/// `POST /panels/{place}/{month}/revisions`
pub(crate) async fn form(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let at: Place = place.parse().map_err(|_| PageError::NotFound)?;
    let allowed = caller.allow(FormPanels, at).await?;
    let village = village_of(&place)?;
    let mut visit = Visit::of(&state, &caller, Section::Panels, (&place, &month), &Told::default()).await?;
    let (panels, groups) = listed(&state, &visit).await?;
    let typed = Typed::of(&form);
    let is_taken = typed.known.is_empty() && panels.iter().any(|one| one.panel.name == typed.name);
    // A new panel builds on nothing; a form that lost the number builds on what there never is.
    let builds_on = if typed.known.is_empty() { 0 } else { form.first("revision").parse().unwrap_or(-1) };
    let refusal = match typed.rows(&village) {
        _ if is_taken => Some(wrong("本村已有这个名称的评分组，要改它请点它的“调整”")),
        Ok(rows) => replaced(&state, &allowed, &rows, builds_on).await?,
        Err(words) => Some(wrong(&words)),
    };
    let Some((status, words)) = refusal else {
        return Ok(done_at(&Section::Panels.at(&village, visit.month), "saved"));
    };
    visit.shell.problem = with_names(words, &groups);
    shown(&state, &caller, visit, status, Left { panel: Some(typed), ..Left::default() }).await
}

/// Words with the names of groups for their codes. A household's code begins with its group's, and becomes its number.
pub(super) fn with_names(mut words: String, groups: &BTreeMap<Place, String>) -> String {
    for (group, name) in groups {
        words = words.replace(&group.code(), name);
    }
    words
}

fn wrong(words: &str) -> (StatusCode, String) {
    (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned())
}

/// Writes the panel's next revision; why not, otherwise.
async fn replaced(
    state: &State,
    allowed: &Allowed<FormPanels>,
    rows: &[Line<PanelMember>],
    builds_on: i32,
) -> Result<Option<(StatusCode, String)>, PageError> {
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    match replace_panel(&mut connection, allowed, rows, builds_on, salts, &moment).await {
        Ok(_) => Ok(None),
        Err(records::Error::Refused(Refusal::Changed)) => Ok(Some(changed_meanwhile())),
        Err(records::Error::Refused(Refusal::Problems(problems))) => Ok(Some(wrong(&in_words(&problems)))),
        Err(error) => refused(error.into()).map(Some),
    }
}

/// Somebody else has changed the panels since the page was shown.
pub(super) fn changed_meanwhile() -> (StatusCode, String) {
    let words = "评分组已被别人改动，没有保存；请核对现在的名单和片区，再保存";
    (StatusCode::PRECONDITION_FAILED, words.to_owned())
}

/// What is wrong, a line for each; the first member stands on line 2.
fn in_words(problems: &[RowProblem]) -> String {
    let words = problems.iter().map(|one| match one.field {
        "member" => format!("第 {} 位评委的姓名：{}", one.line.saturating_sub(1), one.message),
        "capacity" => format!("第 {} 位评委的身份：{}", one.line.saturating_sub(1), one.message),
        _ => one.message.clone(),
    });
    let mut words: Vec<String> = words.collect();
    // What is wrong with the panel stands on each of its rows.
    words.dedup();
    dates_in_words(&words.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(members: &[(&str, bool)]) -> Typed {
        let member = |(name, is_leader): &(&str, bool)| TypedMember {
            name: (*name).to_owned(),
            capacity: "cadre".to_owned(),
            is_leader: *is_leader,
        };
        Typed {
            known: String::new(),
            name: "第一评分组".to_owned(),
            groups: vec!["440229100204001".to_owned()],
            members: members.iter().map(member).collect(),
        }
    }

    fn check(members: &[(&str, bool)]) -> Result<usize, String> {
        let village = Place::parse_code("440229100204").expect("a code");
        typed(members).rows(&village).map(|rows| rows.len())
    }

    #[test]
    fn every_member_is_a_row_and_somebody_leads() {
        assert_eq!(check(&[("甲", true), ("乙", false), ("丙", false)]), Ok(3));
        assert_eq!(check(&[("甲", false)]), Err("请指定一名组长".to_owned()));
        assert!(
            check(&[("甲", true), ("甲", false)]).is_err_and(|words| words.starts_with("第 2 位评委的姓名"))
        );
    }
}
