//! The value that proves a permission.

use std::fmt;
use std::marker::PhantomData;

use domain::place::{Level, Place};

use crate::Act;
use crate::actor::Actor;

/// The permission of one actor to do one act at one place; made only by [`crate::Guard`].
#[derive(Clone, PartialEq, Eq)]
pub struct Allowed<A> {
    actor: Actor,
    place: Place,
    act: PhantomData<A>,
}

/// A place that does not lie in the one a permission is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} 不在 {permitted} 的范围内")]
pub struct Outside {
    /// Where the permission holds.
    pub permitted: Place,
    /// The place outside.
    pub place: Place,
}

impl<A: Act> Allowed<A> {
    pub(crate) fn new(actor: Actor, place: Place) -> Self {
        Self { actor, place, act: PhantomData }
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Where: everything the place contains.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The name of the act.
    pub fn act(&self) -> &'static str {
        A::NAME
    }

    /// The same permission for all that its actor reaches; unchanged for an actor that is not bound to a place, up to
    /// the county.
    #[must_use]
    pub fn widened(&self) -> Self {
        let reach = self.actor.reach().unwrap_or_else(|| self.place.county());
        Self::new(self.actor.clone(), reach)
    }

    /// The same permission for the whole village of its place, where its actor reaches that: panels, closed months and
    /// exceptions belong to the village. Unchanged for a place above, and for an actor of one group.
    #[must_use]
    pub fn in_village(&self) -> Self {
        let reaches = |village: &Place| self.actor.reach().is_none_or(|reach| reach.contains(village));
        let village = self.place.ancestor(Level::Village).filter(reaches);
        Self::new(self.actor.clone(), village.unwrap_or(self.place))
    }

    /// The same permission for a place inside this one.
    ///
    /// # Errors
    /// A place that is not inside.
    pub fn narrow(&self, place: Place) -> Result<Self, Outside> {
        if self.place.contains(&place) {
            Ok(Self::new(self.actor.clone(), place))
        } else {
            Err(Outside { permitted: self.place, place })
        }
    }
}

impl<A: Act> fmt::Debug for Allowed<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Allowed({} may {} at {})", self.actor.title(), A::NAME, self.place)
    }
}
