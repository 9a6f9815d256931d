//! Signing a panel's month: who was present on the scoring, and on what ground somebody signs for the leader.

use authz::{Allowed, Role, SignCards};
use axum::extract::State as Extract;
use axum::response::Response;
use domain::place::Place;
use records::scoring::{Attendance, AttendanceList, ListedMember, NewSignature, Said, sign_month};

use super::review::shown_again;
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, short};
use crate::shell::{done_at, refused, village_of};
use crate::state::State;

/// The form of a signature.
pub(super) struct SignForm {
    pub(super) revision: i32,
    pub(super) members: Vec<Mark>,
    pub(super) minimum: u32,
    pub(super) few_reason: String,
    /// Whether whoever signs is no leader, and says on what ground.
    pub(super) for_leader: bool,
    pub(super) on_behalf: String,
}

/// A member whose presence is marked.
pub(super) struct Mark {
    pub(super) number: i16,
    pub(super) title: String,
    pub(super) present: bool,
}

impl SignForm {
    /// On a panel's list everybody is present, until something else was sent of that list: on another one, the numbers name
    /// other people.
    pub(super) fn of(list: AttendanceList, caller: &Caller, sent: Option<&Pairs>) -> Self {
        let role = caller.actor().ok().map(|actor| actor.role());
        let typed = |name: &str| sent.map(|form| form.first(name).to_owned()).unwrap_or_default();
        let marked = sent.filter(|form| form.first("revision") == list.revision.to_string());
        let is_present = |number: i16| match marked {
            Some(form) => form.all("present").any(|one| one == number.to_string()),
            None => true,
        };
        let mark = |member: ListedMember| Mark {
            number: member.number,
            present: is_present(member.number),
            title: title(&member),
        };
        Self {
            revision: list.revision,
            minimum: list.minimum,
            members: list.members.into_iter().map(mark).collect(),
            few_reason: typed("few_reason"),
            for_leader: role != Some(Role::PanelLeader.name()),
            on_behalf: typed("on_behalf"),
        }
    }
}

/// A member with the capacity: `周明（村干部，组长）`.
fn title(member: &ListedMember) -> String {
    let leads = if member.is_leader { "，组长" } else { "" };
    format!("{}（{}{leads}）", name_of(member), member.capacity.title())
}

fn name_of(member: &ListedMember) -> String {
    member.name.clone().unwrap_or_else(|| format!("第 {} 位（姓名已依法删除）", member.number))
}

/// Who was present when a month was signed, and what was said beside, a sentence each.
pub(super) fn told(attendance: &Attendance) -> Vec<String> {
    let names = |present: bool| {
        let of = attendance.members.iter().filter(|(_, was_present)| *was_present == present);
        of.map(|(member, _)| name_of(member)).collect::<Vec<_>>()
    };
    let (present, absent) = (names(true), names(false));
    let mut told = Vec::new();
    if attendance.members.is_empty() {
        told.push("没有记录评分时谁到场。".to_owned());
    } else {
        let who = if present.is_empty() { String::new() } else { format!("：{}", present.join("、")) };
        let away =
            if absent.is_empty() { String::new() } else { format!("；未到：{}", absent.join("、")) };
        told.push(format!("评分时到场 {} 人{who}{away}。", present.len()));
    }
    told.extend(attendance.few_reason.as_ref().map(|reason| format!("到场人数不足的原因：{reason}。")));
    told.extend(attendance.on_behalf.as_ref().map(|ground| format!("代签说明：{ground}。")));
    told
}

/// `POST /scoring/{place}/{month}/signatures`
pub(crate) async fn sign(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(SignCards, village).await?;
    match signed(&state, &allowed, (village, &month), &form).await {
        Ok(()) => Ok(done_at(&format!("/scoring/{place}/{month}"), "signed")),
        Err(error) => {
            let (status, words) = refused(error)?;
            shown_again(&state, &caller, (&place, &month), &form, status, words).await
        }
    }
}

async fn signed(
    state: &State,
    allowed: &Allowed<SignCards>,
    (village, month): (Place, &str),
    form: &Pairs,
) -> Result<(), PageError> {
    let month = crate::http::input::month("month", month)?;
    for field in ["few_reason", "on_behalf"] {
        short(field, form.filled(field))?;
    }
    let said = Said {
        present: form.all("present").filter_map(|number| number.parse().ok()).collect(),
        revision: form.first("revision").parse().ok(),
        few_reason: form.filled("few_reason").map(str::to_owned),
        on_behalf: form.filled("on_behalf").map(str::to_owned),
    };
    let new = NewSignature {
        village,
        month,
        panel: form.first("panel"),
        seen: Some(form.first("seen")),
        said: Some(&said),
    };
    let mut connection = state.database.connection().await?;
    sign_month(&mut connection, allowed, &new, &state.registrar.salts, &state.moment()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::panels::Capacity;

    use super::*;

    fn member(number: i16, name: Option<&str>) -> ListedMember {
        ListedMember {
            number,
            name: name.map(str::to_owned),
            capacity: Capacity::Cadre,
            is_leader: number == 1,
        }
    }

    #[test]
    fn who_was_there_is_told_by_name_and_what_was_said_beside() {
        let attendance = Attendance {
            members: vec![
                (member(1, Some("周明")), true),
                (member(2, None), true),
                (member(3, Some("赖文")), false),
            ],
            few_reason: Some("赖文住院".to_owned()),
            on_behalf: Some("据纸质签名代录".to_owned()),
        };
        assert_eq!(
            told(&attendance),
            [
                "评分时到场 2 人：周明、第 2 位（姓名已依法删除）；未到：赖文。",
                "到场人数不足的原因：赖文住院。",
                "代签说明：据纸质签名代录。",
            ]
        );
        assert_eq!(told(&Attendance::default()), ["没有记录评分时谁到场。"]);
        assert_eq!(title(&member(1, Some("周明"))), "周明（村干部，组长）");
    }
}
