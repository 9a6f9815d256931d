//! Year-end awards (年终评比): quota, split and list per group.

mod derivation;
mod list;
mod quota;

pub use derivation::explain_quota;
pub use list::{Award, Candidate, ExportedAward, award_list, is_eligible};
pub use quota::{Base, Quota, base, quota, split};
