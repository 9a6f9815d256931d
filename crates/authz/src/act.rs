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
    /// Compute year-end awards.
    Award = "award";
    /// Enter certified numbers.
    Certify = "certify";
    /// Close a month.
    Close = "close";
    /// Correct a closed month.
    Correct = "correct";
    /// Enter cards.
    EnterCards = "enter_cards";
    /// Form panels.
    FormPanels = "form_panels";
    /// Give households the tokens of their cards.
    IssueTokens = "issue_tokens";
    /// See to jobs.
    Operate = "operate";
    /// Record that a sheet was posted.
    Post = "post";
    /// Publish a closed month.
    Publish = "publish";
    /// Read everything of a place.
    Read = "read";
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
    /// Clear what need not be kept.
    Retain = "retain";
    /// Recompute and check.
    Verify = "verify";
}
