//! Who acts.

use domain::place::Place;

use crate::role::Role;

/// Whoever acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person with an account, in one of the roles that were given; made from a session.
    Person(Person),
    /// Another system; made from a machine token.
    Machine(Machine),
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

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The row number of the account.
    pub account: i64,
    /// Where the person belongs.
    pub home: Place,
    /// The grant under which the person acts now; none when none is chosen or left.
    pub hat: Option<Hat>,
    /// From where.
    pub origin: Origin,
}

/// A grant under which a person acts: a role at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hat {
    /// The row number of the grant.
    pub grant: i64,
    /// The role.
    pub role: Role,
    /// The place.
    pub place: Place,
}

/// Another system with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The row number of the token.
    pub token: i64,
    /// The token's role.
    pub role: Role,
    /// The token's place.
    pub place: Place,
    /// From where.
    pub origin: Origin,
}

/// The request that an actor came with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The number of the request, as the answer and the log name it.
    pub request: String,
    /// The address it came from.
    pub address: String,
    /// The idempotency key under which the request is on record, where it has one.
    pub key: Option<RequestKey>,
}

/// Which request an idempotency key stands for, beside its actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The method.
    pub method: String,
    /// The path.
    pub route: String,
    /// The key.
    pub key: String,
}

impl Actor {
    /// The role whose column of `policy/roles.csv` binds this actor.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Person(person) => person.hat.map_or("person", |hat| hat.role.name()),
            Self::Machine(machine) => machine.role.name(),
            Self::Operator(_) => "operator",
            Self::Schedule => "schedule",
            Self::Holder => "holder",
            Self::Visitor => "visitor",
        }
    }

    /// Whether it is the user of the shell, who acts with the county's authority.
    pub fn is_operator(&self) -> bool {
        matches!(self, Self::Operator(_))
    }

    /// The place outside which this actor may do nothing; none for those that are not bound to one.
    pub fn reach(&self) -> Option<Place> {
        match self {
            Self::Person(person) => Some(person.hat.map_or(person.home, |hat| hat.place)),
            Self::Machine(machine) => Some(machine.place),
            Self::Operator(_) | Self::Schedule | Self::Holder | Self::Visitor => None,
        }
    }

    /// The request the actor came with.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Person(person) => Some(&person.origin),
            Self::Machine(machine) => Some(&machine.origin),
            Self::Operator(_) | Self::Schedule | Self::Holder | Self::Visitor => None,
        }
    }

    /// The same actor, whose request has no idempotency key.
    #[must_use]
    pub fn without_key(&self) -> Self {
        let mut actor = self.clone();
        match &mut actor {
            Self::Person(person) => person.origin.key = None,
            Self::Machine(machine) => machine.origin.key = None,
            Self::Operator(_) | Self::Schedule | Self::Holder | Self::Visitor => {}
        }
        actor
    }

    /// Who it is, whatever the role: `person:12`, `operator:clerk`.
    pub fn identity(&self) -> String {
        match self {
            Self::Person(person) => format!("person:{}", person.account),
            Self::Machine(machine) => format!("machine:{}", machine.token),
            Self::Operator(name) => format!("operator:{name}"),
            Self::Schedule | Self::Holder | Self::Visitor => self.role().to_owned(),
        }
    }

    /// The text that stands in the log: `operator:clerk`, `person:12:village_administrator@440229100204`.
    pub fn title(&self) -> String {
        match self.reach() {
            Some(place) => format!("{}:{}@{}", self.identity(), self.role(), place.digits()),
            None => self.identity(),
        }
    }
}
