//! What past months would have given under a draft, before it is handed in or approved. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::{Catalogue, Dated};
use domain::closing::Replay;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::ScoringTable;

use super::{Stored, all, wrong};
use crate::closing::{Slice, VillageInputs, cards_of, frozen_inputs, heads, month_inputs};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::places::villages_of;

/// How many villages are replayed at most: it takes a closing of each for every month.
pub const MOST_VILLAGES: usize = 20;

/// How many months are replayed at most.
pub const MOST_MONTHS: usize = 12;

/// Past months under a draft (试算), and of which villages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhatIf {
    /// The villages that were replayed, in the order of their codes.
    pub villages: Vec<Place>,
    /// Villages that the draft does not bind, since a list of their own or of their town does.
    pub own_list: usize,
    /// Villages that would be bound and were left out: more than [`MOST_VILLAGES`].
    pub left_out: usize,
    /// What the months would have given, the earliest first.
    pub replayed: domain::closing::WhatIf,
}

/// Replays the latest closed months, `months` of them and 12 at most, of the villages that a draft for `place` would
/// bind. Each month keeps its cards and rulebook; totals of earlier months stay as they are.
///
/// # Errors
/// A draft that could not be in force whatever it punishes, by line and field; faults of the database.
pub async fn what_if(
    connection: &mut Connection,
    place: &Place,
    draft: &Catalogue,
    months: usize,
) -> Result<WhatIf> {
    Refusal::unless_none(wrong(draft))?;
    let lists = all(connection, place).await?;
    let villages = villages_of(connection, place).await?;
    let (own, bound): (Vec<Place>, Vec<Place>) =
        villages.into_iter().partition(|village| has_own(&lists, place, village));
    let mut closed = closed_villages(connection, place, &bound).await?;
    let mut replayable: Vec<Place> =
        closed.values().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let left_out = replayable.len().saturating_sub(MOST_VILLAGES);
    replayable.truncate(MOST_VILLAGES);
    closed.retain(|_, villages| {
        villages.retain(|village| replayable.contains(village));
        !villages.is_empty()
    });
    let skipped = closed.len().saturating_sub(months.clamp(1, MOST_MONTHS));
    let table = ScoringTable::new(draft);
    let mut replayed = domain::closing::WhatIf::default();
    for (month, villages) in closed.into_iter().skip(skipped) {
        let villages: Vec<Place> = villages.into_iter().collect();
        replayed.add(month, &replays(connection, &villages, month, (draft, &table)).await?);
    }
    Ok(WhatIf { villages: replayable, own_list: own.len(), left_out, replayed })
}

/// Whether a village is bound by a list that stands below `place`.
fn has_own(lists: &[Dated<Stored>], place: &Place, village: &Place) -> bool {
    let below = |list: &Place| list != place && place.contains(list) && list.contains(village);
    lists.iter().any(|list| below(&list.place))
}

/// The months that any of these villages has closed, with the villages.
async fn closed_villages(
    connection: &mut Connection,
    place: &Place,
    villages: &[Place],
) -> Result<BTreeMap<Month, BTreeSet<Place>>> {
    let (interval, wanted) = (place.scope(), villages.iter().copied().collect::<BTreeSet<Place>>());
    let mut closed: BTreeMap<Month, BTreeSet<Place>> = BTreeMap::new();
    for head in heads(connection, &place.county(), (&interval.low, &interval.high)).await? {
        if wanted.contains(&head.village) {
            closed.entry(head.month).or_default().insert(head.village);
        }
    }
    Ok(closed)
}

async fn replays(
    connection: &mut Connection,
    villages: &[Place],
    month: Month,
    draft: (&Catalogue, &ScoringTable),
) -> Result<Vec<Replay>> {
    let slice = frozen_inputs(connection, villages, month).await?;
    let mut replays = Vec::with_capacity(slice.villages.len());
    for village in &slice.villages {
        replays.extend(replay(connection, &slice, village, draft).await?);
    }
    Ok(replays)
}

/// A village's month as its latest version has it, and under the draft.
async fn replay(
    connection: &mut Connection,
    slice: &Slice,
    village: &VillageInputs,
    draft: (&Catalogue, &ScoringTable),
) -> Result<Option<Replay>> {
    let (Some(head), Some(own)) = (village.last_version(slice.month), slice.catalogue(village)) else {
        return Ok(None);
    };
    let counted = cards_of(connection, &slice.county, slice.month, head.id).await?;
    let cards: Vec<_> = village.cards.iter().filter(|card| counted.contains(&card.id)).collect();
    let (rulebook, _) = slice.rulebook(village)?;
    let table = ScoringTable::new(&own.catalogue);
    let inputs = month_inputs(slice, village, (&own.catalogue, &table), &rulebook, &cards);
    let replay = domain::closing::replay(&inputs, draft);
    replay.map(Some).map_err(|(household, unknown)| Error::Corrupt(format!("农户 {household}：{unknown}")))
}
