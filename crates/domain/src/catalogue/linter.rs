//! What a catalogue may not punish.

use super::Catalogue;
use crate::place::{Level, Place};

/// A subject that may not be scored, the words that betray it, and why.
struct Ban {
    words: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban { words: &["信访", "上访", "越级访", "进京访"], why: "不得因群众信访扣分" },
    Ban {
        words: &["低保", "惠民待遇", "惠农补贴", "取消补贴", "停发", "社会救助"],
        why: "不得与低保、惠民待遇挂钩",
    },
    Ban { words: &["罚款", "罚金", "扣钱", "缴纳违约金"], why: "积分不得变相罚款" },
    Ban {
        words: &["计划生育", "超生", "拆迁", "征地", "征收土地"], why: "不得纳入计划生育、拆迁、征地事项"
    },
    Ban {
        words: &["健康状况", "患病", "残疾", "疫苗接种", "宗教", "信教", "身份证"],
        why: "不得依据健康、信仰或身份证件信息",
    },
];

/// A text in the catalogue that touches what may not be scored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}“{text}”含“{word}”：{why}")]
pub struct LintFinding {
    /// The code of the item or rule.
    pub code: String,
    /// Its text.
    pub text: String,
    /// The word that was found.
    pub word: &'static str,
    /// Why it blocks.
    pub why: &'static str,
}

/// Rule R-10: no item may punish petitioning, cut welfare, fine people, touch family planning,
/// demolition or land-taking, or rest on health, belief or ID data. Only the county can override,
/// with a reason that is logged.
///
/// Source: national guidance on points systems (积分制负面清单); product §2.1.
pub fn lint(catalogue: &Catalogue) -> Vec<LintFinding> {
    let items = catalogue.items.iter().map(|item| (&item.code, &item.name));
    let rules = catalogue.rules().map(|(_, rule)| (&rule.code, &rule.text));
    let mut findings = Vec::new();
    for (code, text) in items.chain(rules) {
        let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        for ban in BANS {
            if let Some(word) = ban.words.iter().find(|word| plain.contains(**word)) {
                findings.push(LintFinding { code: code.clone(), text: text.clone(), word, why: ban.why });
            }
        }
    }
    findings
}

/// Why a catalogue with findings cannot be put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOverridden {
    /// Somebody below the county.
    #[error("有 {0} 处含不得扣分的内容，只有县可以放行；请退回修改，或由县审批")]
    Level(usize),
    /// No reason.
    #[error("有 {0} 处含不得扣分的内容；要放行请写明放行的原因，否则请退回修改")]
    NoReason(usize),
}

/// Rule R-79: a catalogue that touches what may not be scored is put in force by nobody but the county, when it
/// approves, with its reason; without findings nobody needs one.
///
/// Source: national guidance on points systems (积分制负面清单); product §2.1.
///
/// # Errors
/// Findings, and a reach below the county or no reason.
pub fn may_override(
    findings: &[LintFinding],
    reach: &Place,
    reason: Option<&str>,
) -> Result<(), NotOverridden> {
    if findings.is_empty() {
        return Ok(());
    }
    if reach.level() != Level::County {
        return Err(NotOverridden::Level(findings.len()));
    }
    match reason.map(str::trim) {
        Some(reason) if !reason.is_empty() => Ok(()),
        _ => Err(NotOverridden::NoReason(findings.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small;
    use super::*;

    fn check(text: &str, word: Option<&str>) {
        let mut catalogue = small();
        catalogue.items[0].rules[0].text = text.into();
        assert_eq!(lint(&catalogue).first().map(|finding| finding.word), word, "{text}");
    }

    #[test]
    fn what_may_not_be_punished_is_found_even_with_spaces_in_it() {
        check("无理上访的", Some("上访"));
        check("取 消 低 保 资格", Some("低保"));
        check("罚 款 50 元", Some("罚款"));
        check("不配合征地", Some("征地"));
        check("患病不报告", Some("患病"));
    }

    #[test]
    fn the_county_alone_overrides_and_says_why() {
        let place = |code: &str| Place::parse_code(code).expect("a code");
        let (county, town) = (place("440229000000"), place("440229100000"));
        let mut catalogue = small();
        catalogue.items[0].rules[0].text = "罚款".into();
        let findings = lint(&catalogue);
        assert_eq!(may_override(&findings, &county, Some("仅为宣传用语")), Ok(()));
        assert_eq!(may_override(&findings, &county, Some(" ")), Err(NotOverridden::NoReason(1)));
        assert_eq!(may_override(&findings, &county, None), Err(NotOverridden::NoReason(1)));
        assert_eq!(may_override(&findings, &town, Some("原因")), Err(NotOverridden::Level(1)));
        assert_eq!(may_override(&lint(&small()), &town, None), Ok(()));
    }

    #[test]
    fn ordinary_deductions_pass() {
        check("乱搭乱建且未按期整改", None);
        check("犬只未免疫登记或未拴养", None);
    }
}
