//! Who may do what, where. A permission is a value: a verb demands it, and only this crate makes it.

mod act;
mod actor;
mod allowed;
mod guard;

pub use act::{
    Act, AdoptCatalogue, AdoptRulebook, Award, Certify, Close, Correct, EnterCards, FormPanels, IssueTokens,
    Operate, Post, Publish, Read, ReadOwn, ReadPublic, RegisterContacts, RegisterDivisions,
    RegisterHouseholds, Remind, Retain, Verify,
};
pub use actor::Actor;
pub use allowed::{Allowed, Outside};
pub use guard::{Denied, Guard, GuardError};
