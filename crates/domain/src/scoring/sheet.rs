//! Sheets (手机评分单): what becomes of what a phone hands in.

use super::entry_window::Lock;

/// How a sheet was received (回执).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Receipt {
    /// 已入账: it is the household's card.
    Entered,
    /// 内容相同: the card says so already.
    Same,
    /// 冲突: somebody else's card stands; the leader decides.
    Conflict,
    /// 迟到: entry was over; parked.
    Late,
    /// 待核实: it names something that is not known.
    Unclear,
}

impl Receipt {
    /// All of them, in the order of their stored numbers.
    pub const ALL: [Self; 5] = [Self::Entered, Self::Same, Self::Conflict, Self::Late, Self::Unclear];

    /// The stored number, 1 to 5.
    pub fn number(self) -> i16 {
        match self {
            Self::Entered => 1,
            Self::Same => 2,
            Self::Conflict => 3,
            Self::Late => 4,
            Self::Unclear => 5,
        }
    }

    /// Whether the phone keeps it, and may send it again: it never became a card.
    pub fn is_parked(self) -> bool {
        matches!(self, Self::Late | Self::Unclear)
    }

    /// The receipt of a stored number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|receipt| receipt.number() == number)
    }

    /// The name that programs read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Same => "same",
            Self::Conflict => "conflict",
            Self::Late => "late",
            Self::Unclear => "unclear",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Entered => "已入账",
            Self::Same => "内容相同",
            Self::Conflict => "冲突",
            Self::Late => "迟到",
            Self::Unclear => "待核实",
        }
    }

    /// Whether somebody has yet to decide what becomes of the sheet.
    pub fn waits(self) -> bool {
        matches!(self, Self::Conflict | Self::Late | Self::Unclear)
    }
}

/// How far a card and a sheet agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// In everything.
    Identical,
    /// In status and findings.
    SameResult,
    /// Not even in those.
    Different,
}

/// The household's card as it stands when a sheet comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its revision, 1 for the first.
    pub revision: i16,
    /// Whether a leader's signature covers it.
    pub signed: bool,
    /// How far it agrees with the sheet.
    pub likeness: Likeness,
}

/// Rule R-64: a sheet becomes the card while entry is open, where none stands, or an unsigned one that its member knew;
/// against another card both are kept, a shared log-in's second phone included, and the leader decides; after lock or
/// close it is parked as late, by the time at which it is received. Nothing is refused.
///
/// What the card says already needs no decision, however late it comes.
///
/// Source: product §2.4 (the phone syncs later without double entries), §4 item 6.
pub fn receive(open: bool, base_revision: i16, card: Option<Standing>) -> Receipt {
    let may_replace = |card: Standing| !card.signed && card.revision == base_revision;
    match card {
        Some(Standing { likeness: Likeness::Identical, .. }) => Receipt::Same,
        None if open => Receipt::Entered,
        Some(card) if open && may_replace(card) => Receipt::Entered,
        Some(Standing { likeness: Likeness::SameResult, .. }) => Receipt::Same,
        _ if !open => Receipt::Late,
        _ => Receipt::Conflict,
    }
}

/// Rule R-65: the leader takes a contradicting sheet that came in time until the month is closed, over a signed card
/// too, and the panel then signs again; any other only while entry is open. A closed month changes by a correction.
///
/// Source: product §2.4, §2.5 (an open conflict between two sheets blocks the closing).
pub fn may_take(receipt: Receipt, lock: Option<&Lock>) -> Result<(), Lock> {
    match lock {
        None => Ok(()),
        Some(Lock::Past { .. }) if receipt == Receipt::Conflict => Ok(()),
        Some(lock) => Err(lock.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::month::Month;

    const UNSIGNED: Standing = Standing { revision: 2, signed: false, likeness: Likeness::Different };
    const SIGNED: Standing = Standing { signed: true, ..UNSIGNED };

    fn like(likeness: Likeness, card: Standing) -> Option<Standing> {
        Some(Standing { likeness, ..card })
    }

    #[test]
    fn a_sheet_is_received_by_what_stands_when_it_comes_in() {
        use Likeness::{Different, Identical, SameResult};
        use Receipt::{Conflict, Entered, Late, Same};
        let table = [
            ("nothing stands", true, 0, None, Entered),
            ("the card it knew", true, 2, like(Different, UNSIGNED), Entered),
            ("somebody else's card", true, 0, like(Different, UNSIGNED), Conflict),
            ("a later revision", true, 1, like(Different, UNSIGNED), Conflict),
            ("a signed card", true, 2, like(Different, SIGNED), Conflict),
            ("the same, by somebody else", true, 0, like(SameResult, UNSIGNED), Same),
            ("the same, on a card it knew: a note is added", true, 2, like(SameResult, UNSIGNED), Entered),
            ("word for word", true, 2, like(Identical, UNSIGNED), Same),
            ("word for word, too late", false, 0, like(Identical, SIGNED), Same),
            ("nothing stands, too late", false, 0, None, Late),
            ("the card it knew, too late", false, 2, like(Different, UNSIGNED), Late),
            ("somebody else's card, too late", false, 0, like(Different, SIGNED), Late),
        ];
        for (case, open, base, card, expected) in table {
            assert_eq!(receive(open, base, card), expected, "{case}");
        }
    }

    #[test]
    fn a_conflict_is_decided_until_the_month_is_closed_and_a_late_sheet_under_no_lock() {
        let month = Month::parse("2026-10").expect("a month");
        let past = Lock::Past { month, until: month.next().day(3) };
        let closed = Lock::Closed(month);
        for (receipt, lock, expected) in [
            (Receipt::Conflict, None, true),
            (Receipt::Conflict, Some(&past), true),
            (Receipt::Conflict, Some(&closed), false),
            (Receipt::Late, None, true),
            (Receipt::Late, Some(&past), false),
            (Receipt::Late, Some(&closed), false),
            (Receipt::Unclear, Some(&past), false),
        ] {
            assert_eq!(may_take(receipt, lock).is_ok(), expected, "{receipt:?} {lock:?}");
        }
    }

    #[test]
    fn a_stored_number_reads_back() {
        for receipt in Receipt::ALL {
            assert_eq!(Receipt::from_number(receipt.number()), Some(receipt));
        }
        assert_eq!(Receipt::from_number(0), None);
    }
}
