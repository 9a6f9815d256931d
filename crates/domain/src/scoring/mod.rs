//! Scoring (评分): cards, findings, deadlines, and the score a card gives.

mod draw;
mod entry_window;
mod evidence;
mod exception;
mod exception_request;
mod findings;
mod sample;
mod score;
mod sheet;
mod typed;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::canonical::{Digest, Form};
use crate::place::Place;

pub use draw::{draw_sample, sample_seed};
pub use entry_window::{EntryWindow, LateProblem, Lock, check_late_reason, months_open, way_to_change};
pub use evidence::{Pictured, missing_evidence};
pub use exception::{
    ExceptionEnded, ExceptionState, ExceptionStep, Granted, last_visit, lift, months_opened, opened_until,
};
pub use exception_request::{NotGranter, RequestProblem, check_request, may_decide_exception};
pub use findings::{Finding, FindingsError, parse_findings, write_findings};
pub use sample::{
    SampleProblem, candidates, check_commitment, check_correction, check_day, check_draw, commitment,
    is_beyond,
};
pub use score::{ItemScore, Score, ScoringTable, UnknownRule};
pub use sheet::{Likeness, Receipt, Standing, may_take, receive};
pub use typed::{parse_typed, typed_findings};

/// What became of the visit (状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 已评: scored, with or without findings.
    Scored,
    /// 外出
    Away,
    /// 拒评
    Refused,
    /// 未到
    Unreached,
    /// 未评: no card.
    Unscored,
}

impl Status {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] = [Self::Scored, Self::Away, Self::Refused, Self::Unreached, Self::Unscored];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Away => "away",
            Self::Refused => "refused",
            Self::Unreached => "unreached",
            Self::Unscored => "unscored",
        }
    }

    /// The name on paper.
    pub fn title(self) -> &'static str {
        match self {
            Self::Scored => "已评",
            Self::Away => "外出",
            Self::Refused => "拒评",
            Self::Unreached => "未到",
            Self::Unscored => "未评",
        }
    }

    /// The stored number, 0 to 4.
    pub fn number(self) -> i16 {
        match self {
            Self::Scored => 0,
            Self::Away => 1,
            Self::Refused => 2,
            Self::Unreached => 3,
            Self::Unscored => 4,
        }
    }

    /// The status of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.number() == number)
    }

    /// The status that a card states, by English or Chinese name; nobody states 未评.
    pub fn stated(name: &str) -> Option<Self> {
        Self::ALL[..4].iter().copied().find(|status| status.name() == name || status.title() == name)
    }
}

/// One revision of a household's card for a month (积分卡).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The household.
    pub household: Place,
    /// 1 for the first sheet; each replacement or correction counts on.
    pub revision: i16,
    /// The panel that scored, by name.
    pub panel: Arc<str>,
    /// The local date of the visit.
    pub scored_on: NaiveDate,
    /// What became of the visit; never 未评.
    pub status: Status,
    /// The acts found, each once, in the order of their texts.
    pub findings: Vec<Finding>,
    /// The salted digest of reasons, notes and decider, where there are any.
    pub remark: Option<Digest>,
}

impl Card {
    /// Adds this card's canonical line.
    pub fn write(&self, form: &mut Form) {
        form.code(self.household.digits()).number(self.revision).text(&self.panel);
        form.code(&self.scored_on.to_string()).number(self.status.number());
        form.code(&write_findings(&self.findings)).maybe_digest(self.remark.as_ref()).end();
    }

    /// Whether another sheet says the same of the household, whoever brings it.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.panel, self.scored_on, self.status, &self.findings)
            == (&other.panel, other.scored_on, other.status, &other.findings)
    }
}

/// The digest of a panel's signed cards, in the order of household and revision.
pub fn signed_digest<'a>(cards: impl IntoIterator<Item = &'a Card>) -> Digest {
    let mut form = Form::new("jifen signed cards 1");
    for card in cards {
        card.write(&mut form);
    }
    form.finish()
}
