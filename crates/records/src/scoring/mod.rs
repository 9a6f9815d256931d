//! Cards: entered as insert-only revisions, and signed by the panel's leader.

mod attendance;
mod check;
mod exceptions;
mod load;
mod save;
mod sign;
mod sign_month;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, EnterCards};
use chrono::{NaiveDate, NaiveDateTime};
use domain::input::{Line, Scorecard};
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{EntryWindow, Granted, Lock, lift, opened_until};
use serde_json::json;

use crate::catalogue;
use crate::closing;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::households::{RosterRow, roster};
use crate::moment::Moment;
use crate::panels;
use crate::places::lock_villages;
use crate::rulebook;
use crate::sealing::Salts;
use crate::tenancy::{self, Mode};

pub use attendance::{Attendance, AttendanceList, ListedMember, Said};
pub(crate) use check::{examine, is_signed};
pub use exceptions::{
    ExceptionDecision, ExceptionRequest, ExceptionTaken, ListedException, ask_exception, decide_exception,
    entry_lock, exceptions_of, withdraw_exception,
};
pub(crate) use exceptions::{erase_exceptions, granted, granted_until};
pub use load::cards_page;
pub(crate) use load::{PanelNames, StoredCard, cards, counting, findings, findings_of_cards};
pub(crate) use save::{NewCard, insert};
pub(crate) use sign::{Remark, StoredSignature, remark_digest, remarks, signatures};
pub use sign_month::{LastSignature, MonthToSign, NewSignature, SignedMonth, month_to_sign, sign_month};

/// Whether the sheets carry the panels' signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// They do: the panels' months are signed with them. Who was present on the scoring stays on paper.
    Yes,
    /// They do, and everybody of each panel was present.
    ByAll,
    /// They do not yet.
    No,
}

