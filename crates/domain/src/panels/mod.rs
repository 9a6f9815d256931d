//! Panels (评分小组): who scores which groups, and who steps back.

mod handover;
mod quorum;
mod recusal;
mod signing;

use crate::canonical::{Digest, Form};
use crate::month::Month;
use crate::place::Place;

pub use handover::{HandoverProblem, OpenWork, check_handover};
pub use quorum::{PanelProblem, check_composition, may_sign};
pub use recusal::{RecusalProblem, check_recusal, is_expected_to_step_back};
pub use signing::{Signing, SigningProblem, check_signing};

/// Why somebody may sit on a panel (评委由村干部、村小组长、村民代表组成).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capacity {
    /// 村干部
    Cadre,
    /// 村小组长
    GroupLeader,
    /// 村民代表
    Representative,
}

impl Capacity {
    const ALL: [Self; 3] = [Self::Cadre, Self::GroupLeader, Self::Representative];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cadre => "cadre",
            Self::GroupLeader => "group_leader",
            Self::Representative => "representative",
        }
    }

    /// The name in the document.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cadre => "村干部",
            Self::GroupLeader => "村小组长",
            Self::Representative => "村民代表",
        }
    }

    /// The capacity of an English or Chinese name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capacity| capacity.name() == name || capacity.title() == name)
    }
}

/// A member of a panel (评委).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The salted digest of the name.
    pub name: Digest,
    /// Why this person may score.
    pub capacity: Capacity,
    /// Whether this member leads and signs (小组长).
    pub is_leader: bool,
}

/// A panel as it holds in some month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// The panel's name in its village: 第一评分组.
    pub name: String,
    /// 1 for its first revision.
    pub revision: i32,
    /// The first month this revision holds.
    pub effective: Month,
    /// The groups it scores, in the order of their codes; none once it is dissolved.
    pub groups: Vec<Place>,
    /// Its members, as written.
    pub members: Vec<Member>,
}

impl Panel {
    /// Whether it scores anybody: a panel without groups is dissolved from the revision's month on.
    pub fn holds(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Adds this panel's canonical lines.
    pub fn write(&self, form: &mut Form) {
        form.text(&self.name).number(self.revision).number(self.effective.number());
        for group in &self.groups {
            form.code(group.digits());
        }
        form.end();
        for member in &self.members {
            form.digest(&member.name).code(member.capacity.name()).truth(member.is_leader).end();
        }
    }
}
