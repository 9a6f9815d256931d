//! A leader signs a panel's month as it stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use authz::{Act, Allowed, Role, SignCards};
use chrono::{DateTime, Utc};
use domain::canonical::Digest;
use domain::month::Month;
use domain::panels::{PanelProblem, may_sign};
use domain::place::Place;
use domain::rulebook::PanelRule;
use domain::scoring::{Lock, signed_digest};
use serde_json::json;

use super::Facts;
use super::attendance::{Attendance, AttendanceList, Said, Stated, attendance_of, list_of};
use super::sign::{of_panels, sign_panel};
use crate::audit::{Search, search};
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::moment::Moment;
use crate::panels::StoredPanel;
use crate::places::{lock_villages, villages_of};
use crate::sealing::Salts;
use crate::sheets::conflicts;
use crate::tenancy::{self, Mode};

/// A panel's month, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMonth {
    /// How many cards the signature covers, every revision counted.
    pub cards: usize,
    /// Their digest.
    pub digest: Digest,
    /// Whether the last signature covered them already.
    pub already: bool,
}

/// A signature to give (签字).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSignature<'a> {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// The panel.
    pub panel: &'a str,
    /// The digest of what the leader had before the eyes, from [`month_to_sign`]; none where paper was signed.
    pub seen: Option<&'a str>,
    /// Who was present, and what is said beside; none where that is not on record.
    pub said: Option<&'a Said>,
}

/// Signs a panel's month: every card that it has entered so far. Nothing new to sign is success.
///
/// What is entered later, or taken from a sheet, has to be signed again. A month can be signed until it is closed.
///
/// # Errors
/// A village or panel that is not there, a panel that is too small, no cards, sheets that contradict a card of its
/// households, a closed month; where something is said, also what R-84 refuses.
pub async fn sign_month(
    connection: &mut Connection,
    allowed: &Allowed<SignCards>,
    new: &NewSignature<'_>,
    salts: &Salts,
    moment: &Moment,
) -> Result<SignedMonth> {
    let NewSignature { village, month, panel, seen, said } = *new;
    let village = &village;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        if !villages_of(connection, &allowed.place()).await?.contains(village) {
            return Err(Refusal::unknown(village));
        }
        let villages = BTreeSet::from([*village]);
        lock_villages(connection, &villages).await?;
        let facts = Facts::load(connection, village, &villages, month).await?;
        let (signing, rule) = signing_panel(&facts, village, panel)?;
        refuse_conflicts(connection, &facts, village, signing).await?;
        let mut by_panel = of_panels(connection, &village.county(), month, &facts).await?;
        let covered = by_panel.remove(&(*village, Arc::<str>::from(panel))).unwrap_or_default();
        if covered.is_empty() {
            return Err(Refusal::message(format!("评分组“{panel}”在 {month} 还没有积分卡，没有可签的")));
        }
        let digest = signed_digest(covered.iter().map(|card| &card.card));
        // A leader answers for what was on the sheet, not for what came meanwhile.
        if seen.is_some_and(|seen| seen != digest.hex()) {
            return Err(Refusal::message(
                "汇总表打开以后又有积分卡变动，没有签字；请核对下面的新内容，再签字",
            ));
        }
        let stated = match said {
            None => Stated::default(),
            Some(said) => {
                let by_leader = allowed.actor().role() == Role::PanelLeader.name();
                let before = facts.signatures.len();
                let salt = salts.salt(&format!("signature {} {month} {}", village.digits(), before + 1))?;
                Stated::of(said, signing, by_leader, rule, &salt)?
            }
        };
        let already = !sign_panel(connection, signing, &covered, &facts, &stated, moment).await?;
        if !already {
            let mut detail = json!({
                "month": month.to_string(), "panel": panel, "cards": covered.len(), "digest": digest.hex(),
            });
            stated.note(signing, &mut detail);
            crate::audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(SignedMonth { cards: covered.len(), digest, already })
    })
    .await
}

