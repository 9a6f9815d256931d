//! The month of a village step by step, in the order in which its clerk works: a pure list from loaded facts.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use domain::closing::{Block, Readiness, blocks, may_close, scheduled_at};
use domain::month::{Month, is_over};
use domain::panels::may_sign;
use domain::place::Place;
use domain::publication::{
    BoardState, MonthState, OnBoard, board_state, final_from, post_by, posted_in_time, publish_by,
};
use domain::rulebook::Rulebook;
use domain::scoring::EntryWindow;

/// How many missing things of a step are listed.
const LISTED: usize = 20;

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// 已完成
    Done,
    /// 进行中: it can be worked on now.
    Now,
    /// 未到: something before it comes first.
    Waiting,
    /// 受阻: it cannot go on until what is missing is there.
    Blocked,
    /// 已迟: its day is over.
    Late,
}

impl StageState {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Done => "已完成",
            Self::Now => "进行中",
            Self::Waiting => "未到",
            Self::Blocked => "受阻",
            Self::Late => "已迟",
        }
    }
}

/// A step of the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name: 评分.
    pub title: &'static str,
    /// Where it stands.
    pub state: StageState,
    /// How much is done.
    pub done: usize,
    /// Of how much.
    pub of: usize,
    /// What there is to say of it; may be empty.
    pub words: String,
    /// What its day is, with the day: `截止 11月3日`; empty where it has none.
    pub dated: String,
    /// What is missing, the first of it.
    pub missing: Vec<Missing>,
    /// How much more is missing than is listed.
    pub more: usize,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What, in words.
    pub words: String,
    /// The group that it is about, where it is about one.
    pub group: Option<Place>,
}

impl Missing {
    fn of(words: impl Into<String>) -> Self {
        Self { words: words.into(), group: None }
    }
}

/// What is on record of a village's month, as far as its steps ask.
pub(super) struct Facts<'a> {
    pub(super) month: Month,
    pub(super) rulebook: &'a Rulebook,
    pub(super) now: NaiveDateTime,
    /// What stands between the village and its closing.
    pub(super) readiness: Readiness,
    /// How many items the catalogue in force has.
    pub(super) items: usize,
    /// The panels of the month: their names, with whether they have cards that are all signed.
    pub(super) signed: Vec<(String, bool)>,
    /// Households without a card.
    pub(super) without_card: Vec<Missing>,
    /// Groups without a panel.
    pub(super) without_panel: Vec<Missing>,
    /// The latest version and the local date of its closing.
    pub(super) closed: Option<(i16, NaiveDate)>,
    /// When that version was published.
    pub(super) published_on: Option<NaiveDate>,
    /// Whether an older version is published while the latest is not.
    pub(super) older_published: bool,
    /// What hangs on the board, and which board it is.
    pub(super) posted: Option<(OnBoard, String)>,
    pub(super) open_objections: u32,
    pub(super) state: MonthState,
}

/// Every step, the first first.
pub(super) fn stages(facts: &Facts<'_>) -> Vec<Stage> {
    let all = [
        rules(facts),
        panels(facts),
        scoring(facts),
        signing(facts),
        closing(facts),
        publishing(facts),
        posting(facts),
        objecting(facts),
        settled(facts),
    ];
    all.into_iter().map(Stage::listing).collect()
}

impl Stage {
    /// The same with as much listed as a person reads, and the rest counted.
    fn listing(mut self) -> Self {
        self.more = self.missing.len().saturating_sub(LISTED);
        self.missing.truncate(LISTED);
        self
    }

    /// How much is missing.
    pub fn lacks(&self) -> usize {
        self.missing.len() + self.more
    }
}

fn rules(facts: &Facts<'_>) -> Stage {
    let (state, words, missing) = if facts.readiness.catalogue {
        (StageState::Done, format!("积分项目 {} 项", facts.items), Vec::new())
    } else {
        (StageState::Blocked, String::new(), vec![Missing::of(Block::NoCatalogue.to_string())])
    };
    single("规则已生效", state, words, String::new(), missing)
}

