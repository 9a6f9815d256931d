//! Compares two versions of a fact, and says in which part they differ.

use domain::closing::{HouseholdResult, Tier};

/// The first field in which a stored result differs from the recomputed one: name, stored, recomputed.
pub(super) fn result(
    stored: &HouseholdResult,
    computed: &HouseholdResult,
) -> Option<(&'static str, String, String)> {
    let tier = |result: &HouseholdResult| result.tier.map(Tier::number);
    field("农户", &stored.household, &computed.household)
        .or_else(|| field("村小组", &stored.group, &computed.group))
        .or_else(|| field("状态", &stored.status, &computed.status))
        .or_else(|| field("得分", &stored.score, &computed.score))
        .or_else(|| field("人居环境得分", &stored.environment, &computed.environment))
        .or_else(|| field("扣分次数", &stored.findings, &computed.findings))
        .or_else(|| field("组内名次", &stored.rank_in_group, &computed.rank_in_group))
        .or_else(|| field("村内名次", &stored.rank_in_village, &computed.rank_in_village))
        .or_else(|| field("年度累计", &stored.year_total, &computed.year_total))
        .or_else(|| field("是否符合兑换", &stored.qualifies, &computed.qualifies))
        .or_else(|| field("档次", &tier(stored), &tier(computed)))
}

/// The name and both values, when they differ.
pub(super) fn field<T: PartialEq + std::fmt::Debug>(
    name: &'static str,
    stored: &T,
    computed: &T,
) -> Option<(&'static str, String, String)> {
    (stored != computed).then(|| (name, format!("{stored:?}"), format!("{computed:?}")))
}

/// The sentence for a difference.
pub(super) fn sentence((name, stored, computed): (&'static str, String, String)) -> String {
    format!("{name}存的是 {stored}，重算是 {computed}")
}
