//! How far the entry of a village's month is: what happened, and whether cards can still be entered.

use chrono::NaiveDate;
use domain::month::date_title;
use domain::scoring::{ExceptionState, Lock};
use records::scoring::ListedException;

/// Where the entry of cards stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// It begins on this day.
    Ahead(NaiveDate),
    /// Cards are entered.
    Open,
    /// It ended with the first day; exceptions hold it open for what they name until the second.
    Ended(NaiveDate, Option<NaiveDate>),
    /// The village has closed the month.
    Closed,
}

impl Entry {
    /// By the lock of the month and its exceptions.
    pub(super) fn of(lock: Option<&Lock>, exceptions: &[ListedException]) -> Self {
        match lock {
            None => Self::Open,
            Some(Lock::NotYet { from, .. }) => Self::Ahead(*from),
            Some(Lock::Past { until, .. }) => {
                let open = exceptions.iter().filter(|one| one.state == ExceptionState::Open);
                Self::Ended(*until, open.map(|one| one.until).max())
            }
            Some(Lock::Closed(_)) => Self::Closed,
        }
    }

    /// Whether every household's card is entered now.
    pub(super) fn is_open(self) -> bool {
        self == Self::Open
    }

    /// Whether entry is over without the month being closed.
    pub(super) fn is_ended(self) -> bool {
        matches!(self, Self::Ended(..))
    }

    /// Whether the village has closed the month.
    pub(super) fn is_closed(self) -> bool {
        self == Self::Closed
    }

    /// Whether some household's card can be entered now.
    pub(super) fn takes_cards(self) -> bool {
        matches!(self, Self::Open | Self::Ended(_, Some(_)))
    }

    /// What happened, in a sentence; empty while entry is open.
    pub(super) fn words(self) -> String {
        match self {
            Self::Ahead(from) => format!("还没有开始：{}起填写积分卡。", date_title(from)),
            Self::Open => String::new(),
            Self::Ended(until, None) => format!("录入已于{}24时截止，等待结账。", date_title(until)),
            Self::Ended(until, Some(opened)) => format!(
                "录入已于{}24时截止；获准补录的，到{}当天为止还可以录入。",
                date_title(until),
                date_title(opened)
            ),
            Self::Closed => "本月已结账，积分卡不能再录入或更改。".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::month::Month;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn what_is_over_says_so_and_takes_no_cards() {
        let month = Month::parse("2026-10").expect("a month");
        let ended = Entry::of(Some(&Lock::Past { month, until: day("2026-11-03") }), &[]);
        assert_eq!(ended, Entry::Ended(day("2026-11-03"), None));
        assert_eq!(ended.words(), "录入已于2026年11月3日24时截止，等待结账。");
        let closed = Entry::of(Some(&Lock::Closed(month)), &[]);
        assert!(
            !ended.takes_cards() && !closed.takes_cards() && !Entry::Ahead(day("2026-10-25")).takes_cards()
        );
        assert!(Entry::of(None, &[]).takes_cards() && Entry::Open.words().is_empty());
    }

    #[test]
    fn an_exception_takes_cards_until_its_day() {
        let entry = Entry::Ended(day("2026-11-03"), Some(day("2026-11-06")));
        assert!(entry.takes_cards() && entry.is_ended() && !entry.is_open());
        assert!(entry.words().contains("到2026年11月6日当天为止"), "{}", entry.words());
    }
}
