//! The parts of the console, in the order of the month's flow, and the navigation through them.

use domain::month::Month;
use domain::place::Place;

use super::NavLink;

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $title:literal, $icon:literal;)*) => {
        /// A part of the console, in the order of the month's flow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Section { $($(#[$doc])* $name),* }

        impl Section {
            /// Every part, in the order of the flow.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its first piece in an address.
            pub(crate) fn path(self) -> &'static str {
                match self { $(Self::$name => $path),* }
            }

            /// Its name for people.
            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// The name of its icon.
            fn icon(self) -> &'static str {
                match self { $(Self::$name => $icon),* }
            }
        }
    };
}

sections! {
    /// Where the month stands.
    Overview = "overview", "总览", "home";
    /// Catalogues and settings.
    Rules = "rules", "规则", "scale";
    /// The register.
    Households = "households", "农户", "users";
    /// Who scores.
    Panels = "panels", "评分组", "users-group";
    /// Cards.
    Scoring = "scoring", "评分", "clipboard-list";
    /// Closing the month.
    Closing = "closing", "结账", "lock";
    /// The notice board.
    Publication = "publication", "公示", "speakerphone";
    /// Objections.
    Objections = "objections", "异议", "message-report";
    /// The year-end awards.
    Awards = "awards", "年终", "award";
    /// What was done.
    Log = "log", "日志", "history";
    /// Accounts and roles.
    Accounts = "accounts", "账号", "id-badge-2";
}

impl Section {
    /// The address of this part for a place and month.
    pub(crate) fn at(self, place: &Place, month: Month) -> String {
        format!("/{}/{}/{month}", self.path(), place.code())
    }
}

/// Parts of the flow that have no pages yet, after the part that they follow.
const TO_COME: &[(Section, &[&str])] =
    &[(Section::Objections, &["兑换"]), (Section::Awards, &["经费", "考核"])];

/// The links of the flow for a place and month.
pub(super) fn nav(section: Section, place: &Place, month: Month) -> Vec<NavLink> {
    let mut links = Vec::new();
    for one in Section::ALL {
        let (title, icon, href) = (one.title(), one.icon(), one.at(place, month));
        links.push(NavLink { title, icon, href, current: *one == section });
        let to_come = TO_COME.iter().filter(|(after, _)| after == one).flat_map(|(_, titles)| *titles);
        links.extend(to_come.map(|title| NavLink {
            title,
            icon: "circle-dashed",
            href: String::new(),
            current: false,
        }));
    }
    links
}
