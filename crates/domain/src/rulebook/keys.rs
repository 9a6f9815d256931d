//! Every key of the rulebook, once: its name, its default, who may change it, and what it says.

/// Who may change a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// A number of the county document: the county alone.
    County,
    /// County, town or village.
    Anyone,
}

/// One key of the rulebook.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// `section.name`.
    pub name: &'static str,
    /// What holds when no level says otherwise.
    pub default: &'static str,
    /// Who may change it.
    pub keeper: Keeper,
    /// What it says, for the people who set it.
    pub title: &'static str,
    /// Whether results can depend on it: only such settings are part of a closed month's digest.
    pub decides: bool,
}

const fn document(name: &'static str, default: &'static str, title: &'static str) -> Key {
    Key { name, default, keeper: Keeper::County, title, decides: true }
}

const fn setting(name: &'static str, default: &'static str, title: &'static str) -> Key {
    Key { name, default, keeper: Keeper::Anyone, title, decides: true }
}

/// When something is done, never what comes of it.
const fn habit(name: &'static str, default: &'static str, title: &'static str) -> Key {
    Key { name, default, keeper: Keeper::Anyone, title, decides: false }
}

/// Every key, in the order of its section and name.
pub const KEYS: &[Key] = &[
    setting("awards.at_least_one_first", "false", "名额分不到一等奖时，是否至少设一名一等奖"),
    setting("awards.scope", "all", "年终奖励适用范围：all 全部参与户，local 仅本村户"),
    document("awards.share_percent", "30", "年终奖励名额占小组常住户数的百分比"),
    document("awards.split_percent", "20,30,50", "一、二、三等奖各占名额的百分比"),
    setting("closing.day", "4", "次月几日自动结账"),
    setting("closing.time", "00:30", "自动结账的时刻"),
    setting("closing.town_without_panel_from_day", "6", "次月几日起镇可以不等未签字的评分组结账"),
    setting("closing.village_without_panel_from_day", "4", "次月几日起村可以不等未签字的评分组结账"),
    setting("objections.days", "7", "公示后可提异议的整天数"),
    setting("objections.decide_within_days", "10", "异议应在几天内作出处理"),
    setting("panels.minimum_deciding", "2", "有人回避时，至少由几名其他成员评定"),
    document("panels.minimum_members", "3", "评分小组最少人数"),
    document("publication.until_day", "10", "次月几日前公示"),
    habit("publication.when_closed", "false", "结账后是否随即公示"),
    setting("redemption.max_places", "0", "并列时最多可兑换的户数，0 为不限"),
    document("redemption.minimum", "80", "可兑换的最低月积分"),
    document("redemption.places", "15", "可兑换的小组名次"),
    setting("redemption.scope", "all", "物品兑换适用范围：all 全部参与户，local 仅本村户"),
    setting("redemption.tie_break", "fewer_findings,environment,year_total,lot", "并列时的比较顺序"),
    document("redemption.tiers", "95,90,85,80", "第一至第四档次的最低积分"),
    setting("redemption.ties", "all", "末位并列：all 全部可兑换，chain 按比较顺序取满名额"),
    setting("scoring.opens_on_day", "25", "当月几日起可以填写积分卡"),
    document("scoring.until_day", "3", "次月几日（含当日）前完成评分"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_stand_once() {
        assert!(KEYS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
