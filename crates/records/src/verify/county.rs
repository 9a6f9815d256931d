//! What the villages of a county share: rules, and seals.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::catalogue::Dated;
use domain::closing::county_seal;
use domain::month::Month;
use domain::place::Place;
use domain::rulebook::Layer;
use domain::scoring::ScoringTable;

use super::Verified;
use super::audit_chain::Log;
use crate::catalogue::{self, Stored};
use crate::closing::{Head, heads};
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::rulebook;
use crate::schema::{catalogue as catalogue_table, county_seal as seals};

/// The rules of a county, as far as a permission sees them.
pub(super) struct Rules {
    pub(super) catalogues: Vec<Dated<Stored>>,
    pub(super) tables: BTreeMap<i64, ScoringTable>,
    pub(super) layers: Vec<Dated<Layer>>,
}

impl Rules {
    /// Loads them, and checks that the log tells of each as it stands.
    pub(super) async fn load(
        connection: &mut Connection,
        county: &Place,
        log: &Log,
        verified: &mut Verified,
    ) -> Result<Self> {
        let catalogues = catalogue::all(connection, county).await?;
        let layers = rulebook::all(connection, county).await?;
        check_catalogues(connection, county, &catalogues, log, verified).await?;
        check_numbers(connection, county, verified).await?;
        for layer in &layers {
            let own = rulebook::detail(layer);
            let detail = own.to_string();
            let known = log.details.iter().any(|(place, act, text)| {
                let first = act == "register_divisions" && text.contains(&detail);
                place == layer.place.digits() && (first || (act == "adopt_rulebook" && tells(text, &own)))
            });
            if !known {
                verified.fail(layer.place, format!("{} 起的规则设置", layer.from), "与日志记载的不同");
            }
        }
        let tables =
            catalogues.iter().map(|one| (one.what.id, ScoringTable::new(&one.what.catalogue))).collect();
        Ok(Self { catalogues, tables, layers })
    }
}

async fn check_catalogues(
    connection: &mut Connection,
    county: &Place,
    catalogues: &[Dated<Stored>],
    log: &Log,
    verified: &mut Verified,
) -> Result<()> {
    let rows: Vec<(i64, i32, Option<String>)> = catalogue_table::table
        .filter(catalogue_table::county_code.eq(county.digits()))
        .select((catalogue_table::id, catalogue_table::year, catalogue_table::reason))
        .load(connection)
        .await?;
    for (id, year, reason) in rows {
        let Some(one) = catalogues.iter().find(|one| one.what.id == id) else { continue };
        let detail = catalogue::detail(year, one.from, &one.what.catalogue, reason.as_deref());
        let acts = ["adopt_catalogue", "approve_catalogue"];
        let known = log.details.iter().any(|(place, act, text)| {
            place == one.place.digits() && acts.contains(&act.as_str()) && tells(text, &detail)
        });
        if !known {
            verified.fail(one.place, format!("{} 起的积分项目", one.from), "与日志记载的不同");
        }
    }
    Ok(())
}

/// Whether a row of the log says all of this; it may say more, such as from which request it came.
fn tells(text: &str, detail: &serde_json::Value) -> bool {
    let Ok(logged) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    detail
        .as_object()
        .is_some_and(|fields| fields.iter().all(|(name, value)| logged.get(name) == Some(value)))
}

/// Items and rules are numbered without gaps, in their catalogue's place.
const NUMBERED: &str = "
    select i.code from catalogue c
    join catalogue_item i on i.county_code = c.county_code and i.catalogue_id = c.id
    left join (
        select county_code, catalogue_id, item_number, min(number) as first, max(number) as last, count(*) as rules,
            min(place) as lowest, max(place) as highest
        from catalogue_rule group by county_code, catalogue_id, item_number
    ) r on r.county_code = i.county_code and r.catalogue_id = i.catalogue_id and r.item_number = i.number
    where c.county_code = $1 and (i.place <> c.place or r.first is distinct from 1 or r.last <> r.rules
        or r.lowest <> c.place or r.highest <> c.place
        or i.number > (select count(*) from catalogue_item o
                       where o.county_code = i.county_code and o.catalogue_id = i.catalogue_id))";

