//! The town's blind sample (抽查复核): fixed before the panels sign, drawn after, checked without the panel's card.

mod check;
mod draw;
mod fix;
mod read;

pub use check::{SampleFinding, hand_in_check};
pub use draw::{Drawn, draw};
pub use fix::fix_samples;
pub(crate) use fix::reseal_secrets;
pub use read::{Sampled, TownCheck, VillageSample, sample_sheet, samples_of};
pub(crate) use read::{commitment_of, drawn_households, draws};
