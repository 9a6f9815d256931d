//! The town's blind sample (抽查复核): when its secret is fixed, when it is drawn, and which differences count.

use chrono::NaiveDate;

use super::entry_window::Lock;
use super::{Card, Status};
use crate::canonical::Digest;
use crate::month::Month;
use crate::place::Place;
use crate::points::Points;

/// The most households that are drawn in a village.
const MOST: usize = 20;

/// Two visits some days apart may differ by so much: five points.
const TOLERANCE: i32 = 50;

/// Why a sample is not fixed, drawn or entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleProblem {
    /// No number of households, or too large a one.
    #[error("每村抽查户数应为 1 到 {most} 户", most = MOST)]
    Size,
    /// A panel has signed.
    #[error("评分组已签字，这个月不能再定抽查；请在签字之前定下")]
    Signed,
    /// The month is closed.
    #[error("{0}")]
    Locked(Lock),
    /// Nothing was fixed before.
    #[error("本村这个月签字之前没有定下抽查，不能补抽")]
    NotFixed,
    /// Households wait for their card.
    #[error("还有 {0} 户没有积分卡，全部评完并签字、或结账以后才能抽")]
    Unscored(usize),
    /// Cards wait for their signature.
    #[error("还有 {0} 张积分卡没有签字，全部签字后才能抽")]
    Unsigned(usize),
    /// Nobody was scored.
    #[error("本村这个月没有已评的积分卡，没有可抽的户")]
    Nobody,
    /// A day before the month or still to come.
    #[error("复核日期 {0} 不对：应在该月 1 日以后，且不能晚于今天")]
    Day(NaiveDate),
    /// A card that says what the town found, as far as two visits may agree.
    #[error("这一户现在的积分卡与镇复核相差不超过 5 分，不从抽查更正")]
    NoDifference,
    /// Nobody was met on one of the two visits.
    #[error("有一方没有评分，不能比较，不从抽查更正")]
    NotComparable,
    /// A card that was corrected since.
    #[error("这一户的积分卡结账以后已经更正过，不从抽查更正")]
    Corrected,
    /// A correction that leaves the difference.
    #[error("更正后的积分卡与镇复核仍相差超过 5 分；请按镇复核的结果填")]
    StillBeyond,
}

/// What stands on record before the draw: the hash of the secret.
pub fn commitment(secret: &[u8; 32]) -> Digest {
    Digest::of(secret)
}

/// Rule R-78: a village's secret gets its hash and the size of its sample on record before any panel of the village signs
/// the month; the draw is made once, when every household has its signed card or the month is closed, and makes the secret known, so that neither panel nor
/// town can steer it and everybody can repeat it. Drawn are households whose signed card is 已评.
///
/// Source: product §2.4.
///
/// # Errors
/// A size that is none, a panel that has signed, a month that is closed.
pub fn check_commitment(size: usize, signed: bool, closed: bool, month: Month) -> Result<(), SampleProblem> {
    if !(1..=MOST).contains(&size) {
        Err(SampleProblem::Size)
    } else if closed {
        Err(SampleProblem::Locked(Lock::Closed(month)))
    } else if signed {
        Err(SampleProblem::Signed)
    } else {
        Ok(())
    }
}

/// Whether the sample can be drawn: whoever has no card yet, in a month that is not closed, could never be drawn
/// any more.
///
/// # Errors
/// Households without a card, cards that are not signed, and nobody to draw.
pub fn check_draw(unscored: usize, unsigned: usize, candidates: usize) -> Result<(), SampleProblem> {
    match (unscored, unsigned, candidates) {
        (0, 0, 0) => Err(SampleProblem::Nobody),
        (0, 0, _) => Ok(()),
        (0, unsigned, _) => Err(SampleProblem::Unsigned(unsigned)),
        (unscored, ..) => Err(SampleProblem::Unscored(unscored)),
    }
}

/// The households that may be drawn, by the latest card of each.
pub fn candidates<'a>(latest: impl IntoIterator<Item = &'a Card>) -> Vec<Place> {
    latest.into_iter().filter(|card| card.status == Status::Scored).map(|card| card.household).collect()
}

/// Whether a check may have been on a day.
///
/// # Errors
/// A day before the month, or still to come.
pub fn check_day(month: Month, day: NaiveDate, today: NaiveDate) -> Result<(), SampleProblem> {
    if day < month.day(1) || day > today { Err(SampleProblem::Day(day)) } else { Ok(()) }
}

