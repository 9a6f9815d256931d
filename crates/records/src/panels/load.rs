//! Reads panels, every revision with its members.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::panels::{Capacity, Member, Panel};
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{panel, panel_member};

/// A stored revision of a panel.
#[derive(Debug, Clone)]
pub(crate) struct StoredPanel {
    /// Its row number.
    pub(crate) id: i64,
    /// The village.
    pub(crate) village: Place,
    /// What it says.
    pub(crate) panel: Panel,
    /// The members' names in their order; none where lawfully erased.
    pub(crate) names: Vec<Option<String>>,
    /// The salts of the names.
    pub(crate) salts: Vec<Option<Vec<u8>>>,
}

/// Every revision of every panel inside `scope`, by village, name and revision.
pub(crate) async fn panels(connection: &mut Connection, scope: &Place) -> Result<Vec<StoredPanel>> {
    let interval = scope.scope();
    in_range(connection, &scope.county(), (&interval.low, &interval.high)).await
}

/// A panel as it is listed: its members with their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPanel {
    /// The village.
    pub village: Place,
    /// What the latest revision says.
    pub panel: Panel,
    /// The members' names in their order; none where lawfully erased.
    pub names: Vec<Option<String>>,
}

/// The latest revision of every panel inside `scope`, by village and name.
///
/// # Errors
/// Faults of the database.
pub async fn panels_of(connection: &mut Connection, scope: &Place) -> Result<Vec<ListedPanel>> {
    let mut latest: Vec<ListedPanel> = Vec::new();
    for StoredPanel { village, panel, names, .. } in panels(connection, scope).await? {
        if latest.last().is_some_and(|last| (last.village, &last.panel.name) == (village, &panel.name)) {
            latest.pop();
        }
        latest.push(ListedPanel { village, panel, names });
    }
    Ok(latest)
}

type PanelRow = (i64, String, String, i32, i32, Vec<String>);
type MemberRow = (i64, Option<String>, Option<Vec<u8>>, Vec<u8>, String, bool);

/// Every revision of every panel of the villages from `low` to before `high`.
pub(crate) async fn in_range(
    connection: &mut Connection,
    county: &Place,
    (low, high): (&str, &str),
) -> Result<Vec<StoredPanel>> {
    let rows: Vec<PanelRow> = panel::table
        .filter(panel::county_code.eq(county.digits()))
        .filter(panel::place.ge(low))
        .filter(panel::place.lt(high))
        .order((panel::place, panel::name, panel::revision))
        .select((
            panel::id,
            panel::place,
            panel::name,
            panel::revision,
            panel::effective_month,
            panel::groups,
        ))
        .load(connection)
        .await?;
    let members: Vec<MemberRow> = panel_member::table
        .filter(panel_member::county_code.eq(county.digits()))
        .filter(panel_member::place.ge(low))
        .filter(panel_member::place.lt(high))
        .order((panel_member::panel_id, panel_member::number))
        .select((
            panel_member::panel_id,
            panel_member::name,
            panel_member::name_salt,
            panel_member::name_digest,
            panel_member::capacity,
            panel_member::is_leader,
        ))
        .load(connection)
        .await?;
    let mut by_panel: BTreeMap<i64, Vec<MemberRow>> = BTreeMap::new();
    for member in members {
        by_panel.entry(member.0).or_default().push(member);
    }
    rows.into_iter()
        .map(|row| {
            let members = by_panel.remove(&row.0).unwrap_or_default();
            stored_panel(row, members)
        })
        .collect()
}

/// The revisions that hold for a village in a month, in the order of the panels' names.
pub(crate) fn as_of<'a>(panels: &'a [StoredPanel], village: &Place, month: Month) -> Vec<&'a StoredPanel> {
    let mut latest: BTreeMap<&str, &StoredPanel> = BTreeMap::new();
    for panel in panels.iter().filter(|panel| panel.village == *village && panel.panel.effective <= month) {
        latest
            .entry(&panel.panel.name)
            .and_modify(|known| {
                if known.panel.revision < panel.panel.revision {
                    *known = panel;
                }
            })
            .or_insert(panel);
    }
    latest.into_values().collect()
}

fn stored_panel(row: PanelRow, members: Vec<MemberRow>) -> Result<StoredPanel> {
    let (id, village, name, revision, effective, groups) = row;
    let mut panel = Panel {
        name,
        revision,
        effective: codec::month(effective)?,
        groups: groups.iter().map(|group| codec::place(group)).collect::<Result<_>>()?,
        members: Vec::with_capacity(members.len()),
    };
    let (mut names, mut salts) = (Vec::new(), Vec::new());
    for (_, name, salt, digest, capacity, is_leader) in members {
        let capacity =
            Capacity::from_name(&capacity).ok_or_else(|| Error::Corrupt(format!("评委身份 {capacity}")))?;
        panel.members.push(Member { name: codec::digest(&digest)?, capacity, is_leader });
        names.push(name);
        salts.push(salt);
    }
    Ok(StoredPanel { id, village: codec::place(&village)?, panel, names, salts })
}