/// Enters cards. An identical card changes nothing; a different one replaces an unsigned card, and is
/// refused against a signed one. Cards of a group are held against what its village knows, where the permission's actor
/// reaches that.
///
/// # Errors
/// Every row that cannot stand, by line and field: unknown household, panel or rule, a household not
/// taking part, a month that is locked or closed, a late visit without a reason.
pub async fn enter_cards(
    connection: &mut Connection,
    allowed: &Allowed<EnterCards>,
    rows: &[Line<Scorecard>],
    signed: Signed,
    salts: &Salts,
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    let village = allowed.in_village();
    let scope = village.place();
    tenancy::transaction(connection, &village, mode, async |connection| {
        let villages: BTreeSet<Place> =
            rows.iter().filter_map(|line| line.row.household.ancestor(Level::Village)).collect();
        let outside: Vec<_> = rows
            .iter()
            .filter(|line| !allowed.place().contains(&line.row.household))
            .map(|line| check::unknown_household(line.number, &line.row.household))
            .collect();
        Refusal::unless_none(outside)?;
        let known: BTreeSet<_> = crate::places::villages_of(connection, &scope).await?.into_iter().collect();
        let strangers = rows.iter().filter(|line| {
            !line.row.household.ancestor(Level::Village).is_some_and(|village| known.contains(&village))
        });
        Refusal::unless_none(
            strangers.map(|line| check::unknown_household(line.number, &line.row.household)).collect(),
        )?;
        lock_villages(connection, &villages).await?;
        let months: BTreeSet<Month> = rows.iter().map(|line| line.row.month).collect();
        let mut outcome = Outcome::default();
        let mut problems = Vec::new();
        for month in months {
            let facts = Facts::load(connection, &scope, &villages, month).await?;
            let of_month: Vec<_> = rows.iter().filter(|line| line.row.month == month).collect();
            let decided = check::decide(&of_month, &facts, signed, moment.local());
            problems.extend(decided.problems);
            if !problems.is_empty() {
                continue;
            }
            outcome.added += decided.outcome.added;
            outcome.changed += decided.outcome.changed;
            outcome.unchanged += decided.outcome.unchanged;
            insert(connection, &scope, month, &decided.new, salts).await?;
            if signed != Signed::No {
                sign::sign(connection, &scope.county(), &of_month, &facts, signed, moment).await?;
            }
        }
        Refusal::unless_none(problems)?;
        let detail = json!({
            "cards": { "added": outcome.added, "changed": outcome.changed },
            "signed": signed != Signed::No,
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

/// What is known of some villages in one month.
pub(crate) struct Facts {
    pub(crate) month: Month,
    pub(crate) roster: BTreeMap<Place, RosterRow>,
    pub(crate) villages: BTreeMap<Place, VillageFacts>,
    /// The latest card of each household, by its row number.
    pub(crate) cards: BTreeMap<i64, StoredCard>,
    pub(crate) signatures: Vec<StoredSignature>,
    /// The names of every revision of every panel: a card may stand under an earlier one.
    pub(crate) panel_names: PanelNames,
}

/// What is known of one village in one month.
pub(crate) struct VillageFacts {
    pub(crate) closed: bool,
    pub(crate) rulebook: domain::rulebook::Rulebook,
    pub(crate) rules: BTreeSet<String>,
    pub(crate) catalogue: Option<catalogue::Stored>,
    pub(crate) panels: Vec<panels::StoredPanel>,
    /// The exceptions that were granted for the month.
    pub(crate) exceptions: Vec<Granted>,
}

impl VillageFacts {
    /// What keeps cards of the month out now, exceptions apart.
    pub(crate) fn entry_lock(&self, month: Month, now: NaiveDateTime) -> Option<Lock> {
        if self.closed {
            return Some(Lock::Closed(month));
        }
        EntryWindow::of(month, now, &self.rulebook.scoring).lock(month)
    }

    /// What keeps a household's card of the month out now, if anything.
    pub(crate) fn lock(&self, row: &RosterRow, month: Month, now: NaiveDateTime) -> Option<Lock> {
        lift(self.entry_lock(month, now), self.opened_until(row, now))
    }

    /// The last day until which exceptions hold entry open for a household.
    pub(crate) fn opened_until(&self, row: &RosterRow, now: NaiveDateTime) -> Option<NaiveDate> {
        opened_until(&self.exceptions, &row.entry.household, &row.entry.group, now)
    }
}

impl Facts {
    /// A registered household with what is known of its village.
    pub(crate) fn find(&self, household: &Place) -> Option<(&RosterRow, &VillageFacts)> {
        Some((self.roster.get(household)?, self.villages.get(&household.ancestor(Level::Village)?)?))
    }

    pub(crate) async fn load(
        connection: &mut Connection,
        scope: &Place,
        villages: &BTreeSet<Place>,
        month: Month,
    ) -> Result<Self> {
        let county = scope.county();
        let range = closing::range(villages.iter());
        let range = (range.low.as_str(), range.high.as_str());
        let catalogues = catalogue::all(connection, scope).await?;
        let layers = rulebook::all(connection, scope).await?;
        let panels = panels::in_range(connection, &county, range).await?;
        let heads = closing::heads(connection, &county, range).await?;
        let mut granted = exceptions::granted(connection, &county, range, month).await?;
        let mut of_villages = BTreeMap::new();
        for village in villages {
            let catalogue = domain::catalogue::in_force(&catalogues, village, month);
            let facts = VillageFacts {
                closed: heads.iter().any(|head| head.village == *village && head.month == month),
                rulebook: rulebook::resolve(&rulebook::inherited(&layers, village, month))?,
                rules: catalogue
                    .map(|one| one.what.catalogue.rules().map(|(_, rule)| rule.code.clone()).collect())
                    .unwrap_or_default(),
                catalogue: catalogue.map(|one| one.what.clone()),
                panels: panels::as_of(&panels, village, month).into_iter().cloned().collect(),
                exceptions: granted.remove(village).unwrap_or_default(),
            };
            of_villages.insert(*village, facts);
        }
        let roster = roster(connection, &county, range, month).await?;
        let names: PanelNames =
            panels.iter().map(|panel| (panel.id, panel.panel.name.as_str().into())).collect();
        let stored = cards(connection, &county, range, month, &names).await?;
        Ok(Self {
            month,
            roster: roster.into_iter().map(|row| (row.entry.household, row)).collect(),
            villages: of_villages,
            cards: stored.into_iter().map(|card| (card.household_id, card)).collect(),
            signatures: signatures(connection, &county, range, month, &names).await?,
            panel_names: names,
        })
    }
}
