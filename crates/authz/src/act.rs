//! The acts that need permission, one type each.

/// Something that one may be allowed to do.
pub trait Act {
    /// Its name in `policy/roles.csv` and in the log.
    const NAME: &'static str;
}

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = $name:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $act;

            impl Act for $act {
                const NAME: &'static str = $name;
            }
        )*

        /// The name of every act.
        pub(crate) const NAMES: &[&str] = &[$($name),*];
    };
}

acts! {
    /// Put a catalogue in force.
    AdoptCatalogue = "adopt_catalogue";
    /// Put rulebook settings in force.
    AdoptRulebook = "adopt_rulebook";
    /// Approve a catalogue that the level below has handed in, or send it back.
    ApproveCatalogue = "approve_catalogue";
    /// Ask, after entry has ended, that cards may still be entered.
    AskException = "ask_exception";
    /// Compute year-end awards.
    Award = "award";
    /// Enter certified numbers.
    Certify = "certify";
    /// Close a month.
    Close = "close";
    /// Correct a closed month.
    Correct = "correct";
    /// Decide objections, note what was found out, ask for a review; answer suggestions and complaints.
    DecideObjection = "decide_objection";
    /// Let a town manage the accounts of its villages, or no longer.
    Delegate = "delegate";
    /// Enter cards.
    EnterCards = "enter_cards";
    /// Erase personal values by law.
    Erase = "erase";
    /// Take files out.
    Export = "export";
    /// Take out everything that is known of one household.
    ExportHousehold = "export_household";
    /// Form panels.
    FormPanels = "form_panels";
    /// Give roles and take them back.
    Grant = "grant";
    /// Grant or refuse what a village asked for after entry had ended.
    GrantException = "grant_exception";
    /// Give other systems tokens and take them back.
    IssueMachineTokens = "issue_machine_tokens";
    /// Give households the tokens of their cards.
    IssueTokens = "issue_tokens";
    /// Make accounts, set passwords, switch accounts off and on.
    ManageAccounts = "manage_accounts";
    /// Object to a household's score, bring a suggestion or complaint.
    Object = "object";
    /// See to jobs.
    Operate = "operate";
    /// See to one's own account: password, second factor, sessions, role.
    OwnAccount = "own_account";
    /// Record that a sheet was posted.
    Post = "post";
    /// Publish a closed month.
    Publish = "publish";
    /// Ask a village whether a household may take part, and close the query.
    QueryEligibility = "query_eligibility";
    /// Read everything of a place.
    Read = "read";
    /// Read the log.
    ReadLog = "read_log";
    /// Read one's own household's published months.
    ReadOwn = "read_own";
    /// Read what is on the notice board.
    ReadPublic = "read_public";
    /// Register contacts.
    RegisterContacts = "register_contacts";
    /// Register places.
    RegisterDivisions = "register_divisions";
    /// Register households.
    RegisterHouseholds = "register_households";
    /// Write and send reminders.
    Remind = "remind";
    /// Seal personal values anew with another key.
    Reseal = "reseal";
    /// Clear what need not be kept.
    Retain = "retain";
    /// See one household's phone or address.
    Reveal = "reveal";
    /// Review decided objections.
    ReviewObjection = "review_objection";
    /// Fix, draw and enter the town's blind sample.
    Sample = "sample";
    /// Sign a panel's month.
    SignCards = "sign_cards";
    /// Hand in a catalogue for approval.
    SubmitCatalogue = "submit_catalogue";
    /// Recompute and check.
    Verify = "verify";
    /// Withdraw a household's consent to a photo on the board.
    WithdrawConsent = "withdraw_consent";
}

/// Trying what is then refused: nobody needs a right for it, and the log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt;

impl Act for Attempt {
    const NAME: &'static str = "attempt";
}
