//! 重发户卡: a household gets another card, and the one before opens nothing any more.

use std::collections::BTreeSet;

use authz::{Allowed, IssueTokens};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::place::Place;
use serde_json::json;

use super::tokens::issue;
use crate::database::Connection;
use crate::error::{Refusal, Result};
use crate::households::{RegisterEntry, register_entry};
use crate::moment::Moment;
use crate::places::lock_villages;
use crate::schema::household_token;
use crate::sealing::Sealer;
use crate::tenancy::{self, Mode};

/// The card of a household (户卡) that opens its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedCard {
    /// 1 for the first; every card that replaces one counts on.
    pub revision: i32,
    /// When its code was given out.
    pub issued_at: DateTime<Utc>,
}

/// The latest card of a household; none where it never had one.
///
/// # Errors
/// Faults of the database.
pub async fn issued_card(connection: &mut Connection, entry: &RegisterEntry) -> Result<Option<IssuedCard>> {
    let latest: Option<(i32, DateTime<Utc>)> = household_token::table
        .filter(household_token::county_code.eq(entry.household.county().digits()))
        .filter(household_token::household_id.eq(entry.household_id))
        .order(household_token::revision.desc())
        .select((household_token::revision, household_token::issued_at))
        .first(connection)
        .await
        .optional()?;
    Ok(latest.map(|(revision, issued_at)| IssuedCard { revision, issued_at }))
}

/// Gives a household of the permission's village another card in the place of the one whose revision was looked at, so
/// that a second click replaces nothing. Cards that are printed from now on carry the new code.
///
/// # Errors
/// A household that is not there or never had a card, one that is erased, a card that was replaced meanwhile.
pub async fn reissue_card(
    connection: &mut Connection,
    allowed: &Allowed<IssueTokens>,
    household: &Place,
    seen: i32,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<IssuedCard> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let village = super::village_of(household)?;
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry = register_entry(connection, household).await?;
        let entry = entry.ok_or_else(|| Refusal::unknown(household))?;
        if entry.head_name.is_none() {
            return Err(Refusal::message("这一户已退出并依法删除个人信息，不再发户卡"));
        }
        let Some(card) = issued_card(connection, &entry).await? else {
            return Err(Refusal::message("这一户还没有发过户卡；请在花名册打印户卡，打印时发放"));
        };
        Refusal::unless_same(Some(i64::from(seen)), Some(i64::from(card.revision)))?;
        let revision = card.revision + 1;
        issue(connection, &entry, revision, sealer, moment).await?;
        let detail = json!({ "household": household.digits(), "reissued": revision });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(IssuedCard { revision, issued_at: moment.now })
    })
    .await
}

/// Gives a household a new token, so that the old one leads nowhere; none where it never had one.
pub(crate) async fn reissue(
    connection: &mut Connection,
    entry: &RegisterEntry,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<()> {
    match issued_card(connection, entry).await? {
        Some(card) => issue(connection, entry, card.revision + 1, sealer, moment).await.map(drop),
        None => Ok(()),
    }
}
