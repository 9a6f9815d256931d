//! What hangs on the village's board (张贴): of which version, since when, and until when a new sheet is to follow.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::last_day;
use crate::month::Month;
use crate::rulebook::PublicationRule;

/// What hangs on the board of a village's month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnBoard {
    /// The local date on which the month's first sheet went up, in whatever version.
    pub first_on: NaiveDate,
    /// The version that hangs.
    pub version: i16,
    /// The local date on which that version went up.
    pub on: NaiveDate,
}

/// How the board stands beside what is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardState {
    /// No sheet of the month hangs.
    Empty,
    /// 旧版: an older version hangs than the one it is compared with.
    Outdated,
    /// The version itself hangs.
    Current,
}

/// Rule R-81: of each version counts what was recorded last; the board shows the highest version that went up, and
/// the month was put up on the day of its first sheet, whatever was corrected afterwards.
///
/// `postings` are versions with their local dates, in the order in which they were recorded.
///
/// Source: part four (四): 于每月10日前在村务公开栏更新积分情况; product §2.6, §2.7 (a correction is a new version).
pub fn on_board(postings: impl IntoIterator<Item = (i16, NaiveDate)>) -> Option<OnBoard> {
    let last: BTreeMap<i16, NaiveDate> = postings.into_iter().collect();
    let (version, on) = last.last_key_value()?;
    let first_on = last.values().min()?;
    Some(OnBoard { first_on: *first_on, version: *version, on: *on })
}

/// How the board stands beside the latest version; without one, every sheet is the latest.
pub fn board_state(board: Option<&OnBoard>, latest: Option<i16>) -> BoardState {
    match board {
        None => BoardState::Empty,
        Some(board) if latest.is_some_and(|latest| board.version < latest) => BoardState::Outdated,
        Some(_) => BoardState::Current,
    }
}

/// Rule R-82: posting is open until the published version hangs. Its last day is that of the month's first sheet
/// the sheet of a correction that is published later than that takes the place of the older one on the day
/// of its publication.
///
/// Source: part four (四); product §2.6 (待张贴), §2.7.
pub fn post_by(
    month: Month,
    board: BoardState,
    published_on: Option<NaiveDate>,
    rule: &PublicationRule,
) -> NaiveDate {
    let last = last_day(month, rule);
    match (board, published_on) {
        (BoardState::Outdated, Some(on)) => last.max(on),
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// The first day, the version that hangs, and its day.
    fn check(postings: &[(i16, &str)], expected: Option<(&str, i16, &str)>) {
        let found = on_board(postings.iter().map(|(version, on)| (*version, day(on))));
        let expected =
            expected.map(|(first, version, on)| OnBoard { first_on: day(first), version, on: day(on) });
        assert_eq!(found, expected, "{postings:?}");
    }

    #[test]
    fn a_correction_on_the_board_leaves_the_first_day_as_it_was() {
        check(&[], None);
        check(&[(1, "2026-11-08")], Some(("2026-11-08", 1, "2026-11-08")));
        check(&[(1, "2026-11-08"), (2, "2026-11-25")], Some(("2026-11-08", 2, "2026-11-25")));
        check(&[(2, "2026-11-25")], Some(("2026-11-25", 2, "2026-11-25")));
    }

    #[test]
    fn a_date_that_was_recorded_wrongly_is_replaced_for_its_version_only() {
        check(&[(1, "2026-11-08"), (1, "2026-11-11")], Some(("2026-11-11", 1, "2026-11-11")));
        let mended_later = [(1, "2026-11-08"), (2, "2026-11-25"), (1, "2026-11-09")];
        check(&mended_later, Some(("2026-11-09", 2, "2026-11-25")));
    }

    #[test]
    fn an_older_version_on_the_board_is_not_the_published_one() {
        let board = on_board([(1, day("2026-11-08"))]);
        assert_eq!(board_state(None, Some(1)), BoardState::Empty);
        assert_eq!(board_state(board.as_ref(), None), BoardState::Current);
        assert_eq!(board_state(board.as_ref(), Some(1)), BoardState::Current);
        assert_eq!(board_state(board.as_ref(), Some(2)), BoardState::Outdated);
    }

    #[test]
    fn a_late_correction_is_put_up_on_the_day_of_its_publication() {
        let rule = Rulebook::resolve([]).expect("the defaults").publication;
        let month = Month::parse("2026-10").expect("a month");
        let by = |board, on: &str| post_by(month, board, Some(day(on)), &rule);
        assert_eq!(by(BoardState::Empty, "2026-11-25"), day("2026-11-10"));
        assert_eq!(by(BoardState::Outdated, "2026-11-09"), day("2026-11-10"));
        assert_eq!(by(BoardState::Outdated, "2026-11-25"), day("2026-11-25"));
        assert_eq!(post_by(month, BoardState::Outdated, None, &rule), day("2026-11-10"));
    }
}
