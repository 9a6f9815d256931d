//! Who may give which role where: by the level above, within its own place, never upward, never more than one holds.

use domain::place::{Level, Place};

use crate::act::Grant;
use crate::allowed::Allowed;
use crate::guard::Guard;
use crate::role::Role;

/// Why a role may not be given, or taken back, by this actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantRefusal {
    /// The role is given at another level.
    #[error("“{}”不在{}一级授予，请核对角色和地方", .role.title(), .level.title())]
    WrongLevel {
        /// The role.
        role: Role,
        /// The level of the place.
        level: Level,
    },
    /// Tokens carry this role.
    #[error("“{}”只用于外部系统令牌，不能授予个人", .0.title())]
    ForMachines(Role),
    /// Whoever sees to a place is named by the level above.
    #[error("“{}”由上一级授予和收回", .0.title())]
    LevelAbove(Role),
    /// The role may do what the giver may not.
    #[error("“{}”可以“{act}”，而您的角色不可以，所以不能授予", .role.title())]
    MoreThanHeld {
        /// The role.
        role: Role,
        /// What the giver may not do.
        act: String,
    },
    /// The county has not let the town manage the accounts of its villages.
    #[error("县里没有委托镇管理村级账号，请由县管理员办理")]
    NotDelegated,
}

/// Whether the actor of a permission may give `role` at its place, or take it back. `delegated` says whether the
/// county lets the actor's town manage the accounts of its villages.
///
/// # Errors
/// The first reason against it.
pub fn may_grant(
    guard: &Guard,
    allowed: &Allowed<Grant>,
    role: Role,
    delegated: bool,
) -> Result<(), GrantRefusal> {
    let (place, actor) = (allowed.place(), allowed.actor());
    if !role.fits(&place) {
        return Err(GrantRefusal::WrongLevel { role, level: place.level() });
    }
    if role.is_for_machines() {
        return Err(GrantRefusal::ForMachines(role));
    }
    let reach = actor.reach();
    if role.administers() && reach == Some(place) {
        return Err(GrantRefusal::LevelAbove(role));
    }
    check_delegation(reach, &place, delegated)?;
    let (table, held) = (guard.table(), guard.table().acts_of(actor.role()));
    match table.acts_of(role.name()).into_iter().find(|act| !held.contains(act)) {
        Some(act) => Err(GrantRefusal::MoreThanHeld { role, act: table.act_title(act).to_owned() }),
        None => Ok(()),
    }
}

/// Whether whoever reaches `reach` may manage accounts and roles at `place` inside it: a town only its own, unless the
/// county lets it manage those of its villages.
///
/// # Errors
/// A town that may not.
pub fn check_delegation(reach: Option<Place>, place: &Place, delegated: bool) -> Result<(), GrantRefusal> {
    let town = reach.is_some_and(|reach| reach.level() == Level::Town);
    if town && place.level() != Level::Town && !delegated {
        return Err(GrantRefusal::NotDelegated);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, Hat, Origin, Person};

    const COUNTY: &str = "440229000000";
    const TOWN: &str = "440229100000";
    const VILLAGE: &str = "440229100204";

    fn place(code: &str) -> Place {
        Place::parse_code(code).expect("a code")
    }

    async fn check(giver: (Role, &str), role: Role, at: &str, delegated: bool) -> Result<(), GrantRefusal> {
        let guard = Guard::load().await.expect("the policy");
        let (giver, reach) = (giver.0, place(giver.1));
        let hat = Some(Hat { grant: 1, role: giver, place: reach });
        let actor = Actor::Person(Person { account: 1, home: reach, hat, origin: Origin::default() });
        let allowed = guard.allow(&actor, Grant, place(at)).expect("allowed");
        may_grant(&guard, &allowed, role, delegated)
    }

    #[tokio::test]
    async fn the_county_gives_every_role_below_and_none_that_sees_to_itself() {
        let county = (Role::CountyAdministrator, COUNTY);
        assert_eq!(check(county, Role::TownAdministrator, TOWN, false).await, Ok(()));
        assert_eq!(check(county, Role::VillageAdministrator, VILLAGE, false).await, Ok(()));
        assert_eq!(check(county, Role::Auditor, COUNTY, false).await, Ok(()));
        let itself = check(county, Role::CountyAdministrator, COUNTY, false).await;
        assert_eq!(itself, Err(GrantRefusal::LevelAbove(Role::CountyAdministrator)));
    }

    #[tokio::test]
    async fn a_town_gives_roles_in_its_villages_only_when_the_county_lets_it() {
        let town = (Role::TownAdministrator, TOWN);
        let role = Role::VillageAdministrator;
        assert_eq!(check(town, role, VILLAGE, false).await, Err(GrantRefusal::NotDelegated));
        assert_eq!(check(town, role, VILLAGE, true).await, Ok(()));
        assert_eq!(check(town, Role::GuidanceMember, TOWN, false).await, Ok(()));
    }

    #[tokio::test]
    async fn a_clerk_gives_panels_their_roles_and_nobody_a_right_the_clerk_lacks() {
        let clerk = (Role::VillageAdministrator, VILLAGE);
        assert_eq!(check(clerk, Role::PanelLeader, VILLAGE, false).await, Ok(()));
        let supervisor = check(clerk, Role::Supervisor, VILLAGE, false).await;
        assert!(matches!(supervisor, Err(GrantRefusal::MoreThanHeld { .. })), "{supervisor:?}");
        let itself = check(clerk, Role::VillageAdministrator, VILLAGE, false).await;
        assert_eq!(itself, Err(GrantRefusal::LevelAbove(Role::VillageAdministrator)));
    }

    #[tokio::test]
    async fn a_role_is_given_at_its_own_level_only_and_a_machines_to_nobody() {
        let county = (Role::CountyAdministrator, COUNTY);
        assert!(matches!(
            check(county, Role::TownAdministrator, VILLAGE, false).await,
            Err(GrantRefusal::WrongLevel { .. })
        ));
        // A group alone shows neither its panel nor closed months nor exceptions: whoever scores has a role of the village.
        for role in [Role::PanelLeader, Role::PanelMember] {
            let refused = check(county, role, "440229100204001", false).await;
            assert!(matches!(refused, Err(GrantRefusal::WrongLevel { .. })), "{refused:?}");
        }
        let machine = check(county, Role::Machine, TOWN, false).await;
        assert_eq!(machine, Err(GrantRefusal::ForMachines(Role::Machine)));
    }
}
