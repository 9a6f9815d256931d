//! Who acts.

/// Whoever acts. Persons and machines join when there are accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The user of the shell, by name; made only by the command line. Acts with the county's authority.
    Operator(String),
    /// The schedule; made only by the worker. Closes, publishes, reminds and computes what follows from that;
    /// never corrects, decides or grants.
    Schedule,
    /// Whoever holds a household's card.
    Holder,
    /// Anybody in front of the notice board.
    Visitor,
}

impl Actor {
    /// The role whose rows of `policy/roles.csv` bind this actor.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Operator(_) => "operator",
            Self::Schedule => "schedule",
            Self::Holder => "holder",
            Self::Visitor => "visitor",
        }
    }

    /// The text that stands in the log: `operator:clerk`.
    pub fn title(&self) -> String {
        match self {
            Self::Operator(name) => format!("operator:{name}"),
            Self::Schedule | Self::Holder | Self::Visitor => self.role().to_owned(),
        }
    }
}