/// Whether the town's score is further from the panel's than two visits may be; none where the town met nobody.
pub fn is_beyond(panel: Points, town: Option<Points>) -> Option<bool> {
    town.map(|town| (panel.tenths() - town.tenths()).abs() > TOLERANCE)
}

/// Whether a closed month's card is corrected by what the town found: only one that is further from it than two
/// visits may be, and only into one that is not.
///
/// Takes what the card that counts now, the town's, and the corrected one come to; none where nobody was met.
///
/// Source: product §2.4 (a confirmed difference corrects the card).
///
/// # Errors
/// Nothing to compare, no difference that counts, and a correction that leaves it.
pub fn check_correction(
    now: Option<Points>,
    town: Option<Points>,
    corrected: Option<Points>,
) -> Result<(), SampleProblem> {
    let differs = |card: Option<Points>| card.and_then(|card| is_beyond(card, town));
    match (differs(now), differs(corrected)) {
        (None, _) => Err(SampleProblem::NotComparable),
        (Some(true), Some(false)) => Ok(()),
        (Some(true), _) => Err(SampleProblem::StillBeyond),
        (Some(false), _) => Err(SampleProblem::NoDifference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month() -> Month {
        Month::parse("2026-10").expect("a month")
    }

    #[test]
    fn a_sample_is_fixed_before_anybody_signs() {
        assert_eq!(check_commitment(5, false, false, month()), Ok(()));
        assert_eq!(check_commitment(5, true, false, month()), Err(SampleProblem::Signed));
        assert_eq!(check_commitment(0, false, false, month()), Err(SampleProblem::Size));
        assert_eq!(check_commitment(21, false, false, month()), Err(SampleProblem::Size));
        let closed = check_commitment(5, true, true, month());
        assert_eq!(closed, Err(SampleProblem::Locked(Lock::Closed(month()))));
    }

    #[test]
    fn it_is_drawn_when_everything_is_signed() {
        assert_eq!(check_draw(0, 0, 3), Ok(()));
        assert_eq!(check_draw(0, 2, 3), Err(SampleProblem::Unsigned(2)));
        assert_eq!(check_draw(4, 2, 3), Err(SampleProblem::Unscored(4)));
        assert_eq!(check_draw(0, 0, 0), Err(SampleProblem::Nobody));
    }

    #[test]
    fn more_than_five_points_are_beyond_what_two_visits_may_differ_by() {
        let points = Points::from_tenths;
        assert_eq!(is_beyond(points(950), Some(points(900))), Some(false));
        assert_eq!(is_beyond(points(950), Some(points(899))), Some(true));
        assert_eq!(is_beyond(points(890), Some(points(950))), Some(true));
        assert_eq!(is_beyond(points(950), None), None);
    }

    #[test]
    fn a_check_is_in_its_month_or_later_and_not_to_come() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        assert_eq!(check_day(month(), day("2026-11-05"), day("2026-11-05")), Ok(()));
        assert!(check_day(month(), day("2026-11-06"), day("2026-11-05")).is_err());
        assert!(check_day(month(), day("2026-09-30"), day("2026-11-05")).is_err());
    }

    #[test]
    fn only_a_difference_that_counts_is_corrected_and_then_it_is_gone() {
        let check = |now, town, corrected| {
            let points = |tenths: Option<i32>| tenths.map(Points::from_tenths);
            check_correction(points(now), points(town), points(corrected))
        };
        assert_eq!(check(Some(950), Some(850), Some(850)), Ok(()));
        assert_eq!(check(Some(950), Some(850), Some(900)), Ok(()), "as two visits may differ");
        assert_eq!(check(Some(950), Some(850), Some(910)), Err(SampleProblem::StillBeyond));
        assert_eq!(
            check(Some(950), Some(850), None),
            Err(SampleProblem::StillBeyond),
            "the town met somebody"
        );
        assert_eq!(check(Some(900), Some(850), Some(850)), Err(SampleProblem::NoDifference));
        assert_eq!(check(Some(950), None, Some(850)), Err(SampleProblem::NotComparable));
        assert_eq!(check(None, Some(850), Some(850)), Err(SampleProblem::NotComparable));
    }
}
