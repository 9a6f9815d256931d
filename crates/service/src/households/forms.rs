//! The forms of a household's page: as the register says, or as they were typed.

use domain::month::Month;
use records::households::RegisterEntry;

use super::Typed;
use super::dated::{Dated, Kind};

/// What the register says, as a form shows it; phone and address stay unsaid.
pub(super) fn typed_of(entry: &RegisterEntry) -> Typed {
    let month = |month: Option<Month>| month.map(|month| month.to_string()).unwrap_or_default();
    Typed {
        head_name: entry.head_name.clone().unwrap_or_default(),
        members_registered: entry.members_registered.to_string(),
        members_resident: entry.members_resident.to_string(),
        resident: entry.resident,
        local: entry.local,
        joined_month: month(entry.participation.joined),
        left_month: month(entry.participation.left),
        ..Typed::default()
    }
}

/// The forms of the three dated changes, one of them as it was typed.
pub(super) fn forms(entry: &RegisterEntry, first: Month, typed: Option<Dated>) -> [Dated; 3] {
    [Kind::Move, Kind::Split, Kind::Merge].map(|kind| match &typed {
        Some(typed) if typed.kind == kind => typed.clone(),
        _ => Dated {
            kind,
            group: entry.group.code(),
            from: if entry.effective == first { String::new() } else { first.to_string() },
            stay_registered: entry.members_registered.to_string(),
            stay_resident: entry.members_resident.to_string(),
            new: Typed { resident: true, local: entry.local, ..Typed::default() },
            ..Dated::default()
        },
    })
}
