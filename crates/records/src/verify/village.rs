//! One village: its register and signatures, then every closed version along its chain.

mod checks;
mod consistency;
mod facts;
mod samples;
mod version;
mod words;

use std::collections::{BTreeMap, HashMap};

use domain::canonical::Digest;
use domain::closing::{HouseholdResult, genesis};
use domain::month::Month;
use domain::place::Place;

use super::Verified;
use super::audit_chain::Log;
use super::county::Rules;
use crate::database::Connection;
use crate::error::Result;
use crate::sealing::Sealer;

pub(super) use facts::{Facts, StoredClosing};

/// The recomputed results of a village by month and version.
pub(super) type Computed = BTreeMap<(Month, i16), Vec<HouseholdResult>>;

/// Checks one village; after the first difference in its chain the rest of the chain is left, since
/// everything later rests on it.
pub(super) async fn check(
    connection: &mut Connection,
    village: &Place,
    month: Option<Month>,
    rules: &Rules,
    log: &Log,
    sealer: Option<&Sealer>,
    verified: &mut Verified,
) -> Result<()> {
    let facts = Facts::load(connection, village).await?;
    consistency::check_rows(connection, village, verified).await?;
    facts.check_register(sealer, verified);
    facts.check_panels(verified);
    facts.check_remarks(verified);
    facts.check_signatures(verified);
    facts.check_publications(log, verified);
    samples::check(connection, &facts, verified).await?;
    words::check(connection, village, verified).await?;

    let mut computed = Computed::new();
    let (mut previous, mut seeds) = (genesis(&village.county()), HashMap::<Month, Digest>::new());
    for (ordinal, closing) in (1..).zip(&facts.closings) {
        let title = closing.title();
        let before = verified.mismatches.len();
        if closing.ordinal != ordinal {
            verified.fail_in(
                closing.link.month,
                *village,
                &title,
                format!("在本村链上应是第 {ordinal} 个，存的是第 {} 个", closing.ordinal),
            );
        }
        if closing.link.previous != previous {
            verified.fail_in(closing.link.month, *village, &title, "与前一个结账版本接不上");
        }
        let seed = *seeds.entry(closing.link.month).or_insert(previous);
        if closing.seed != seed {
            verified.fail_in(closing.link.month, *village, &title, "抽签种子与规定的不同");
        }
        let results = version::check(&facts, closing, rules, &computed, log, verified)?;
        verified.versions += 1;
        verified.results += results.len();
        computed.insert((closing.link.month, closing.link.version), results);
        previous = closing.hash;
        verified.passed.insert((village.code(), previous.hex()));
        if verified.mismatches.len() > before {
            break;
        }
    }
    facts.check_differences(&computed, verified);
    let unreached = |closing: &&StoredClosing| {
        month == Some(closing.link.month)
            && !computed.contains_key(&(closing.link.month, closing.link.version))
    };
    if let Some(closing) = facts.closings.iter().find(unreached) {
        let broken = "排在它前面的结账版本不符，没有重算到；请不带 --month 核对";
        verified.fail_in(closing.link.month, *village, closing.title(), broken);
    }
    verified.heads.insert(village.code(), previous.hex());
    Ok(())
}
