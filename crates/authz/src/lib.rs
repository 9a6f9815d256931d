//! Who may do what, where. A permission is a value: a verb demands it, and only this crate makes it.

mod act;
mod actor;
mod allowed;
mod granting;
mod guard;
mod role;
mod table;

pub use act::{
    Act, AdoptCatalogue, AdoptRulebook, ApproveCatalogue, AskException, Attempt, Award, Certify, Close,
    Correct, DecideObjection, Delegate, EnterCards, Erase, Export, ExportHousehold, FormPanels, Grant,
    GrantException, IssueMachineTokens, IssueTokens, ManageAccounts, Object, Operate, OwnAccount, Post,
    Publish, QueryEligibility, Read, ReadLog, ReadOwn, ReadPublic, RegisterContacts, RegisterDivisions,
    RegisterHouseholds, Remind, Reseal, Retain, Reveal, ReviewObjection, Sample, SignCards, SubmitCatalogue,
    Verify, WithdrawConsent,
};
pub use actor::{Actor, Hat, Machine, Origin, Person, RequestKey};
pub use allowed::{Allowed, Outside};
pub use granting::{GrantRefusal, check_delegation, may_grant};
pub use guard::{Denied, Guard, GuardError};
pub use role::Role;
pub use table::{Table, TableError};
