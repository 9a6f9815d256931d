//! A household's closed months with their reasons, and the objections against them.

use domain::canonical::Digest;
use domain::closing::Tier;
use domain::forms::MonthColumn;
use domain::month::{Month, date_title};
use domain::place::Place;
use domain::points::Points;
use records::objections::ObjectionSummary;
use records::photos::ShownPhoto;

use crate::photos::{ReasonLine, Thumbs, reasons};

/// A closed month.
pub(super) struct MonthLine {
    pub(super) month: Month,
    pub(super) status: &'static str,
    pub(super) score: String,
    pub(super) rank: String,
    pub(super) tier: &'static str,
    pub(super) total: String,
    pub(super) version: String,
    pub(super) reasons: Vec<ReasonLine>,
}

/// An objection against one of its months.
pub(super) struct ObjectionLine {
    pub(super) number: String,
    pub(super) href: String,
    pub(super) month: String,
    pub(super) about: String,
    pub(super) state: String,
    pub(super) filed_on: String,
}

/// A month, with its photos beside their reasons.
pub(super) fn month_line(column: &MonthColumn, household: &Place, photos: &[ShownPhoto]) -> MonthLine {
    let result = &column.result;
    let published = if column.published { "" } else { "，未公示" };
    let (code, month) = (household.code(), column.month);
    let address = |hash: &Digest| format!("/household/{code}/{month}/photos/{}", hash.hex());
    let mut reasons = reasons(column, photos, address);
    reasons.extend(column.reason.iter().map(|reason| ReasonLine {
        text: format!("第{}版的原因：{reason}", column.version),
        photos: Thumbs { photos: Vec::new() },
    }));
    MonthLine {
        month: column.month,
        status: result.status.title(),
        score: result.score.map(Points::short).unwrap_or_default(),
        rank: result.rank_in_group.map(|rank| rank.to_string()).unwrap_or_default(),
        tier: result.tier.map_or("", Tier::title),
        total: result.year_total.short(),
        version: format!("第{}版{published}", column.version),
        reasons,
    }
}

/// An objection, with the way to its file; `opens` says whether the reader may open its page, which is the village's.
pub(super) fn objection_line(one: &ObjectionSummary, opens: bool) -> ObjectionLine {
    let href = format!("/objections/{}/{}/{}", one.village.code(), one.month, one.id);
    ObjectionLine {
        number: one.number.clone(),
        href: if opens { href } else { String::new() },
        month: one.month.title(),
        about: if one.about.is_empty() { "整月".to_owned() } else { one.about.clone() },
        state: one.state.title(),
        filed_on: date_title(one.filed_on),
    }
}
