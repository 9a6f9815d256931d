//! The first guard: casbin over the rows of `policy/roles.csv`.

use std::collections::BTreeMap;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use domain::place::Place;

use crate::act::{Act, NAMES};
use crate::actor::Actor;
use crate::allowed::Allowed;

const MODEL: &str = include_str!("../policy/model.conf");
const ROLES: &str = include_str!("../policy/roles.csv");

/// Decides who may do what. One enforcer per act holds that act's rows: casbin scans all rows for a
/// denial, so few rows keep it quick.
pub struct Guard {
    enforcers: BTreeMap<String, Enforcer>,
}

/// An actor may not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{role} 没有“{act}”的权限")]
pub struct Denied {
    /// The actor's role.
    pub role: &'static str,
    /// The name of the act.
    pub act: &'static str,
}

/// The policy could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// casbin refuses the model or a row.
    #[error("权限模型有误：{0}")]
    Casbin(#[from] casbin::Error),
    /// `roles.csv` is not a table of roles and acts.
    #[error("权限表有误：{0}")]
    Table(#[from] csv::Error),
    /// `roles.csv` names an act that the program does not have.
    #[error("权限表中的“{0}”不是已知的操作")]
    UnknownAct(String),
}

impl Guard {
    /// Loads the policy that is part of the program.
    ///
    /// # Errors
    /// A policy that casbin refuses or that names an unknown act.
    pub async fn load() -> Result<Self, GuardError> {
        let mut rows: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for row in csv::Reader::from_reader(ROLES.as_bytes()).deserialize::<(String, String)>() {
            let (role, act) = row?;
            if !NAMES.contains(&act.as_str()) {
                return Err(GuardError::UnknownAct(act));
            }
            rows.entry(act.clone()).or_default().push(vec![role, act]);
        }
        let mut enforcers = BTreeMap::new();
        for (act, rows) in rows {
            let model = DefaultModel::from_str(MODEL).await?;
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await?;
            enforcer.add_policies(rows).await?;
            enforcers.insert(act, enforcer);
        }
        Ok(Self { enforcers })
    }

    /// The permission of `actor` to do `act` at `place`.
    ///
    /// # Errors
    /// The actor's role has no row for the act.
    pub fn allow<A: Act>(&self, actor: &Actor, _act: A, place: Place) -> Result<Allowed<A>, Denied> {
        let allowed = self
            .enforcers
            .get(A::NAME)
            .is_some_and(|enforcer| enforcer.enforce((actor.role(), A::NAME)).unwrap_or(false));
        if allowed {
            Ok(Allowed::new(actor.clone(), place))
        } else {
            Err(Denied { role: actor.role(), act: A::NAME })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AdoptCatalogue, Close, Correct, Publish, ReadPublic};

    fn village() -> Place {
        Place::parse_code("440229100204").expect("a code")
    }

    #[tokio::test]
    async fn the_schedule_closes_and_publishes_but_never_corrects_or_adopts() {
        let guard = Guard::load().await.expect("the policy");
        assert!(guard.allow(&Actor::Schedule, Close, village()).is_ok());
        assert!(guard.allow(&Actor::Schedule, Publish, village()).is_ok());
        assert_eq!(
            guard.allow(&Actor::Schedule, Correct, village()).err().map(|denied| denied.act),
            Some("correct")
        );
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
}
