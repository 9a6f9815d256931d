//! The town's blind sample (抽查复核): fixed before the panels sign, drawn after, checked without the panel's card, and
//! the way from a difference to a correction.

mod cards;
mod check;
mod correct;
mod draw;
mod drawn;
mod fix;
mod read;
mod sheet;

pub use check::{SampleFinding, hand_in_check};
pub use correct::{SampleCorrected, SampleCorrection, correct_sampled};
pub use draw::{Drawn, draw};
pub(crate) use drawn::{commitment_of, drawn_households, draws};
pub use fix::fix_samples;
pub(crate) use fix::reseal_secrets;
pub use read::{CardNow, Sampled, TownCheck, VillageSample, samples_of};
pub use sheet::sample_sheet;
