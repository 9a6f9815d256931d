//! The arithmetic sheet (算式) of one household's month: every number with what it was made of.

use domain::catalogue::Catalogue;
use domain::closing::{HouseholdResult, explain_rank, explain_score, explain_tier};
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use domain::points::Points;
use domain::publication::last_digits;
use domain::rulebook::{RedemptionRule, RewardScope};
use domain::scoring::{Finding, Status};

use super::heads::{Head, heads};
use super::read::{ClosedMonth, closed_months, rows_of};
use super::tie::last_place;
use super::why_load::{GroupRow, SummedMonth, WhyCard, card_of, findings_of, group_rows, summed_months};
use crate::catalogue;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::forms::{Versions, full_name};
use crate::publication::{Published, published};
use crate::rulebook;

/// A household's month, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Which household and month: place, number, month; no name.
    pub title: String,
    /// Headings with their lines, in the order of the arithmetic.
    pub sections: Vec<(String, Vec<String>)>,
}

/// Explains a household's month in the latest version, or in the latest that is published; none where no such
/// version has the household. The transaction must reach the household's village.
///
/// # Errors
/// Faults of the database.
pub async fn why(
    connection: &mut Connection,
    household: &Place,
    month: Month,
    versions: Versions,
) -> Result<Option<Why>> {
    let Some(village) = household.ancestor(Level::Village) else { return Ok(None) };
    let published = published(connection, &village).await?;
    let publication = |closed: &ClosedMonth| published.get(&(village, month, closed.version)).copied();
    // The latest version comes first.
    let shown = closed_months(connection, &village).await?.into_iter().find(|closed| {
        closed.month == month && (versions == Versions::Latest || publication(closed).is_some())
    });
    let Some(closed) = shown else { return Ok(None) };
    let results = rows_of(connection, &village.county(), month, closed.closing_id).await?;
    let Some(own) = results.iter().find(|result| result.household == *household) else { return Ok(None) };
    let group: Vec<&HouseholdResult> = results.iter().filter(|result| result.group == own.group).collect();
    let scope = village.scope();
    let heads = heads(connection, &village.county(), (&scope.low, &scope.high)).await?;
    let sheet = Sheet::load(connection, own, &closed, &heads).await?;
    let place = full_name(connection, &own.group).await?;
    let title = format!("{place} {} 号 {}", last_digits(household), month.title());
    let publication = publication(&closed);
    Ok(Some(Why { title, sections: sheet.sections(own, &group, &closed, publication)? }))
}

/// What stands behind a result.
struct Sheet {
    catalogue: Catalogue,
    rule: RedemptionRule,
    head: Head,
    group: Vec<GroupRow>,
    card: Option<WhyCard>,
    findings: Vec<Finding>,
    earlier: Vec<SummedMonth>,
}

impl Sheet {
    async fn load(
        connection: &mut Connection,
        own: &HouseholdResult,
        closed: &ClosedMonth,
        heads: &[Head],
    ) -> Result<Self> {
        let missing = |what: &str| Error::Corrupt(format!("{} 的{what}", closed.month));
        let head = heads.iter().find(|head| head.id == closed.closing_id);
        let head = head.cloned().ok_or_else(|| missing("结账"))?;
        let stored = catalogue::with_ids(connection, &head.village, &[head.catalogue_id]).await?;
        let stored = stored.into_iter().next().ok_or_else(|| missing("积分项目"))?;
        let layers = rulebook::all(connection, &head.village).await?;
        let layers: Vec<_> =
            layers.iter().filter(|layer| head.rulebook_ids.contains(&layer.revision)).collect();
        let rule = rulebook::resolve(&layers)?.redemption;
        let group = group_rows(connection, &head, &own.group).await?;
        let row = group.iter().find(|row| row.household == own.household).ok_or_else(|| missing("农户"))?;
        let (household_id, card_id) = (row.household_id, row.card_id);
        let (card, findings) = match card_id {
            Some(id) => (card_of(connection, &head, id).await?, findings_of(connection, &head, id).await?),
            None => (None, Vec::new()),
        };
        let earlier = summed_months(connection, &head, heads, household_id).await?;
        Ok(Self { catalogue: stored.what.catalogue, rule, head, group, card, findings, earlier })
    }

