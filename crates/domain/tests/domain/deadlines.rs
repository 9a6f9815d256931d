//! Every boundary minute of the month's deadlines, in Asia/Shanghai.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Asia::Shanghai;
use domain::closing::{may_close, may_leave_out_unsigned, scheduled_at};
use domain::month::{Month, local_time};
use domain::place::Level;
use domain::publication::posted_in_time;
use domain::rulebook::Rulebook;
use domain::scoring::EntryWindow;

/// What holds at an instant for October 2026.
#[derive(Debug, PartialEq, Eq)]
struct Holds {
    entry: &'static str,
    may_close: bool,
    schedule_due: bool,
    village_may_leave_out: bool,
    town_may_leave_out: bool,
    posting_in_time: bool,
}

fn at(instant: &str) -> NaiveDateTime {
    let instant: DateTime<Utc> = instant.parse().expect("an instant");
    local_time(instant, Shanghai)
}

fn holds(now: NaiveDateTime) -> Holds {
    let rulebook = Rulebook::resolve([]).expect("the defaults");
    let month = Month::parse("2026-10").expect("a month");
    Holds {
        entry: match EntryWindow::of(month, now, &rulebook.scoring) {
            EntryWindow::NotYet(_) => "not yet",
            EntryWindow::Open(_) => "open",
            EntryWindow::Over(_) => "over",
        },
        may_close: may_close(month, now).is_ok(),
        schedule_due: now >= scheduled_at(month, &rulebook.closing),
        village_may_leave_out: may_leave_out_unsigned(Level::Village, month, now, &rulebook.closing),
        town_may_leave_out: may_leave_out_unsigned(Level::Town, month, now, &rulebook.closing),
        posting_in_time: posted_in_time(month, now.date(), &rulebook.publication),
    }
}

#[test]
fn each_deadline_turns_at_its_minute() {
    // instant in UTC, entry of cards, close by hand, schedule, village and town without a panel, posting
    let table = [
        ("2026-10-24T15:59:59Z", "not yet", false, false, false, false, true),
        ("2026-10-24T16:00:00Z", "open", false, false, false, false, true),
        ("2026-10-31T15:59:59Z", "open", false, false, false, false, true),
        ("2026-10-31T16:00:00Z", "open", true, false, false, false, true),
        ("2026-11-03T15:59:59Z", "open", true, false, false, false, true),
        ("2026-11-03T16:00:00Z", "over", true, false, true, false, true),
        ("2026-11-03T16:29:59Z", "over", true, false, true, false, true),
        ("2026-11-03T16:30:00Z", "over", true, true, true, false, true),
        ("2026-11-05T15:59:59Z", "over", true, true, true, false, true),
        ("2026-11-05T16:00:00Z", "over", true, true, true, true, true),
        ("2026-11-10T15:59:59Z", "over", true, true, true, true, true),
        ("2026-11-10T16:00:00Z", "over", true, true, true, true, false),
    ];
    for (
        instant,
        entry,
        may_close,
        schedule_due,
        village_may_leave_out,
        town_may_leave_out,
        posting_in_time,
    ) in table
    {
        let expected = Holds {
            entry,
            may_close,
            schedule_due,
            village_may_leave_out,
            town_may_leave_out,
            posting_in_time,
        };
        assert_eq!(holds(at(instant)), expected, "{instant}");
    }
}
