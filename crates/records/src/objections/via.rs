//! How an objection came in.

use authz::Actor;

/// How an objection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// 本户页面: the page behind a household's card.
    HouseholdPage,
    /// 公示栏: the page of the notice board.
    Board,
    /// 村里登记: taken by staff.
    Staff,
}

impl Via {
    const ALL: [Self; 3] = [Self::HouseholdPage, Self::Board, Self::Staff];

    /// How whatever an actor files comes in.
    pub(super) fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Holder => Self::HouseholdPage,
            Actor::Visitor => Self::Board,
            _ => Self::Staff,
        }
    }

    /// The stored number, 1 to 3.
    pub(super) fn number(self) -> i16 {
        match self {
            Self::HouseholdPage => 1,
            Self::Board => 2,
            Self::Staff => 3,
        }
    }

    /// The source of a stored number.
    pub(super) fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.number() == number)
    }

    /// The name in the API and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::HouseholdPage => "household_page",
            Self::Board => "board",
            Self::Staff => "staff",
        }
    }

    /// As pages name it.
    pub fn title(self) -> &'static str {
        match self {
            Self::HouseholdPage => "本户页面",
            Self::Board => "公示栏",
            Self::Staff => "村里登记",
        }
    }
}
