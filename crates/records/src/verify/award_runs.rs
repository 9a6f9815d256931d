//! Award runs: the latest of each year decided again, every one against its digest.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::awards::{Award, Base, Candidate, Quota};
use domain::canonical::Digest;
use domain::place::Place;
use domain::points::Points;

use super::Verified;
use crate::awards::{GroupAwards, Year, decide, run_digest};
use crate::closing::heads;
use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::schema::{award_quota, award_result, award_run, household};

struct StoredRun {
    id: i64,
    year: i32,
    version: i16,
    closing_ids: Vec<i64>,
    rulebook_ids: Vec<i64>,
    seed: Digest,
    digest: Digest,
}

pub(super) async fn check(
    connection: &mut Connection,
    village: &Place,
    verified: &mut Verified,
) -> Result<()> {
    let runs = runs(connection, village).await?;
    let (county, scope) = (village.county(), village.scope());
    let heads = heads(connection, &county, (&scope.low, &scope.high)).await?;
    let hashes: BTreeMap<i64, Digest> = heads.into_iter().map(|head| (head.id, head.hash)).collect();
    for (at, run) in runs.iter().enumerate() {
        let what = format!("{} 年终评比第{}版", run.year, run.version);
        let stored = stored_groups(connection, &village.county(), run.id).await?;
        let is_latest = runs.get(at + 1).is_none_or(|next| next.year != run.year);
        if is_latest {
            let year = Year::load(connection, village, run.year).await?;
            let seed = year.december().map(|head| head.seed);
            if seed != Some(run.seed) || year.rulebook_ids != run.rulebook_ids {
                verified.fail(*village, what.clone(), "抽签种子或规则设置不符");
            }
            // A month corrected since makes the next run due, not this one wrong.
            if year.closing_ids() == run.closing_ids {
                let computed = decide(&year, &run.seed);
                if let Some(difference) = first_difference(&stored, &computed) {
                    verified.fail(*village, what.clone(), difference);
                    continue;
                }
            }
        }
        let closings: Vec<&Digest> = run.closing_ids.iter().filter_map(|id| hashes.get(id)).collect();
        let expected = if runs[..at].iter().rev().take_while(|other| other.year == run.year).count() == 0 {
            1
        } else {
            runs[at - 1].version + 1
        };
        if closings.len() != run.closing_ids.len() || run.version != expected {
            verified.fail(*village, what.clone(), "所依据的结账版本或版本号不符");
        }
        if run_digest((village, run.year, run.version), closings, &stored) != run.digest {
            verified.fail(*village, what, "名单与封存的摘要不符");
        }
    }
    Ok(())
}

/// Names the first quota or line that differs.
fn first_difference(stored: &[GroupAwards], computed: &[GroupAwards]) -> Option<String> {
    if stored.len() != computed.len() {
        return Some(format!("存了 {} 个村小组，重算是 {} 个", stored.len(), computed.len()));
    }
    for (stored, computed) in stored.iter().zip(computed) {
        if stored.quota != computed.quota || stored.base != computed.base || stored.group != computed.group {
            return Some(format!(
                "村小组 {} 的名额存的是 {:?}，重算是 {:?}",
                computed.group, stored.quota, computed.quota
            ));
        }
        let pair = stored.awards.iter().zip(&computed.awards).find(|(stored, computed)| stored != computed);
        if let Some((stored, computed)) = pair {
            return Some(format!(
                "农户 {} 存的是 {stored:?}，重算是 {computed:?}",
                computed.candidate.household
            ));
        }
        if stored.awards.len() != computed.awards.len() {
            return Some(format!("村小组 {} 的名单人数不符", computed.group));
        }
    }
    None
}

async fn runs(connection: &mut Connection, village: &Place) -> Result<Vec<StoredRun>> {
    type Row = ((i64, i32, i16), (Vec<i64>, Vec<i64>), (Vec<u8>, Vec<u8>));
    let rows: Vec<Row> = award_run::table
        .filter(award_run::county_code.eq(village.county().digits()))
        .filter(award_run::place.eq(village.digits()))
        .order((award_run::year, award_run::version))
        .select((
            (award_run::id, award_run::year, award_run::version),
            (award_run::closing_ids, award_run::rulebook_ids),
            (award_run::seed, award_run::digest),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|((id, year, version), (closing_ids, rulebook_ids), (seed, digest))| {
            let (seed, digest) = (codec::digest(&seed)?, codec::digest(&digest)?);
            Ok(StoredRun { id, year, version, closing_ids, rulebook_ids, seed, digest })
        })
        .collect()
}

async fn stored_groups(connection: &mut Connection, county: &Place, run: i64) -> Result<Vec<GroupAwards>> {
    type QuotaRow = (String, (i32, bool), (i32, i32, i32), (i32, i32, i32));
    let quotas: Vec<QuotaRow> = award_quota::table
        .filter(award_quota::county_code.eq(county.digits()))
        .filter(award_quota::run_id.eq(run))
        .order(award_quota::place)
        .select((
            award_quota::place,
            (award_quota::base, award_quota::certified),
            (award_quota::nominal, award_quota::eligible, award_quota::total),
            (award_quota::first, award_quota::second, award_quota::third),
        ))
        .load(connection)
        .await?;
    let mut groups = Vec::with_capacity(quotas.len());
    for (group, (base, certified), (nominal, eligible, total), (first, second, third)) in quotas {
        groups.push(GroupAwards {
            group: codec::place(&group)?,
            base: Base { households: codec::counted(base), certified },
            quota: Quota {
                nominal: codec::counted(nominal),
                eligible: codec::counted(eligible),
                total: codec::counted(total),
                prizes: [first, second, third].map(codec::counted),
            },
            awards: awards(connection, county, run, &group).await?,
        });
    }
    Ok(groups)
}

async fn awards(connection: &mut Connection, county: &Place, run: i64, group: &str) -> Result<Vec<Award>> {
    type Row = (String, (i32, i32, i32, i32), (i32, Option<i16>));
    let rows: Vec<Row> = award_result::table
        .inner_join(
            household::table.on(household::county_code
                .eq(award_result::county_code)
                .and(household::id.eq(award_result::household_id))),
        )
        .filter(award_result::county_code.eq(county.digits()))
        .filter(award_result::run_id.eq(run))
        .filter(award_result::place.eq(group))
        .order(award_result::position)
        .select((
            household::code,
            (
                award_result::months_counted,
                award_result::year_total,
                award_result::findings,
                award_result::environment,
            ),
            (award_result::rank_in_group, award_result::prize),
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(code, (months, total, findings, environment), (rank, prize))| {
            let candidate = Candidate {
                household: codec::place(&code)?,
                months_counted: codec::counted(months),
                year_total: Points::from_tenths(total),
                findings: codec::counted(findings),
                environment: Points::from_tenths(environment),
            };
            Ok(Award {
                candidate,
                rank_in_group: codec::counted(rank),
                prize: prize.and_then(|prize| u8::try_from(prize).ok()),
            })
        })
        .collect()
}
