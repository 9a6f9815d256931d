//! When what names a household may be erased.

use super::Participation;
use crate::month::Month;

/// Why a household's personal values stay for now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureProblem {
    /// It takes part.
    #[error("农户还在参与积分；请先登记退出月份，退出后再删除")]
    TakesPart,
    /// A month in which it took part is not closed.
    #[error("农户在 {0} 之前参与的月份还没有全部结账，结账后再删除")]
    Unclosed(Month),
    /// The words of objections would be gone before anybody decides.
    #[error("这一户的积分还有 {0} 件异议没有办结；请先作出处理，或登记提出人撤回，再删除")]
    Objections(usize),
}

/// Rule R-60: what names a household (name, phone, address, remarks, photos) may be erased once it has left, every month
/// in which it took part is closed and every objection against its score is decided; its results stay, under its code. One
/// that never took part may be erased at once.
///
/// `open` is the village's first month that is not closed, `objections` how many are not decided.
///
/// Source: 个人信息保护法 第四十七条: 处理目的已实现…个人信息处理者应当主动删除个人信息; product §2.5.
///
/// # Errors
/// The reason to wait.
pub fn may_erase(
    dates: &Participation,
    open: Option<Month>,
    objections: usize,
) -> Result<(), ErasureProblem> {
    match (dates.joined, dates.left) {
        (Some(_), None) => Err(ErasureProblem::TakesPart),
        (Some(_), Some(left)) if open.is_none_or(|open| left > open) => Err(ErasureProblem::Unclosed(left)),
        _ if objections > 0 => Err(ErasureProblem::Objections(objections)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(joined: &str, left: &str, open: &str) -> Result<(), ErasureProblem> {
        let month = |text: &str| Month::parse(text).ok();
        may_erase(&Participation { joined: month(joined), left: month(left) }, month(open), 0)
    }

    #[test]
    fn words_of_an_objection_stay_until_it_is_decided() {
        let month = |text: &str| Month::parse(text).ok();
        let left = Participation { joined: month("2026-01"), left: month("2026-03") };
        for dates in [left, Participation::default()] {
            assert_eq!(may_erase(&dates, month("2026-03"), 2), Err(ErasureProblem::Objections(2)));
        }
    }

    #[test]
    fn a_household_that_has_left_is_erased_once_its_months_are_closed() {
        assert_eq!(check("2026-01", "2026-03", "2026-03"), Ok(()));
        assert!(matches!(check("2026-01", "2026-03", "2026-02"), Err(ErasureProblem::Unclosed(_))));
        assert!(matches!(check("2026-01", "2026-03", ""), Err(ErasureProblem::Unclosed(_))));
        assert_eq!(check("2026-01", "", "2026-03"), Err(ErasureProblem::TakesPart));
        assert_eq!(check("", "", ""), Ok(()));
    }
}
