//! Registers contacts.

use authz::{Allowed, RegisterContacts};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::input::{Contact, Line, Problem};
use domain::place::Place;
use serde_json::json;

use super::read::divisions;
use crate::database::Connection;
use crate::error::{Outcome, Refusal, Result};
use crate::moment::Moment;
use crate::schema::contact;
use crate::tenancy::{self, Mode};

/// Registers contacts by place and name; absent ones stay.
///
/// # Errors
/// Places that are not registered.
pub async fn register_contacts(
    connection: &mut Connection,
    allowed: &Allowed<RegisterContacts>,
    rows: &[Line<Contact>],
    mode: Mode,
    moment: &Moment,
) -> Result<Outcome> {
    tenancy::transaction(connection, allowed, mode, async |connection| {
        let known: Vec<_> =
            divisions(connection, &allowed.place()).await?.iter().map(|one| one.place).collect();
        let unknown = rows.iter().filter(|line| known.binary_search(&line.row.place).is_err());
        let problem = |line: &Line<Contact>| {
            Problem::new(
                line.number,
                "division_code",
                format!("{} 没有登记，请先导入行政区划", line.row.place),
            )
        };
        Refusal::unless_none(unknown.map(problem).collect())?;
        let mut outcome = Outcome::default();
        for Line { row, .. } in rows {
            match save(connection, row).await? {
                Saved::Added => outcome.added += 1,
                Saved::Changed => outcome.changed += 1,
                Saved::Unchanged => outcome.unchanged += 1,
            }
        }
        let detail = json!({ "contacts": { "added": outcome.added, "changed": outcome.changed } });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(outcome)
    })
    .await
}

/// The contacts of places inside `scope`, by place and name.
///
/// # Errors
/// Faults of the database.
pub async fn contacts_of(connection: &mut Connection, scope: &Place) -> Result<Vec<Contact>> {
    type Row = (String, String, String, Option<String>, Option<String>, bool);
    let interval = scope.scope();
    let rows: Vec<Row> = contact::table
        .filter(contact::county_code.eq(scope.county().digits()))
        .filter(contact::place.ge(interval.low))
        .filter(contact::place.lt(interval.high))
        .order((contact::place, contact::name))
        .select((
            contact::place,
            contact::name,
            contact::duty,
            contact::email,
            contact::webhook,
            contact::reminded,
        ))
        .load(connection)
        .await?;
    rows.into_iter()
        .map(|(place, name, duty, email, webhook, reminded)| {
            Ok(Contact { place: crate::codec::place(&place)?, name, duty, email, webhook, reminded })
        })
        .collect()
}

enum Saved {
    Added,
    Changed,
    Unchanged,
}

async fn save(connection: &mut Connection, row: &Contact) -> Result<Saved> {
    let values = (
        contact::duty.eq(&row.duty),
        contact::email.eq(&row.email),
        contact::webhook.eq(&row.webhook),
        contact::reminded.eq(row.reminded),
    );
    let key = (
        contact::county_code.eq(row.place.county().digits().to_owned()),
        contact::place.eq(row.place.digits().to_owned()),
        contact::name.eq(&row.name),
    );
    let known: Option<(String, Option<String>, Option<String>, bool)> = contact::table
        .find((row.place.county().digits(), row.place.digits(), &row.name))
        .select((contact::duty, contact::email, contact::webhook, contact::reminded))
        .first(connection)
        .await
        .optional()?;
    match known {
        None => {
            diesel::insert_into(contact::table).values((key, values)).execute(connection).await?;
            Ok(Saved::Added)
        }
        Some(known) if known == (row.duty.clone(), row.email.clone(), row.webhook.clone(), row.reminded) => {
            Ok(Saved::Unchanged)
        }
        Some(_) => {
            let county = row.place.county();
            let found = contact::table.find((county.digits(), row.place.digits(), &row.name));
            diesel::update(found).set(values).execute(connection).await?;
            Ok(Saved::Changed)
        }
    }
}
