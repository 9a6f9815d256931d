//! What villages are reminded of in a day's digests: months that go on, and corrections of those that were closed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::catalogue::Dated;
use domain::month::Month;
use domain::place::Place;
use domain::publication::{BoardState, board_state};
use domain::rulebook::{Layer, Rulebook};
use domain::schedule::{Reminder, VillageMonth, reminders};

use crate::closing::{frozen_inputs, heads, open_months};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::places::villages_of;
use crate::publication::{Postings, Published, postings, published};
use crate::rulebook;

/// How many villages are looked at together.
const BATCH: usize = 16;

/// What every village is to be reminded of: for this month and the one before, for older months that are not closed
/// yet, and for corrections of older months, at most a year back.
pub(super) async fn missing(
    connection: &mut Connection,
    county: &Place,
    moment: &Moment,
) -> Result<Vec<Reminder>> {
    let public = Public::load(connection, county).await?;
    let mut found = in_progress(connection, county, &public, moment).await?;
    found.extend(corrections(connection, county, &public, moment).await?);
    Ok(found)
}

/// The local month.
pub(super) fn this_month(moment: &Moment) -> Result<Month> {
    Month::of(moment.local().date()).ok_or_else(|| Error::Corrupt("日期".into()))
}

/// What is on record of a county's months once they are closed, and the rules that bind them.
struct Public {
    layers: Vec<Dated<Layer>>,
    published: BTreeMap<(Place, Month, i16), Published>,
    postings: BTreeMap<(Place, Month), Postings>,
}

/// How far the latest version of a month is public.
struct Standing {
    published_on: Option<NaiveDate>,
    older_published: bool,
    board: BoardState,
}

impl Public {
    async fn load(connection: &mut Connection, county: &Place) -> Result<Self> {
        Ok(Self {
            layers: rulebook::all(connection, county).await?,
            published: published(connection, county).await?,
            postings: postings(connection, county).await?,
        })
    }

    fn rules(&self, village: &Place, month: Month) -> Result<Rulebook> {
        rulebook::resolve(&rulebook::inherited(&self.layers, village, month))
    }

    /// Takes the latest closed version, none while the month is open.
    fn standing(&self, village: Place, month: Month, latest: Option<i16>) -> Standing {
        let on = |version: i16| self.published.get(&(village, month, version)).map(|published| published.on);
        let published_on = latest.and_then(on);
        let mut of_month = self.published.range((village, month, i16::MIN)..=(village, month, i16::MAX));
        let board = self.postings.get(&(village, month)).and_then(Postings::on_board);
        Standing {
            published_on,
            older_published: published_on.is_none() && of_month.next().is_some(),
            board: board_state(board.as_ref(), latest),
        }
    }
}

async fn in_progress(
    connection: &mut Connection,
    county: &Place,
    public: &Public,
    moment: &Moment,
) -> Result<Vec<Reminder>> {
    let this = this_month(moment)?;
    let villages = villages_of(connection, county).await?;
    let open = open_months(connection, county).await?;
    let oldest = open.values().min().copied().unwrap_or(this.previous()).min(this.previous());
    let mut found = Vec::new();
    for month in oldest.max(a_year_before(this)).through(this) {
        for batch in villages.chunks(BATCH) {
            let slice = frozen_inputs(connection, batch, month).await?;
            for inputs in slice.villages.iter().filter(|inputs| !inputs.roster.is_empty()) {
                let village = inputs.village;
                let latest = inputs.last_version(month).map(|head| head.version);
                if month < this.previous() && latest.is_some() {
                    continue;
                }
                let Standing { published_on, older_published, board } =
                    public.standing(village, month, latest);
                let facts = VillageMonth {
                    village,
                    month,
                    taking_part: u32::try_from(inputs.roster.len()).unwrap_or(u32::MAX),
                    with_card: u32::try_from(inputs.cards.len()).unwrap_or(u32::MAX),
                    unsigned_panels: inputs.unsigned.keys().map(ToString::to_string).collect(),
                    closed: latest.is_some(),
                    published_on,
                    older_published,
                    board,
                };
                found.extend(reminders(&facts, &public.rules(&village, month)?, moment.local()));
            }
        }
    }
    Ok(found)
}

/// The corrections of months before the previous one that wait for their publication or their sheet; one statement for
/// all of them. What was never corrected is no longer asked for.
async fn corrections(
    connection: &mut Connection,
    county: &Place,
    public: &Public,
    moment: &Moment,
) -> Result<Vec<Reminder>> {
    let this = this_month(moment)?;
    let older = a_year_before(this)..this.previous();
    let interval = county.scope();
    let closed = heads(connection, county, (&interval.low, &interval.high)).await?;
    // Versions stand in the order of their chain: the latest remains.
    let latest: BTreeMap<(Place, Month), i16> = closed
        .iter()
        .filter(|head| older.contains(&head.month))
        .map(|head| ((head.village, head.month), head.version))
        .collect();
    let mut found = Vec::new();
    for ((village, month), version) in latest.into_iter().filter(|(_, version)| *version > 1) {
        let Standing { published_on, older_published, board } =
            public.standing(village, month, Some(version));
        if published_on.is_none() && !older_published {
            continue;
        }
        // Of a closed month nothing is scored or signed any more.
        let facts = VillageMonth {
            village,
            month,
            taking_part: 0,
            with_card: 0,
            unsigned_panels: Vec::new(),
            closed: true,
            published_on,
            older_published,
            board,
        };
        found.extend(reminders(&facts, &public.rules(&village, month)?, moment.local()));
    }
    Ok(found)
}

fn a_year_before(month: Month) -> Month {
    Month::new(month.year() - 1, month.of_year()).unwrap_or(month)
}
