//! The chain per village and the county's seal: what goes into each hash, in its canonical form.
//!
//! A released recipe is never edited: whatever changes a result or a byte here gets the next number,
//! and golden months keep the old ones honest.

use super::HouseholdResult;
use super::close::MonthInputs;
use crate::canonical::{Digest, Form};
use crate::month::Month;
use crate::place::Place;

/// The version of the rules and of the canonical form that new closings are made by.
pub const RECIPE: i16 = 1;

/// What joins a closed version to its village's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// The village.
    pub village: Place,
    /// The month.
    pub month: Month,
    /// The version.
    pub version: i16,
    /// The village's last hash before, or the county's genesis value.
    pub previous: Digest,
    /// The digest of everything that went in.
    pub inputs: Digest,
    /// The digest of every result.
    pub results: Digest,
}

impl ChainLink {
    /// Rule R-32: the hash of a closed version is SHA-256 over one canonical line of recipe, previous
    /// hash, county, village, month, version, inputs digest and results digest; no wall clock, worker
    /// or row number goes in, so a repeated run gives the same bytes.
    ///
    /// Source: product §2.5, §5.1.
    pub fn hash(&self) -> Digest {
        let mut form = Form::new("jifen closing");
        form.number(RECIPE).digest(&self.previous).code(self.village.county().digits());
        form.code(self.village.digits()).number(self.month.number()).number(self.version);
        form.digest(&self.inputs).digest(&self.results).end();
        form.finish()
    }
}

/// What a chain starts from: the digest of the county's name in the chain.
pub fn genesis(county: &Place) -> Digest {
    let mut form = Form::new("jifen genesis");
    form.code(county.digits()).end();
    form.finish()
}

/// Rule R-33: closing freezes roster, panels, cards, catalogue, rulebook, the seed and the versions
/// of the earlier months it summed; the digest covers each of them.
///
/// Source: product §2.5.
pub fn inputs_digest(inputs: &MonthInputs<'_>) -> Digest {
    let mut form = Form::new("jifen closing inputs 1");
    form.digest(&inputs.catalogue.0.digest()).digest(&inputs.rulebook.digest()).digest(&inputs.seed).end();
    for (month, version) in &inputs.summed {
        form.number(month.number()).number(*version).end();
    }
    form.code("panels").number(count(inputs.panels.len())).end();
    for panel in &inputs.panels {
        panel.write(&mut form);
    }
    form.code("roster").number(count(inputs.roster.len())).end();
    for entry in &inputs.roster {
        entry.write(&mut form);
    }
    form.code("cards").number(count(inputs.cards.len())).end();
    for card in &inputs.cards {
        card.write(&mut form);
    }
    form.finish()
}

/// The digest of every result in the order of household codes.
pub fn results_digest(results: &[HouseholdResult]) -> Digest {
    let mut form = Form::new("jifen closing results 1");
    for result in results {
        result.write(&mut form);
    }
    form.finish()
}

/// Rule R-34: the county seals a month with a hash over the heads of its villages in the order of
/// their codes: village, version, hash.
///
/// Source: product §2.5.
pub fn county_seal<'a>(
    county: &Place,
    month: Month,
    heads: impl IntoIterator<Item = (&'a Place, i16, &'a Digest)>,
) -> Digest {
    let mut form = Form::new("jifen county seal 1");
    form.code(county.digits()).number(month.number()).end();
    for (village, version, hash) in heads {
        form.code(village.digits()).number(version).digest(hash).end();
    }
    form.finish()
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> ChainLink {
        let village = Place::parse_code("440229100204").expect("a code");
        ChainLink {
            village,
            month: Month::parse("2026-10").expect("a month"),
            version: 1,
            previous: genesis(&village.county()),
            inputs: Digest::of(b"inputs"),
            results: Digest::of(b"results"),
        }
    }

    #[test]
    fn another_program_can_recompute_the_hash_from_the_documented_line() {
        let line = format!(
            "jifen closing\n1\t{}\t440229\t440229100204\t202610\t1\t{}\t{}\n",
            Digest::of(b"jifen genesis\n440229\n").hex(),
            Digest::of(b"inputs").hex(),
            Digest::of(b"results").hex()
        );
        assert_eq!(link().hash(), Digest::of(line.as_bytes()));
    }

    #[test]
    fn every_part_of_a_link_moves_its_hash() {
        let changes: [fn(&mut ChainLink); 6] = [
            |link| link.village = Place::parse_code("440229100205").expect("a code"),
            |link| link.month = link.month.next(),
            |link| link.version = 2,
            |link| link.previous = Digest::of(b""),
            |link| link.inputs = Digest::of(b""),
            |link| link.results = Digest::of(b""),
        ];
        for change in changes {
            let mut changed = link();
            change(&mut changed);
            assert_ne!(changed.hash(), link().hash());
        }
    }
}
