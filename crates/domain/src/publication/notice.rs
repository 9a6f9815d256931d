//! The notice (公示): what the sheet on the wall, the web page and the files of a village's month say.

use chrono::NaiveDate;

use super::honours::{Honours, Praised, honours};
use super::{Masked, Name, Provenance, last_digits};
use crate::canonical::Digest;
use crate::closing::{HouseholdResult, Tier};
use crate::month::Month;
use crate::place::Place;
use crate::points::{Points, mean};
use crate::scoring::Status;

/// A household on the public board; the name can only be the masked one.
#[derive(Debug, Clone)]
pub struct PublicRow {
    /// What the closed version says.
    pub result: HouseholdResult,
    /// The masked name of the head, as it was registered for the month.
    pub head: Masked<Name>,
    /// The score of the month before, where there was one.
    pub before: Option<Points>,
}

/// The notice of a village's month.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The village.
    pub village: Place,
    /// Its name.
    pub village_name: String,
    /// The name of its town.
    pub town_name: String,
    /// The month.
    pub month: Month,
    /// The version.
    pub version: i16,
    /// Why there is a later version than the first.
    pub reason: Option<String>,
    /// The hash of the version.
    pub hash: Digest,
    /// Households taking part.
    pub taking_part: u32,
    /// Households scored.
    pub scored: u32,
    /// Whether it was carried out at all.
    pub carried_out: bool,
    /// The local date of closing.
    pub closed_on: NaiveDate,
    /// When it was published; none: a preview (预览).
    pub published_on: Option<NaiveDate>,
    /// The last day on which an objection is in time, once published.
    pub object_until: Option<NaiveDate>,
    /// Group by group.
    pub groups: Vec<NoticeGroup>,
    /// The village's praise.
    pub honours: Honours,
    /// What the version moved against the one before it.
    pub changes: Vec<Change>,
    /// What became of objections to the month, as far as is known when the notice is made; no digest covers it.
    pub outcomes: Vec<ObjectionOutcome>,
    /// How the month came about.
    pub provenance: Provenance,
}

/// Rule R-83: what became of an objection stands on the notice of its month with its number, what it was about, the
/// outcome and the date: neither whose score it was nor who objected, decided or reviewed, nor anybody's words.
///
/// Source: product §2.7: publishes the outcome without names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionOutcome {
    /// `2026-10-003`, as the receipt has it.
    pub number: String,
    /// The act objected to; empty for the whole month.
    pub about: String,
    /// 成立, 不成立…
    pub outcome: String,
    /// The local date of the decision, or of the end of its review.
    pub decided_on: NaiveDate,
}

impl ObjectionOutcome {
    /// What it was about, in words: `扣分 H1a`, `本月积分`.
    pub fn subject(&self) -> String {
        if self.about.is_empty() { "本月积分".to_owned() } else { format!("扣分 {}", self.about) }
    }
}

/// A group on the notice.
#[derive(Debug, Clone)]
pub struct NoticeGroup {
    /// The group.
    pub group: Place,
    /// Its name.
    pub name: String,
    /// Households taking part.
    pub taking_part: usize,
    /// Households scored.
    pub scored: usize,
    /// The mean of the scored.
    pub mean: Option<Points>,
    /// The scored: those who redeem by rank, then the others by house number.
    pub rows: Vec<NoticeRow>,
    /// House numbers of those not scored, with the reason.
    pub unscored: Vec<(String, Status)>,
    /// The group's praise.
    pub honours: Honours,
}

/// A scored household on the notice.
#[derive(Debug, Clone)]
pub struct NoticeRow {
    /// 户号: the last four digits.
    pub number: String,
    /// 本月积分
    pub score: Points,
    /// What only those within the places show.
    pub placed: Option<Placed>,
}

/// What a household within the places shows.
#[derive(Debug, Clone)]
pub struct Placed {
    /// 名次
    pub rank: u32,
    /// Whether others share the rank (并列).
    pub tied: bool,
    /// 户主, masked.
    pub head: Masked<Name>,
    /// 年度累计
    pub total: Points,
    /// 档次
    pub tier: Option<Tier>,
}

