//! The blank sheet of whoever checks a sample.

use domain::forms::BlankSheet;
use domain::month::Month;
use domain::place::Place;

use super::drawn::drawn_households;
use super::read::heads;
use crate::catalogue::catalogue_of;
use crate::database::Connection;
use crate::error::Result;
use crate::forms::full_name;

/// A blank sheet with the households of a village that were drawn, for whoever checks them; none before the draw and
/// while no catalogue is in force.
///
/// # Errors
/// Faults of the database.
pub async fn sample_sheet(
    connection: &mut Connection,
    village: &Place,
    month: Month,
) -> Result<Option<BlankSheet>> {
    let drawn = drawn_households(connection, village, month).await?;
    let Some(catalogue) = catalogue_of(connection, village, month).await?.filter(|_| !drawn.is_empty())
    else {
        return Ok(None);
    };
    let mut known = heads(connection, village).await?;
    let households = drawn.into_iter().map(|(_, household)| {
        let head_name = known.remove(&household).and_then(|(_, head_name)| head_name);
        (household, head_name.unwrap_or_default())
    });
    Ok(Some(BlankSheet {
        place_name: full_name(connection, village).await?,
        month,
        panel: Some("镇评分指导组复核".to_owned()),
        catalogue: catalogue.catalogue,
        households: households.collect(),
    }))
}