/// A panel's month as a leader finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthToSign {
    /// The digest of what a signature would cover now.
    pub digest: Digest,
    /// The last signature, where there is one.
    pub signed: Option<LastSignature>,
    /// How many households have a card, or another one, that no signature covers.
    pub uncovered: usize,
    /// Whether the month is closed, so that nobody signs any more.
    pub closed: bool,
    /// On what the attendance is marked; none where the panel does not hold in the month.
    pub list: Option<AttendanceList>,
}

/// Who signed a panel's month last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastSignature {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as the log names it; none where the signature came with a file of cards.
    pub by: Option<String>,
    /// Who was present, and what was said beside.
    pub attendance: Attendance,
}

/// What a signature of a panel's month would cover now, beside what the last one covers.
///
/// # Errors
/// Faults of the database.
pub async fn month_to_sign(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    panel: &str,
) -> Result<MonthToSign> {
    let facts = Facts::load(connection, village, &BTreeSet::from([*village]), month).await?;
    let mut by_panel = of_panels(connection, &village.county(), month, &facts).await?;
    let covered = by_panel.remove(&(*village, Arc::<str>::from(panel))).unwrap_or_default();
    let last = facts.signatures.iter().rfind(|one| one.village == *village && *one.panel == *panel);
    let until = last.map_or(0, |last| last.last_card_id);
    let after = covered.iter().filter(|card| card.id > until);
    let uncovered: BTreeSet<i64> = after.map(|card| card.household_id).collect();
    let signed = match last {
        Some(last) => Some(LastSignature {
            at: last.signed_at,
            by: signed_by(connection, village, &last.digest).await?,
            attendance: attendance_of(connection, village, last.id).await?,
        }),
        None => None,
    };
    let known = facts.villages.get(village);
    let list = known.and_then(|known| {
        let holds = known.panels.iter().find(|one| one.panel.name == panel)?;
        Some(list_of(holds, &known.rulebook.panels))
    });
    Ok(MonthToSign {
        digest: signed_digest(covered.iter().map(|card| &card.card)),
        signed,
        uncovered: uncovered.len(),
        closed: known.is_some_and(|known| known.closed),
        list,
    })
}

/// Whoever signed cards of a digest: only the log knows.
async fn signed_by(connection: &mut Connection, village: &Place, digest: &Digest) -> Result<Option<String>> {
    let wanted =
        Search { act: Some(SignCards::NAME.to_owned()), text: Some(digest.hex()), ..Search::default() };
    Ok(search(connection, village, &wanted, 1).await?.pop().map(|row| row.actor))
}

/// The panel of a village's open month with the rule for panels, where it may sign.
fn signing_panel<'a>(
    facts: &'a Facts,
    village: &Place,
    name: &str,
) -> Result<(&'a StoredPanel, &'a PanelRule)> {
    let known = facts.villages.get(village);
    let found =
        known.and_then(|known| Some((known, known.panels.iter().find(|one| one.panel.name == name)?)));
    let Some((known, panel)) = found else {
        return Err(Refusal::missing(format!("本村没有评分组“{name}”，请核对名称")));
    };
    if known.closed {
        return Err(Refusal::message(Lock::Closed(facts.month).to_string()));
    }
    let rule = &known.rulebook.panels;
    if !may_sign(panel.panel.members.len(), rule) {
        let problem = PanelProblem::TooFew {
            panel: name.to_owned(),
            members: panel.panel.members.len(),
            minimum: rule.minimum_members,
        };
        return Err(Refusal::message(problem.to_string()));
    }
    Ok((panel, rule))
}

/// Refuses while a sheet contradicts the card of a household of the panel's groups.
async fn refuse_conflicts(
    connection: &mut Connection,
    facts: &Facts,
    village: &Place,
    panel: &StoredPanel,
) -> Result<()> {
    let mut open = conflicts(connection, village, facts.month).await?;
    open.retain(|household| {
        facts.roster.get(household).is_some_and(|row| panel.panel.groups.contains(&row.entry.group))
    });
    let Some(first) = open.first() else { return Ok(()) };
    Err(Refusal::message(format!("有 {} 户的评分单互相冲突（如农户 {first}），请先取舍再签字", open.len())))
}
