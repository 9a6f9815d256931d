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
}

/// Rule R-60: what names a household (name, phone, address, remarks, photos) may be erased once it has left and every
/// month in which it took part is closed; its results stay, under its code. One that never took part may be erased at
/// once.
///
/// `open` is the village's first month that is not closed.
///
/// Source: 个人信息保护法 第四十七条: 处理目的已实现…个人信息处理者应当主动删除个人信息; product §2.5.
///
/// # Errors
/// The reason to wait.
pub fn may_erase(dates: &Participation, open: Option<Month>) -> Result<(), ErasureProblem> {
    match (dates.joined, dates.left) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(ErasureProblem::TakesPart),
        (Some(_), Some(left)) if open.is_some_and(|open| left <= open) => Ok(()),
        (Some(_), Some(left)) => Err(ErasureProblem::Unclosed(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(joined: &str, left: &str, open: &str) -> Result<(), ErasureProblem> {
        let month = |text: &str| Month::parse(text).ok();
        may_erase(&Participation { joined: month(joined), left: month(left) }, month(open))
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
