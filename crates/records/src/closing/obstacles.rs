//! Why villages cannot be closed now: what closing would answer, without closing.

use std::collections::BTreeMap;

use domain::closing::blocks;
use domain::month::Month;
use domain::place::Place;

use super::load::frozen_inputs;
use crate::database::Connection;
use crate::error::Result;

/// What stands between each of some villages and the closing of a month; those that nothing stands against are absent.
/// Each is looked at alone, since villages that lie apart would bring all that lies between them.
///
/// # Errors
/// Faults of the database.
pub async fn obstacles(
    connection: &mut Connection,
    villages: &[Place],
    month: Month,
) -> Result<BTreeMap<Place, Vec<String>>> {
    let mut found = BTreeMap::new();
    for village in villages {
        let slice = frozen_inputs(connection, &[*village], month).await?;
        for inputs in &slice.villages {
            let (rulebook, _) = slice.rulebook(inputs)?;
            let facts = inputs.readiness(slice.catalogue(inputs).is_some(), &rulebook);
            let reasons: Vec<String> = blocks(&facts).iter().map(ToString::to_string).collect();
            if !reasons.is_empty() {
                found.insert(inputs.village, reasons);
            }
        }
    }
    Ok(found)
}