fn panels(facts: &Facts<'_>) -> Stage {
    let all = &facts.readiness.panels;
    let able = all.iter().filter(|(_, members, _)| may_sign(*members, &facts.rulebook.panels)).count();
    let mut missing = blocked(facts, |block| matches!(block, Block::SmallPanel { .. }));
    if all.is_empty() {
        missing.push(Missing::of("还没有登记评分组，请先登记评委和负责的村小组"));
    }
    missing.extend(facts.without_panel.iter().cloned());
    let state = if facts.closed.is_some() {
        StageState::Done
    } else if all.is_empty() || able < all.len() {
        StageState::Blocked
    } else if !facts.without_panel.is_empty() {
        StageState::Now
    } else {
        StageState::Done
    };
    let words = format!("{} 组", all.len());
    Stage {
        title: "评分组", state, done: able, of: all.len(), words, dated: String::new(), missing, more: 0
    }
}

fn scoring(facts: &Facts<'_>) -> Stage {
    let (done, of) = (facts.readiness.cards, facts.readiness.taking_part);
    let window = EntryWindow::of(facts.month, facts.now, &facts.rulebook.scoring);
    let due = facts.month.next().day(facts.rulebook.scoring.until_day);
    let (state, words) = match window {
        _ if of == 0 => (StageState::Waiting, "本月没有农户参与".to_owned()),
        _ if done >= of => (StageState::Done, String::new()),
        _ if facts.closed.is_some() => (StageState::Done, format!("{} 户未评，本月已结账", of - done)),
        EntryWindow::NotYet(from) => (StageState::Waiting, format!("{}起填写", day(from))),
        EntryWindow::Open(_) => (StageState::Now, format!("还有 {} 户未评", of - done)),
        EntryWindow::Over(_) => (StageState::Late, format!("{} 户没有积分卡，结账后记为未评", of - done)),
    };
    let mut missing = blocked(facts, |block| matches!(block, Block::Conflict(_)));
    missing.extend(facts.without_card.iter().cloned());
    Stage { title: "评分", state, done, of, words, dated: until(due), missing, more: 0 }
}

fn signing(facts: &Facts<'_>) -> Stage {
    let due = facts.month.next().day(facts.rulebook.scoring.until_day);
    let (done, of) = (facts.signed.iter().filter(|(_, signed)| *signed).count(), facts.signed.len());
    let mut missing = blocked(facts, |block| matches!(block, Block::Unsigned { .. }));
    let unsigned = missing.len();
    let waits =
        |name: &str| facts.readiness.panels.iter().any(|(panel, _, cards)| panel == name && *cards > 0);
    let without_cards = facts.signed.iter().filter(|(name, signed)| !signed && !waits(name));
    missing.extend(without_cards.map(|(name, _)| Missing::of(format!("评分组“{name}”还没有积分卡"))));
    let state = if facts.closed.is_some() {
        StageState::Done
    } else if facts.readiness.cards == 0 {
        StageState::Waiting
    } else if done == of {
        StageState::Done
    } else if unsigned > 0 && is_over(due, facts.now) {
        StageState::Late
    } else {
        StageState::Now
    };
    Stage {
        title: "组长签字", state, done, of, words: String::new(), dated: until(due), missing, more: 0
    }
}

fn closing(facts: &Facts<'_>) -> Stage {
    let at = scheduled_at(facts.month, &facts.rulebook.closing);
    if let Some((version, on)) = facts.closed {
        let words = format!("第{version}版，{}结账", day(on));
        return single("结账", StageState::Done, words, String::new(), Vec::new());
    }
    let missing = blocked(facts, |_| true);
    let state = if facts.readiness.taking_part == 0 || may_close(facts.month, facts.now).is_err() {
        StageState::Waiting
    } else if !missing.is_empty() {
        StageState::Blocked
    } else if is_over(at.date(), facts.now) {
        StageState::Late
    } else {
        StageState::Now
    };
    let dated = format!("自动结账 {} {:02}:{:02}", day(at.date()), at.hour(), at.minute());
    single("结账", state, String::new(), dated, missing)
}

