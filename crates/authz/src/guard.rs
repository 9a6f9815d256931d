//! The first guard: casbin over the table of `policy/roles.csv`.

use std::collections::BTreeMap;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use domain::place::Place;

use crate::act::{Act, Attempt, OwnAccount};
use crate::actor::{Actor, Person};
use crate::allowed::Allowed;
use crate::table::{Table, TableError};

const MODEL: &str = include_str!("../policy/model.conf");

/// Decides who may do what. One enforcer per act holds that act's rows: casbin scans all rows for a
/// denial, so few rows keep it quick.
pub struct Guard {
    enforcers: BTreeMap<String, Enforcer>,
    table: Table,
}

/// An actor may not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor's role may not do it anywhere.
    #[error("{role}没有“{act}”的权限")]
    Role {
        /// The actor's role, for people.
        role: String,
        /// The act, for people.
        act: String,
    },
    /// The place lies outside the actor's.
    #[error("{place} 不在 {reach} 的范围内")]
    Outside {
        /// Where the actor may act.
        reach: Place,
        /// The place asked for.
        place: Place,
    },
}

/// The policy could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// casbin refuses the model or a row.
    #[error("权限模型有误：{0}")]
    Casbin(#[from] casbin::Error),
    /// `roles.csv` is not a table of acts and roles of the program.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl Guard {
    /// Loads the policy that is part of the program.
    ///
    /// # Errors
    /// A policy that casbin refuses, or that names an act or role the program does not have.
    pub async fn load() -> Result<Self, GuardError> {
        let table = Table::embedded()?;
        let mut enforcers = BTreeMap::new();
        for (act, roles) in table.roles_by_act() {
            let rows = roles.map(|role| vec![role.to_owned(), act.to_owned()]).collect();
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.add_policies(rows).await?;
            enforcers.insert(act.to_owned(), enforcer);
        }
        Ok(Self { enforcers, table })
    }

    /// The permission of `actor` to do `act` at `place`.
    ///
    /// # Errors
    /// The actor's role may not do it, or not there.
    pub fn allow<A: Act>(&self, actor: &Actor, _act: A, place: Place) -> Result<Allowed<A>, Denied> {
        if let Some(reach) = actor.reach().filter(|reach| !reach.contains(&place)) {
            return Err(Denied::Outside { reach, place });
        }
        self.check::<A>(actor.role())?;
        Ok(Allowed::new(actor.clone(), place))
    }

    /// The permission of a person to see to the own account, whatever the role of the moment.
    ///
    /// # Errors
    /// A policy that does not let persons do so.
    pub fn allow_own(&self, person: &Person) -> Result<Allowed<OwnAccount>, Denied> {
        self.check::<OwnAccount>("person")?;
        Ok(Allowed::new(Actor::Person(person.clone()), person.home))
    }

    /// What lets a refusal be logged where the actor belongs; none for actors that belong nowhere.
    pub fn allow_attempt(&self, actor: &Actor) -> Option<Allowed<Attempt>> {
        actor.reach().map(|reach| Allowed::new(actor.clone(), reach))
    }

    /// The table the decisions rest on, for people.
    pub fn table(&self) -> &Table {
        &self.table
    }

    fn check<A: Act>(&self, role: &str) -> Result<(), Denied> {
        let enforcer = self.enforcers.get(A::NAME);
        if enforcer.is_some_and(|enforcer| enforcer.enforce((role, A::NAME)).unwrap_or(false)) {
            return Ok(());
        }
        let (role, act) = (self.table.role_title(role), self.table.act_title(A::NAME));
        Err(Denied::Role { role: role.to_owned(), act: act.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdoptCatalogue, Close, Correct, Hat, Origin, Publish, Read, ReadPublic, Role};

    fn village() -> Place {
        Place::parse_code("440229100204").expect("a code")
    }

    #[tokio::test]
    async fn the_schedule_closes_and_publishes_but_never_corrects_or_adopts() {
        let guard = Guard::load().await.expect("the policy");
        assert!(guard.allow(&Actor::Schedule, Close, village()).is_ok());
        assert!(guard.allow(&Actor::Schedule, Publish, village()).is_ok());
        let denied = guard.allow(&Actor::Schedule, Correct, village()).expect_err("denied");
        assert_eq!(denied.to_string(), "日程没有“更正已结账的月份”的权限");
        assert!(guard.allow(&Actor::Schedule, AdoptCatalogue, village()).is_err());
    }

    #[tokio::test]
    async fn a_visitor_reads_the_notice_board_and_nothing_else() {
        let guard = Guard::load().await.expect("the policy");
        assert!(guard.allow(&Actor::Visitor, ReadPublic, village()).is_ok());
        assert!(guard.allow(&Actor::Visitor, Close, village()).is_err());
    }

    #[tokio::test]
    async fn a_permission_narrows_to_places_inside_and_no_others() {
        let guard = Guard::load().await.expect("the policy");
        let town = Place::parse_code("440229100000").expect("a code");
        let allowed = guard.allow(&Actor::Operator("clerk".into()), Close, town).expect("allowed");
        assert_eq!(allowed.narrow(village()).map(|narrowed| narrowed.place()), Ok(village()));
        assert!(allowed.narrow(Place::parse_code("440229101204").expect("a code")).is_err());
    }

    #[tokio::test]
    async fn a_permission_for_a_group_holds_for_its_village_where_the_actor_reaches_it() {
        let guard = Guard::load().await.expect("the policy");
        let group = Place::parse_code("440229100204001").expect("a code");
        let clerk = guard.allow(&clerk_of("440229100204"), Close, group).expect("allowed");
        assert_eq!(clerk.in_village().place(), village());
        let hat = Some(Hat { grant: 1, role: Role::GroupLeader, place: group });
        let leader = Actor::Person(Person { account: 1, home: group, hat, origin: Origin::default() });
        let leader = guard.allow(&leader, Read, group).expect("allowed");
        assert_eq!(leader.in_village().place(), group);
        let town = Place::parse_code("440229100000").expect("a code");
        let operator = guard.allow(&Actor::Operator("clerk".into()), Close, town).expect("allowed");
        assert_eq!(operator.in_village().place(), town);
    }

    fn clerk_of(code: &str) -> Actor {
        let place = Place::parse_code(code).expect("a code");
        let hat = Some(Hat { grant: 1, role: Role::VillageAdministrator, place });
        Actor::Person(Person { account: 1, home: place, hat, origin: Origin::default() })
    }

    #[tokio::test]
    async fn a_clerk_acts_in_the_own_village_and_in_no_other() {
        let guard = Guard::load().await.expect("the policy");
        assert!(guard.allow(&clerk_of("440229100204"), Close, village()).is_ok());
        let neighbour = guard.allow(&clerk_of("440229100205"), Close, village());
        assert!(matches!(neighbour, Err(Denied::Outside { .. })), "{neighbour:?}");
        let town = Place::parse_code("440229100000").expect("a code");
        assert!(guard.allow(&clerk_of("440229100204"), Close, town).is_err(), "not the town above");
    }

    #[tokio::test]
    async fn a_person_without_a_role_sees_to_the_own_account_and_nothing_else() {
        let guard = Guard::load().await.expect("the policy");
        let person = Person { account: 1, home: village(), hat: None, origin: Origin::default() };
        assert!(guard.allow_own(&person).is_ok());
        assert!(guard.allow(&Actor::Person(person), Read, village()).is_err());
    }
}
