//! The roles that a person or a machine can be given, and at which places.

use domain::place::{Level, Place};

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal, $title:literal, $levels:expr;)*) => {
        /// A role (角色). What it may do stands in `policy/roles.csv`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Role {
            $($(#[$doc])* $role,)*
        }

        impl Role {
            /// Every role, the county's first.
            pub const ALL: &[Self] = &[$(Self::$role),*];

            /// Its name in `policy/roles.csv`, in files and in the log.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }

            /// Its name for people.
            pub fn title(self) -> &'static str {
                match self { $(Self::$role => $title,)* }
            }

            /// The levels of the places at which it is given.
            fn levels(self) -> &'static [Level] {
                match self { $(Self::$role => $levels,)* }
            }
        }
    };
}

roles! {
    /// Sees to the whole county.
    CountyAdministrator = "county_administrator", "县管理员", &[Level::County];
    /// Reads the whole county.
    CountyViewer = "county_viewer", "县查看员", &[Level::County];
    /// Assesses cadres.
    Assessor = "assessor", "考核员", &[Level::County];
    /// Sees to a town.
    TownAdministrator = "town_administrator", "镇管理员", &[Level::Town];
    /// Guides the panels of a town.
    GuidanceMember = "guidance_member", "评分指导组成员", &[Level::Town];
    /// Reads a town.
    TownViewer = "town_viewer", "镇查看员", &[Level::Town];
    /// Sees to a village: the clerk.
    VillageAdministrator = "village_administrator", "村管理员", &[Level::Village];
    /// Answers for a panel's scores.
    PanelLeader = "panel_leader", "评分组组长", &[Level::Village];
    /// Scores.
    PanelMember = "panel_member", "评分组成员", &[Level::Village];
    /// Reads everything of a village, the log too.
    Supervisor = "supervisor", "村务监督员", &[Level::Village];
    /// Reads a group.
    GroupLeader = "group_leader", "村小组长", &[Level::Group];
    /// Reads everything of a county or town, the log too.
    Auditor = "auditor", "审计员", &[Level::County, Level::Town];
    /// Another system, by token only.
    Machine = "machine", "机器客户端", &[Level::County, Level::Town, Level::Village];
}

impl Role {
    /// The role of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// Whether it can be given at a place: a village's role at a village.
    pub fn fits(self, place: &Place) -> bool {
        self.levels().contains(&place.level())
    }

    /// Whether it sees to a place, so that the last one who holds it there must stay.
    pub fn administers(self) -> bool {
        matches!(self, Self::CountyAdministrator | Self::TownAdministrator | Self::VillageAdministrator)
    }

    /// Whether tokens carry it, and persons do not.
    pub fn is_for_machines(self) -> bool {
        self == Self::Machine
    }
}