fn publishing(facts: &Facts<'_>) -> Stage {
    let due = publish_by(facts.month, facts.older_published, &facts.rulebook.publication);
    let (state, words) = match (facts.closed, facts.published_on) {
        (Some((version, _)), Some(on)) => (StageState::Done, format!("第{version}版，{}公示", day(on))),
        (Some((version, _)), None) => {
            let state = due.map_or(StageState::Now, |due| late_or_now(due, facts.now));
            (state, format!("第{version}版待公示"))
        }
        (None, _) => (StageState::Waiting, String::new()),
    };
    single("公示", state, words, due.map(until).unwrap_or_default(), Vec::new())
}

fn posting(facts: &Facts<'_>) -> Stage {
    let latest = facts.closed.map(|(version, _)| version);
    let hangs = board_state(facts.posted.as_ref().map(|(board, _)| board), latest);
    let due = post_by(facts.month, hangs, facts.published_on, &facts.rulebook.publication);
    let (state, words) = match (&facts.posted, facts.published_on) {
        (Some((hanging, board)), _) if hangs == BoardState::Current => {
            let in_time = posted_in_time(facts.month, hanging.first_on, &facts.rulebook.publication);
            let late = if in_time { "" } else { "，迟于期限" };
            (StageState::Done, format!("{}张贴于{board}{late}", day(hanging.on)))
        }
        (Some((hanging, _)), published_on) => {
            let words = format!("公示栏上是第{}版", hanging.version);
            match published_on {
                Some(_) => (late_or_now(due, facts.now), format!("{words}，待换上新版")),
                None => (StageState::Waiting, words),
            }
        }
        (None, Some(_)) => (late_or_now(due, facts.now), "待张贴".to_owned()),
        (None, None) if facts.older_published => (late_or_now(due, facts.now), "还没有张贴过".to_owned()),
        (None, None) => (StageState::Waiting, String::new()),
    };
    single("张贴", state, words, until(due), Vec::new())
}

fn objecting(facts: &Facts<'_>) -> Stage {
    let open = facts.open_objections;
    let missing =
        if open > 0 { vec![Missing::of(format!("还有 {open} 件异议没有办结"))] } else { Vec::new() };
    let last = facts.published_on.and_then(|on| final_from(on, &facts.rulebook.objections).pred_opt());
    let (state, words) = match last {
        None => (StageState::Waiting, String::new()),
        Some(last) if !is_over(last, facts.now) => (StageState::Now, String::new()),
        Some(_) if open > 0 => (StageState::Blocked, "期限已过，异议尚未办结".to_owned()),
        Some(_) => (StageState::Done, "期满".to_owned()),
    };
    single("异议期", state, words, last.map(until).unwrap_or_default(), missing)
}

fn settled(facts: &Facts<'_>) -> Stage {
    let earliest = facts.published_on.map(|on| final_from(on, &facts.rulebook.objections));
    let (state, words) = match facts.state {
        MonthState::Final { version } => (StageState::Done, format!("第{version}版")),
        _ => (StageState::Waiting, String::new()),
    };
    let dated = earliest.filter(|_| state == StageState::Waiting).map(|from| format!("最早 {}", day(from)));
    single("已定", state, words, dated.unwrap_or_default(), Vec::new())
}

/// What stands between the village and its closing, as far as it is of one step.
fn blocked(facts: &Facts<'_>, of_step: impl Fn(&Block) -> bool) -> Vec<Missing> {
    let found = blocks(&facts.readiness);
    found.iter().filter(|block| of_step(block)).map(|block| Missing::of(block.to_string())).collect()
}

/// A step that is one thing, done or not.
fn single(
    title: &'static str,
    state: StageState,
    words: String,
    dated: String,
    missing: Vec<Missing>,
) -> Stage {
    let done = usize::from(state == StageState::Done);
    Stage { title, state, done, of: 1, words, dated, missing, more: 0 }
}

fn late_or_now(due: NaiveDate, now: NaiveDateTime) -> StageState {
    if is_over(due, now) { StageState::Late } else { StageState::Now }
}

/// `截止 11月3日`.
fn until(last: NaiveDate) -> String {
    format!("截止 {}", day(last))
}

/// `11月4日`.
fn day(date: NaiveDate) -> String {
    format!("{}月{}日", date.month(), date.day())
}

#[cfg(test)]
mod tests;
