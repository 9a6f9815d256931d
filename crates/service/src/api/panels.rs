//! Panels: listed with their members, formed by rows.

use authz::{FormPanels, Read};
use axum::Json;
use axum::extract::State as Extract;
use records::panels::{ListedPanel, form_panels, panels_of};
use records::tenancy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::divisions::Part;
use super::rows::{Changed, Page, Rows, changed, limit, page_after};
use crate::caller::Caller;
use crate::http::input::{Asked, Input};
use crate::problem::Answered;
use crate::state::State;

/// One member of a panel.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PanelRow {
    /// 村代码
    village_code: String,
    /// 评分组
    panel: String,
    /// 评委
    member: String,
    /// 身份：cadre、group_leader、representative
    capacity: String,
    /// 组长
    is_leader: bool,
    /// 负责小组的代码，以分号分隔
    groups: String,
}

/// A panel with its members.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PanelSummary {
    /// 村代码
    village_code: String,
    /// 评分组
    panel: String,
    /// 第几版
    revision: i32,
    /// 从哪个月起
    from: String,
    /// 负责的小组
    groups: Vec<String>,
    /// 评委
    members: Vec<MemberSummary>,
}

/// A member of a panel.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberSummary {
    /// 姓名；依法删除后为空
    name: Option<String>,
    /// 身份
    capacity: String,
    /// 组长
    is_leader: bool,
}

impl From<ListedPanel> for PanelSummary {
    fn from(listed: ListedPanel) -> Self {
        let members = listed.panel.members.iter().zip(listed.names).map(|(member, name)| MemberSummary {
            name,
            capacity: member.capacity.name().to_owned(),
            is_leader: member.is_leader,
        });
        Self {
            members: members.collect(),
            village_code: listed.village.code(),
            revision: listed.panel.revision,
            from: listed.panel.effective.to_string(),
            groups: listed.panel.groups.iter().map(|group| group.code()).collect(),
            panel: listed.panel.name,
        }
    }
}

/// 列出评分组
#[utoipa::path(get, path = "/api/v1/panels", tag = "评分", params(Part),
    responses((status = 200, body = Page<PanelSummary>)))]
pub(super) async fn list(
    Extract(state): Extract<State>,
    caller: Caller,
    Asked(part): Asked<Part>,
) -> Answered<Json<Page<PanelSummary>>> {
    let allowed = caller.allow(Read, caller.at(part.place.as_deref())?).await?;
    let mut connection = state.database.connection().await?;
    let all = tenancy::read(&mut connection, &allowed, async |connection| {
        panels_of(connection, &allowed.place()).await
    })
    .await?;
    let key = |row: &PanelSummary| format!("{} {}", row.village_code, row.panel);
    let rows = all.into_iter().map(PanelSummary::from);
    Ok(Json(page_after(rows, part.after.as_deref(), limit(part.limit), key)?))
}

/// 组建或调整评分组
#[utoipa::path(post, path = "/api/v1/panels", tag = "评分", request_body = Rows<PanelRow>,
    responses((status = 200, body = Changed)))]
pub(super) async fn form(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(rows): Input<Rows<PanelRow>>,
) -> Answered<Json<Changed>> {
    let allowed = caller.allow(FormPanels, caller.at(rows.place.as_deref())?).await?;
    let parsed = rows.parsed(intake::panels)?;
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    changed(form_panels(&mut connection, &allowed, &parsed, salts, rows.mode(), &moment).await?)
}
