//! 并户: a household becomes a part of another and leaves.

use std::collections::BTreeSet;

use authz::{Allowed, RegisterHouseholds};
use domain::households::{ChangeKind, Earliest, Participation};
use domain::month::Month;
use domain::place::{Level, Place};
use serde_json::json;

use super::note::{Noted, note};
use super::{
    Changed, Registrar, changeable, check_members, earliest, in_village, last_scored, next, reason_of,
    row_of, save_versions, this_month,
};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::tenancy::{self, Mode};

/// Two households of a village that become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    /// The household that becomes a part of the other.
    pub leaving: Place,
    /// The household that goes on under its number.
    pub staying: Place,
    /// 户籍人口 and 常住人口 of the one that goes on, from then on.
    pub members: (u16, u16),
    /// The first month in which they are one.
    pub from: Month,
    /// Why.
    pub reason: String,
    /// The revision of the leaving household's register that was looked at.
    pub builds_on: Option<i32>,
}

/// Merges two households from a month on: one leaves with its closed months, the other goes on with its own
/// total.
///
/// # Errors
/// The same household twice, another village, one that is gone, a month that cannot be or that has a card of the one that
/// leaves.
pub async fn merge_households(
    connection: &mut Connection,
    allowed: &Allowed<RegisterHouseholds>,
    merger: &Merger,
    registrar: &Registrar,
    mode: Mode,
    moment: &Moment,
) -> Result<Changed> {
    let (village, allowed) = in_village(allowed, &merger.leaving)?;
    let (allowed, reason) = (&allowed, reason_of(&merger.reason)?);
    check_members(merger.members)?;
    if merger.staying == merger.leaving {
        return Err(Refusal::message("不能并入自己，请填另一户的户号"));
    }
    if merger.staying.ancestor(Level::Village) != Some(village) {
        return Err(Refusal::message("只能并入本村的一户，请核对"));
    }
    tenancy::transaction(connection, allowed, mode, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let leaving = changeable(connection, &merger.leaving, merger.builds_on).await?;
        let staying = changeable(connection, &merger.staying, None).await?;
        // A card of the one that leaves would count for nobody.
        let scored = last_scored(connection, &leaving, merger.from).await?;
        for (entry, scored) in [(&leaving, scored), (&staying, None)] {
            let earliest = earliest(connection, &village, entry).await?;
            Earliest { scored, ..earliest }.check(merger.from, this_month(moment)?)?;
        }

        let mut gone = row_of(&leaving, registrar)?;
        (gone.members_registered, gone.members_resident) = (0, 0);
        gone.resident = false;
        gone.participation = ended(gone.participation, merger.from);
        let mut kept = row_of(&staying, registrar)?;
        (kept.members_registered, kept.members_resident) = merger.members;
        let versions = [next(&leaving, &gone, merger.from), next(&staying, &kept, merger.from)];
        let revisions = vec![(merger.leaving, versions[0].revision), (merger.staying, versions[1].revision)];
        save_versions(connection, &village, &versions, registrar).await?;
        let kinds = [(ChangeKind::MergedInto, merger.staying), (ChangeKind::MergedFrom, merger.leaving)];
        let noted: Vec<Noted> = revisions
            .iter()
            .zip(kinds)
            .map(|((household, revision), (kind, other))| Noted {
                household: *household,
                revision: *revision,
                kind,
                other: Some(other),
            })
            .collect();
        let digest = note(connection, allowed, &noted, &reason, registrar, moment).await?;
        let detail = json!({
            "change": "merged", "household": merger.leaving.digits(), "into": merger.staying.digits(),
            "from": merger.from.to_string(), "reason": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(Changed { from: merger.from, revisions, warning: None })
    })
    .await
}

/// Dates of taking part that end before a month: one that left earlier left then, and one that was to join later never
/// does.
fn ended(dates: Participation, from: Month) -> Participation {
    if dates.left.is_some_and(|left| left <= from) {
        return dates;
    }
    let joined = dates.joined.filter(|joined| *joined < from);
    Participation { joined, left: joined.map(|_| from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(joined: &str, left: &str, expected: (&str, &str)) {
        let month = |text: &str| Month::parse(text).ok();
        let dates = Participation { joined: month(joined), left: month(left) };
        let from = month("2026-03").expect("a month");
        let expected = Participation { joined: month(expected.0), left: month(expected.1) };
        assert_eq!(ended(dates, from), expected, "{joined} {left}");
    }

    #[test]
    fn whoever_merges_into_another_takes_part_no_longer() {
        check("2026-01", "", ("2026-01", "2026-03"));
        check("2026-01", "2026-05", ("2026-01", "2026-03"));
        check("2026-01", "2026-02", ("2026-01", "2026-02"));
        check("2026-03", "", ("", ""));
        check("", "", ("", ""));
    }
}