    fn sections(
        &self,
        own: &HouseholdResult,
        group: &[&HouseholdResult],
        closed: &ClosedMonth,
        published: Option<Published>,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let scores: Vec<Option<Points>> = group.iter().map(|result| result.score).collect();
        let rank =
            own.score.map_or_else(|| "没有得分，不排名次".to_owned(), |own| explain_rank(own, &scores));
        let sections = [
            ("本月得分", self.score(own)?),
            ("组内名次", vec![rank]),
            ("兑换", self.redemption(own, group)),
            ("年度累计", self.year(own)),
            ("积分卡", vec![self.card(own.status)]),
            ("版本", vec![version(closed, published)]),
        ];
        Ok(sections.into_iter().map(|(title, lines)| (title.to_owned(), lines)).collect())
    }

    /// The score, and the rules that were broken.
    fn score(&self, own: &HouseholdResult) -> Result<Vec<String>> {
        if own.score.is_none() {
            return Ok(vec![format!("本月{}，不计分", own.status.title())]);
        }
        let mut lines = explain_score(&self.catalogue, &self.findings)
            .map_err(|unknown| Error::Corrupt(unknown.to_string()))?;
        let broken =
            |code: &str| self.findings.iter().any(|finding| finding.rules().any(|rule| rule == code));
        let rules = self.catalogue.rules().filter(|(_, rule)| broken(&rule.code));
        lines.extend(rules.map(|(_, rule)| {
            format!("{}：{}，{}扣 {} 分", rule.code, rule.text, rule.unit, rule.points.short())
        }));
        Ok(lines)
    }

    fn redemption(&self, own: &HouseholdResult, group: &[&HouseholdResult]) -> Vec<String> {
        let is_local = |household: &Place| {
            self.group.iter().find(|row| row.household == *household).is_none_or(|row| row.local)
        };
        let in_scope =
            |result: &HouseholdResult| self.rule.scope == RewardScope::All || is_local(&result.household);
        let mut lines = Vec::new();
        if in_scope(own) {
            let contenders = group.iter().copied().filter(|result| in_scope(result));
            lines.extend(last_place(own, contenders, &self.rule, &self.head.seed));
        } else {
            lines.push("本村的兑换只面向本村户，本户不在兑换范围内".to_owned());
        }
        lines.push(explain_tier(own, &self.rule));
        lines
    }

    /// The year's months, each with the version it was summed in.
    fn year(&self, own: &HouseholdResult) -> Vec<String> {
        let this = SummedMonth {
            month: self.head.month,
            version: self.head.version,
            status: own.status,
            score: own.score,
        };
        let months: Vec<&SummedMonth> = self.earlier.iter().chain([&this]).collect();
        let named = |one: &SummedMonth, what: &str| format!("{}月 {what}", one.month.of_year());
        let parts: Vec<_> = months.iter().filter_map(|one| Some(named(one, &one.score?.short()))).collect();
        let total = own.year_total.short();
        let mut lines = vec![if parts.is_empty() {
            format!("本年还没有得分的月份，累计 {total}")
        } else {
            format!("{} = {total}", parts.join(" + "))
        }];
        let unscored: Vec<_> = months
            .iter()
            .filter(|one| one.score.is_none())
            .map(|one| named(one, one.status.title()))
            .collect();
        if !unscored.is_empty() {
            lines.push(format!("不计分的月份：{}", unscored.join("、")));
        }
        let versions: Vec<_> = months.iter().map(|one| named(one, &format!("第{}版", one.version))).collect();
        lines.push(format!("所用版本：{}", versions.join("、")));
        lines
    }

    fn card(&self, status: Status) -> String {
        match &self.card {
            None => "本月没有积分卡（未评）".to_owned(),
            Some(card) => {
                let again = if card.revision > 1 {
                    format!("，第 {} 次填写的卡", card.revision)
                } else {
                    String::new()
                };
                format!("{}于{}评分，{}{again}", card.panel, date_title(card.scored_on), status.title())
            }
        }
    }
}

fn version(closed: &ClosedMonth, published: Option<Published>) -> String {
    let standing = published
        .map_or_else(|| "尚未公示".to_owned(), |published| format!("{}公示", date_title(published.on)));
    format!("第{}版，{standing}，校验码 {}", closed.version, closed.hash.short())
}