/// What a correction moved for a household: before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name of its group.
    pub group: String,
    /// 户号
    pub number: String,
    /// 本月积分
    pub score: (Option<Points>, Option<Points>),
    /// 组内名次
    pub rank: (Option<u32>, Option<u32>),
    /// 档次
    pub tier: (Option<Tier>, Option<Tier>),
}

/// Rule R-58: the red list and no black one (红榜不黑榜): who redeems stands by rank with masked name, total and
/// tier; below the places a household has only its number and score, in the order of numbers; who was not scored
/// has only its number and the reason.
///
/// Source: part four (四): 公示光荣榜; product §2.6.
pub fn notice_group(group: Place, name: String, mut all: Vec<PublicRow>) -> NoticeGroup {
    let place_of = |row: &PublicRow| row.result.rank_in_group.filter(|_| row.result.qualifies);
    all.sort_by_key(|row| (place_of(row).unwrap_or(u32::MAX), row.result.household));
    let scores: Vec<Points> = all.iter().filter_map(|row| row.result.score).collect();
    let ranks: Vec<u32> = all.iter().filter_map(|row| row.result.rank_in_group).collect();
    let row = |row: &PublicRow| {
        let score = row.result.score?;
        let placed = place_of(row).map(|rank| Placed {
            rank,
            tied: ranks.iter().filter(|other| **other == rank).count() > 1,
            head: row.head.clone(),
            total: row.result.year_total,
            tier: row.result.tier,
        });
        Some(NoticeRow { number: last_digits(&row.result.household).to_owned(), score, placed })
    };
    let unscored = all.iter().filter(|row| row.result.score.is_none());
    NoticeGroup {
        group,
        name,
        taking_part: all.len(),
        scored: scores.len(),
        mean: mean(&scores),
        rows: all.iter().filter_map(row).collect(),
        unscored: unscored
            .map(|row| (last_digits(&row.result.household).to_owned(), row.result.status))
            .collect(),
        honours: honours(&all),
    }
}

impl Notice {
    /// The village's praise with the name of each group before the number, which is only unique inside it; full
    /// marks are praised group by group.
    pub fn village_praise(&self) -> [Vec<String>; 3] {
        let group_of = |one: &Praised| {
            let group = self.groups.iter().find(|group| group.group == one.group);
            group.map(|group| group.name.as_str()).unwrap_or_default()
        };
        let line = |praised: &[Praised], sign: &str, unit: &str| -> Vec<String> {
            let words = praised.iter().map(|one| {
                let points = one.points.short();
                format!("{} {} {} {sign}{points}{unit}", group_of(one), one.number(), one.head)
            });
            words.collect()
        };
        [
            line(&self.honours.best, "", " 分"),
            line(&self.honours.total, "", " 分"),
            line(&self.honours.improved, "+", ""),
        ]
    }

    /// Whether it may still change: nothing of it is public yet.
    pub fn is_preview(&self) -> bool {
        self.published_on.is_none()
    }

    /// `龙仙镇青云村2026年10月家庭积分公示`.
    pub fn title(&self) -> String {
        format!("{}{} {}家庭积分公示", self.town_name, self.village_name, self.month.title())
    }
}

impl Honours {
    /// What a group is praised for, each with its line; a line without anybody is empty.
    pub fn lines(&self) -> [(&'static str, String); 4] {
        let full: Vec<String> =
            self.full.iter().map(|one| format!("{} {}", one.number(), one.head)).collect();
        let improved: Vec<String> = self.improved.iter().map(Praised::gain).collect();
        [
            ("本月最高", praise_line(&self.best, " 分")),
            ("累计最高", praise_line(&self.total, " 分")),
            ("满分", full.join("、")),
            ("进步最大", improved.join("、")),
        ]
    }
}

/// Those who are praised, as one line: `0012 张*明 100 分、0015 王* 100 分`.
pub fn praise_line(praised: &[Praised], unit: &str) -> String {
    let words: Vec<String> = praised
        .iter()
        .map(|one| format!("{} {} {}{unit}", one.number(), one.head, one.points.short()))
        .collect();
    words.join("、")
}