#[derive(diesel::QueryableByName)]
struct Item {
    #[diesel(sql_type = diesel::sql_types::Text)]
    code: String,
}

async fn check_numbers(connection: &mut Connection, county: &Place, verified: &mut Verified) -> Result<()> {
    let wrong: Vec<Item> = diesel::sql_query(NUMBERED)
        .bind::<diesel::sql_types::Text, _>(county.digits())
        .load(connection)
        .await?;
    for Item { code } in wrong {
        verified.fail(*county, format!("积分项目 {code}"), "编号不连续或地方不符");
    }
    Ok(())
}

/// Checks every seal over the versions that it names, and that each month's last seal names its latest versions.
pub(super) async fn check_seals(
    connection: &mut Connection,
    county: &Place,
    month: Option<Month>,
    verified: &mut Verified,
) -> Result<()> {
    let scope = county.scope();
    let heads = heads(connection, county, (&scope.low, &scope.high)).await?;
    let heads: BTreeMap<i64, _> = heads.into_iter().map(|head| (head.id, head)).collect();
    type SealRow = (String, i32, i32, Vec<i64>, Vec<u8>);
    let rows: Vec<SealRow> = seals::table
        .filter(seals::county_code.eq(county.digits()))
        .order((seals::month, seals::revision))
        .select((seals::place, seals::month, seals::revision, seals::closing_ids, seals::hash))
        .load(connection)
        .await?;
    let mut last = (0, 0);
    let mut sealed_last: BTreeMap<Month, BTreeSet<i64>> = BTreeMap::new();
    for (place, number, revision, closings, hash) in rows {
        let sealed = codec::month(number)?;
        let expected = if last.0 == number { last.1 + 1 } else { 1 };
        last = (number, revision);
        sealed_last.insert(sealed, closings.iter().copied().collect());
        if month.is_some_and(|month| month != sealed) {
            continue;
        }
        let what = format!("县级封签第 {revision} 次");
        if revision != expected || place != county.digits() {
            verified.fail_in(sealed, *county, &what, "编号或地方不符");
        }
        let covered: Vec<_> = closings.iter().filter_map(|id| heads.get(id)).collect();
        let computed: Digest =
            county_seal(county, sealed, covered.iter().map(|head| (&head.village, head.version, &head.hash)));
        if covered.len() != closings.len() || computed.0.as_slice() != hash {
            verified.fail_in(sealed, *county, &what, "与各村的校验码不符");
        }
    }
    check_unsealed(&heads, &sealed_last, month, verified);
    Ok(())
}

/// A seal of the county covers every month, so that a version that is older than one that is sealed, and the latest of
/// its month, is in its month's last seal; what was closed since then waits for the county's next closing.
fn check_unsealed(
    heads: &BTreeMap<i64, Head>,
    sealed_last: &BTreeMap<Month, BTreeSet<i64>>,
    month: Option<Month>,
    verified: &mut Verified,
) {
    let Some(newest) = sealed_last.values().filter_map(BTreeSet::last).max() else { return };
    // Later versions have greater numbers.
    let latest: BTreeMap<(Month, Place), &Head> =
        heads.values().map(|head| ((head.month, head.village), head)).collect();
    for ((of, village), head) in latest {
        let is_sealed = sealed_last.get(&of).is_some_and(|closings| closings.contains(&head.id));
        if head.id < *newest && !is_sealed && month.is_none_or(|month| month == of) {
            let what = format!("第{}版", head.version);
            verified.fail_in(of, village, what, "没有县级封签，县里后来却封过别的版本；请县里再结账一次");
        }
    }
}
