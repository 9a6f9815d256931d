//! Reads catalogues back.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::catalogue::{Catalogue, Category, Dated, DeductionRule, Item, in_force};
use domain::month::Month;
use domain::place::Place;
use domain::points::Points;

use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::schema::{catalogue, catalogue_item, catalogue_rule};

/// A stored catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its row number.
    pub id: i64,
    /// The list.
    pub catalogue: Catalogue,
}

/// The catalogue in force at a place in a month.
///
/// # Errors
/// Faults of the database.
pub async fn catalogue_of(
    connection: &mut Connection,
    place: &Place,
    month: Month,
) -> Result<Option<Stored>> {
    let stored = all(connection, place).await?;
    Ok(in_force(&stored, place, month).map(|one| one.what.clone()))
}

/// Every catalogue that can bind places inside `scope`: those made inside it and above it.
pub(crate) async fn all(connection: &mut Connection, scope: &Place) -> Result<Vec<Dated<Stored>>> {
    load(connection, scope, None).await
}

/// The catalogues of these row numbers.
pub(crate) async fn with_ids(
    connection: &mut Connection,
    scope: &Place,
    ids: &[i64],
) -> Result<Vec<Dated<Stored>>> {
    load(connection, scope, Some(ids)).await
}

async fn load(connection: &mut Connection, scope: &Place, ids: Option<&[i64]>) -> Result<Vec<Dated<Stored>>> {
    let county = scope.county();
    let mut query = catalogue::table.filter(catalogue::county_code.eq(county.digits())).into_boxed();
    if let Some(ids) = ids {
        query = query.filter(catalogue::id.eq_any(ids));
    } else {
        let interval = scope.scope();
        let above: Vec<String> = std::iter::successors(scope.parent(), Place::parent)
            .map(|place| place.digits().to_owned())
            .collect();
        let inside = catalogue::place.ge(interval.low).and(catalogue::place.lt(interval.high));
        query = query.filter(inside.or(catalogue::place.eq_any(above)));
    }
    let lists: Vec<(i64, String, i32)> = query
        .order(catalogue::id)
        .select((catalogue::id, catalogue::place, catalogue::effective_month))
        .load(connection)
        .await?;
    let ids: Vec<_> = lists.iter().map(|list| list.0).collect();
    let mut items = items(connection, &county, &ids).await?;
    lists
        .into_iter()
        .map(|(id, place, from)| {
            let catalogue = Catalogue { items: items.remove(&id).unwrap_or_default() };
            let what = Stored { id, catalogue };
            Ok(Dated { place: codec::place(&place)?, from: codec::month(from)?, revision: id, what })
        })
        .collect()
}

async fn items(connection: &mut Connection, county: &Place, ids: &[i64]) -> Result<BTreeMap<i64, Vec<Item>>> {
    let rows: Vec<(i64, i16, String, String, String, i32)> = catalogue_item::table
        .filter(catalogue_item::county_code.eq(county.digits()))
        .filter(catalogue_item::catalogue_id.eq_any(ids))
        .order((catalogue_item::catalogue_id, catalogue_item::number))
        .select((
            catalogue_item::catalogue_id,
            catalogue_item::number,
            catalogue_item::code,
            catalogue_item::category,
            catalogue_item::name,
            catalogue_item::full_points,
        ))
        .load(connection)
        .await?;
    let mut rules = rules(connection, county, ids).await?;
    let mut items: BTreeMap<i64, Vec<Item>> = BTreeMap::new();
    for (id, number, code, category, name, full) in rows {
        let category =
            Category::from_title(&category).ok_or_else(|| Error::Corrupt(format!("项目类别 {category}")))?;
        let rules = rules.remove(&(id, number)).unwrap_or_default();
        items.entry(id).or_default().push(Item {
            code,
            category,
            name,
            full: Points::from_tenths(full),
            rules,
        });
    }
    Ok(items)
}

type Rules = BTreeMap<(i64, i16), Vec<DeductionRule>>;

async fn rules(connection: &mut Connection, county: &Place, ids: &[i64]) -> Result<Rules> {
    type Row = ((i64, i16), String, String, i32, String, bool);
    let rows: Vec<Row> = catalogue_rule::table
        .filter(catalogue_rule::county_code.eq(county.digits()))
        .filter(catalogue_rule::catalogue_id.eq_any(ids))
        .order((catalogue_rule::catalogue_id, catalogue_rule::item_number, catalogue_rule::number))
        .select((
            (catalogue_rule::catalogue_id, catalogue_rule::item_number),
            catalogue_rule::code,
            catalogue_rule::description,
            catalogue_rule::points,
            catalogue_rule::unit,
            catalogue_rule::evidence,
        ))
        .load(connection)
        .await?;
    let mut rules = Rules::new();
    for (key, code, text, points, unit, evidence) in rows {
        let points = Points::from_tenths(points);
        rules.entry(key).or_default().push(DeductionRule { code, text, points, unit, evidence });
    }
    Ok(rules)
}
