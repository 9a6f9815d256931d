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

/// The latest revision of every panel inside `scope` that is not dissolved, by village and name.
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
    latest.retain(|listed| listed.panel.holds());
    Ok(latest)
}

/// The panels that hold for a village in a month, in the order of their names.
///
/// # Errors
/// Faults of the database.
pub async fn panels_in(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Vec<ListedPanel>> {
    let stored = panels(connection, village).await?;
    let listed = |one: &StoredPanel| ListedPanel {
        village: one.village,
        panel: one.panel.clone(),
        names: one.names.clone(),
    };
    Ok(as_of(&stored, village, month).into_iter().map(listed).collect())
}

/// A list of members of a panel, and for how long it held (任期).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelTerm {
    /// The panel's name.
    pub name: String,
    /// 1 for the first list.
    pub revision: i32,
    /// How many members it has.
    pub members: usize,
    /// The first month.
    pub from: Month,
    /// The last month; none where it still holds.
    pub until: Option<Month>,
}

/// The lists of members that held or hold for the panels of a village, by name, the earliest first.
///
/// # Errors
/// Faults of the database.
pub async fn terms_of(connection: &mut Connection, village: &Place) -> Result<Vec<PanelTerm>> {
    let stored = panels(connection, village).await?;
    Ok(terms(stored.iter().map(|one| &one.panel)))
}

/// Takes the revisions of each panel in their order; one that is replaced from its own first month on never held, and one
/// that dissolves the panel only ends the list before it.
fn terms<'a>(panels: impl IntoIterator<Item = &'a Panel>) -> Vec<PanelTerm> {
    let mut terms: Vec<PanelTerm> = Vec::new();
    for panel in panels {
        let same = |last: &PanelTerm| last.name == panel.name;
        if terms.last().is_some_and(|last| same(last) && last.from >= panel.effective) {
            terms.pop();
        }
        if let Some(last) = terms.last_mut().filter(|last| same(last)) {
            last.until = last.until.or(Some(panel.effective.previous()));
        }
        if !panel.holds() {
            continue;
        }
        let (name, members) = (panel.name.clone(), panel.members.len());
        terms.push(PanelTerm { name, revision: panel.revision, members, from: panel.effective, until: None });
    }
    terms
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

/// The revisions that hold for a village in a month, in the order of the panels' names; a panel that is dissolved holds no
/// more.
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
    latest.into_values().filter(|panel| panel.panel.holds()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(name: &str, revision: i32, from: &str) -> Panel {
        let effective = Month::parse(from).expect("a month");
        let groups = vec![Place::parse_code("440229100204001").expect("a code")];
        Panel { name: name.to_owned(), revision, effective, groups, members: Vec::new() }
    }

    fn dissolved(name: &str, revision: i32, from: &str) -> Panel {
        Panel { groups: Vec::new(), ..panel(name, revision, from) }
    }

    #[test]
    fn a_panel_that_is_dissolved_ends_its_list_and_may_be_formed_anew() {
        let revisions = [
            panel("一组", 1, "2026-01"),
            dissolved("一组", 2, "2026-03"),
            panel("一组", 3, "2026-06"),
            dissolved("一组", 4, "2026-06"),
        ];
        let until = |term: &PanelTerm| term.until.map(|month| month.to_string()).unwrap_or_default();
        let found = terms(&revisions);
        let found: Vec<_> = found.iter().map(|term| (term.revision, until(term))).collect();
        assert_eq!(found, [(1, "2026-02".to_owned())]);
        let found = terms(&revisions[..3]);
        let found: Vec<_> = found.iter().map(|term| (term.revision, until(term))).collect();
        assert_eq!(found, [(1, "2026-02".to_owned()), (3, String::new())]);
    }

    #[test]
    fn a_panel_that_is_dissolved_holds_until_the_month_before() {
        let village = Place::parse_code("440229100204").expect("a code");
        let stored = [panel("一组", 1, "2026-01"), dissolved("一组", 2, "2026-03")];
        let stored = stored.map(|panel| StoredPanel {
            id: i64::from(panel.revision),
            village,
            panel,
            names: Vec::new(),
            salts: Vec::new(),
        });
        let holding = |month: &str| as_of(&stored, &village, Month::parse(month).expect("a month")).len();
        assert_eq!((holding("2026-02"), holding("2026-03")), (1, 0));
    }

    #[test]
    fn a_list_holds_until_the_month_before_the_next_and_one_replaced_at_once_never_held() {
        let revisions = [
            panel("一组", 1, "2026-01"),
            panel("一组", 2, "2026-04"),
            panel("一组", 3, "2026-04"),
            panel("二组", 1, "2026-02"),
        ];
        let until = |term: &PanelTerm| term.until.map(|month| month.to_string()).unwrap_or_default();
        let found: Vec<_> = terms(&revisions)
            .iter()
            .map(|term| (term.name.clone(), term.revision, term.from.to_string(), until(term)))
            .collect();
        let term = |name: &str, revision, from: &str, until: &str| {
            (name.to_owned(), revision, from.to_owned(), until.to_owned())
        };
        assert_eq!(
            found,
            [
                term("一组", 1, "2026-01", "2026-03"),
                term("一组", 3, "2026-04", ""),
                term("二组", 1, "2026-02", ""),
            ]
        );
    }
}
