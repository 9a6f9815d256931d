//! Writes the digests of a day: what is missing, who hears of it, one message per person and way.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Remind};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::date_title;
use domain::objections::ObjectionState;
use domain::place::{Level, Place};
use domain::schedule::{Kind, Reminder, ReminderKind, Waiting, waiting_reminders};
use serde_json::json;

use super::missing::{missing, this_month};
use super::{Channel, Content, Item};
use crate::database::Connection;
use crate::error::{Error, Result};
use crate::jobs::{NewJob, enqueue, given_up};
use crate::moment::Moment;
use crate::objections::{ObjectionFilter, ObjectionSummary, objections_of};
use crate::places::names_in;
use crate::schema::{contact, message};
use crate::suggestions::suggestions_of;
use crate::tenancy::{self, Mode};

/// Writes the digests of a day for a county, and asks for each to be sent. A digest that is there already stays
/// as it is. Returns how many are new.
///
/// # Errors
/// Faults of the database.
pub async fn compose_digests(
    connection: &mut Connection,
    allowed: &Allowed<Remind>,
    moment: &Moment,
) -> Result<usize> {
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let county = allowed.place();
        let names = names_in(connection, &county).await?;
        let mut items: BTreeMap<Place, Vec<(Reminder, Item)>> = BTreeMap::new();
        let mut found = missing(connection, &county, moment).await?;
        let filter = ObjectionFilter { month: None, only_open: true };
        let open = objections_of(connection, &county, filter, moment.local()).await?;
        let reviews = reviews(&open, &names);
        let waiting = waiting(connection, &county, open, moment).await?;
        found.extend(waiting_reminders(&waiting, moment.local().date()));
        for reminder in found {
            let item = item(&reminder, &names);
            items.entry(reminder.to).or_default().push((reminder, item));
        }
        let failures = given_up(connection, &county).await?;
        let recipients = recipients(connection, &county).await?;
        let mut written = 0;
        for ((channel, address), places) in recipients {
            let name = places.as_slice().first().map(|(_, name)| name.clone()).unwrap_or_default();
            let content = content(&county, &names, &places, &items, &reviews, &failures);
            if !content.items.is_empty() {
                let to = (channel, address.as_str(), name.as_str());
                written += write(connection, &county, to, &content, moment).await?;
            }
        }
        if written > 0 {
            let detail = json!({ "messages": written, "day": moment.local().date().to_string() });
            crate::audit::record(connection, allowed, detail, moment).await?;
        }
        Ok(written)
    })
    .await
}

/// The objections that wait for their decision, and the suggestions and complaints that wait for their answer.
async fn waiting(
    connection: &mut Connection,
    county: &Place,
    objections: Vec<ObjectionSummary>,
    moment: &Moment,
) -> Result<Vec<Waiting>> {
    let (this, now) = (this_month(moment)?, moment.local());
    let objections = objections.into_iter().filter(|one| matches!(one.state, ObjectionState::Open { .. }));
    let objections = objections.map(|one| Waiting {
        kind: ReminderKind::Objection,
        office: one.village,
        village: one.village,
        month: one.month,
        number: one.number,
        by: one.decide_by,
    });
    // Their page lists what waits in whatever month.
    let suggestions = suggestions_of(connection, county, this, now).await?;
    let suggestions = suggestions.into_iter().filter(|one| one.state.is_open());
    let suggestions = suggestions.map(|one| Waiting {
        kind: ReminderKind::Suggestion,
        office: one.office,
        village: one.village,
        month: this,
        number: one.number,
        by: one.answer_by,
    });
    Ok(objections.chain(suggestions).collect())
}

fn item(reminder: &Reminder, names: &BTreeMap<Place, String>) -> Item {
    let name = |place: Option<Place>| place.and_then(|place| names.get(&place)).cloned().unwrap_or_default();
    let (village, month) = (reminder.village.code(), reminder.month);
    Item {
        about: reminder.kind.title().to_owned(),
        place: format!("{}{}", name(reminder.village.parent()), name(Some(reminder.village))),
        month: if reminder.kind == ReminderKind::Suggestion { String::new() } else { month.title() },
        missing: reminder.missing.clone(),
        by: reminder.by.map(date_title).unwrap_or_default(),
        path: match reminder.kind {
            ReminderKind::Objection => format!("/objections/{village}/{month}"),
            ReminderKind::Suggestion => format!("/suggestions/{village}/{month}"),
            _ => format!("/p/{village}"),
        },
    }
}

/// The decisions that are before their town, one by one: a review has no last day.
fn reviews(open: &[ObjectionSummary], names: &BTreeMap<Place, String>) -> BTreeMap<Place, Vec<Item>> {
    let mut of_towns: BTreeMap<Place, Vec<Item>> = BTreeMap::new();
    for one in open.iter().filter(|one| matches!(one.state, ObjectionState::UnderReview(_))) {
        let (village, town) = (one.village, one.village.ancestor(Level::Town).unwrap_or(one.village));
        let name = |place: &Place| names.get(place).cloned().unwrap_or_default();
        of_towns.entry(town).or_default().push(Item {
            about: "复核".to_owned(),
            place: format!("{}{}", name(&town), name(&village)),
            month: one.month.title(),
            missing: format!("村民不服异议 {} 的处理，请复核", one.number),
            by: String::new(),
            path: format!("/objections/{}/{}/{}", village.code(), one.month, one.id),
        });
    }
    of_towns
}

/// What one person hears of, over all places whose contact the person is.
fn content(
    county: &Place,
    names: &BTreeMap<Place, String>,
    places: &[(Place, String)],
    items: &BTreeMap<Place, Vec<(Reminder, Item)>>,
    reviews: &BTreeMap<Place, Vec<Item>>,
    failures: &[(String, String)],
) -> Content {
    let mut own: Vec<_> = places.iter().filter_map(|(place, _)| items.get(place)).flatten().collect();
    // What has no day comes after what has one.
    own.sort_by_key(|(reminder, _)| {
        (reminder.by.is_none(), reminder.by, reminder.village, reminder.month, reminder.kind)
    });
    let mut all: Vec<Item> = own.into_iter().map(|(_, item)| item.clone()).collect();
    all.dedup();
    let own: BTreeSet<Place> = places.iter().map(|(place, _)| *place).collect();
    all.extend(own.iter().filter_map(|place| reviews.get(place)).flatten().cloned());
    if places.iter().any(|(place, _)| place.level() == Level::County) {
        all.extend(failures.iter().map(|(what, reason)| Item {
            about: "系统".to_owned(),
            place: what.clone(),
            month: String::new(),
            missing: format!("任务已放弃：{reason}；请处理后重做"),
            by: String::new(),
            path: String::new(),
        }));
    }
    let name = names.get(county).cloned().unwrap_or_else(|| county.code());
    Content { county: name, items: all, urging: false }
}

/// Who wants to be reminded, by way and address: the same address is one person, whatever the places.
pub(super) async fn recipients(
    connection: &mut Connection,
    county: &Place,
) -> Result<BTreeMap<(Channel, String), Vec<(Place, String)>>> {
    type Row = (String, String, Option<String>, Option<String>);
    let rows: Vec<Row> = contact::table
        .filter(contact::county_code.eq(county.digits()))
        .filter(contact::reminded.eq(true))
        .order((contact::place, contact::name))
        .select((contact::place, contact::name, contact::email, contact::webhook))
        .load(connection)
        .await?;
    let mut recipients: BTreeMap<(Channel, String), Vec<(Place, String)>> = BTreeMap::new();
    for (place, name, email, webhook) in rows {
        let place = crate::codec::place(&place)?;
        let mail = email.map(|email| (Channel::Mail, email.to_ascii_lowercase()));
        let robot = webhook.map(|address| (Channel::Webhook, address));
        for way in mail.into_iter().chain(robot) {
            recipients.entry(way).or_default().push((place, name.clone()));
        }
    }
    Ok(recipients)
}

/// Writes a message and asks for it to be sent, unless the person has one for that day and way.
async fn write(
    connection: &mut Connection,
    county: &Place,
    (channel, address, name): (Channel, &str, &str),
    content: &Content,
    moment: &Moment,
) -> Result<usize> {
    let day = moment.local().date();
    let key = format!("{}\t{}\t{address}\t{day}", county.digits(), channel.name());
    let text = serde_json::to_string(content).map_err(|error| Error::Corrupt(error.to_string()))?;
    let id: Option<i64> = diesel::insert_into(message::table)
        .values((
            message::county_code.eq(county.digits()),
            message::place.eq(county.digits()),
            message::day.eq(day),
            message::channel.eq(channel.name()),
            message::address.eq(address),
            message::name.eq(name),
            message::content.eq(text),
            message::message_id.eq(&Digest::of(key.as_bytes()).hex()[..32]),
        ))
        .on_conflict_do_nothing()
        .returning(message::id)
        .get_result(connection)
        .await
        .optional()?;
    let Some(id) = id else { return Ok(0) };
    let job = NewJob {
        kind: Kind::Send,
        place: *county,
        period: id.to_string(),
        revision: 0,
        lane: None,
        due_at: moment.now,
    };
    enqueue(connection, &[job]).await
}

#[cfg(test)]
mod tests {
    use domain::month::Month;
    use domain::objections::Decision;

    use super::*;
    use crate::objections::Via;

    #[test]
    fn the_town_hears_of_each_decision_that_it_is_to_review() {
        let place = |digits: &str| Place::from_digits(digits).expect("a place");
        let day = "2026-11-12".parse().expect("a date");
        let objection = |number: &str, state| ObjectionSummary {
            id: 7,
            number: number.to_owned(),
            village: place("440229100204"),
            household: place("4402291002040010001"),
            group: place("440229100204001"),
            head_name: None,
            month: Month::parse("2026-10").expect("a month"),
            about: String::new(),
            state,
            filed_on: day,
            decide_by: day,
            overdue: false,
            in_time: true,
            via: Via::Board,
        };
        let open = [
            objection("2026-10-003", ObjectionState::UnderReview(Decision::Rejected)),
            objection("2026-10-004", ObjectionState::Open { decide_by: day, overdue: false }),
        ];
        let names = BTreeMap::from([
            (place("440229100"), "龙仙镇".to_owned()),
            (place("440229100204"), "青云村".to_owned()),
        ]);
        let expected = Item {
            about: "复核".to_owned(),
            place: "龙仙镇青云村".to_owned(),
            month: "2026年10月".to_owned(),
            missing: "村民不服异议 2026-10-003 的处理，请复核".to_owned(),
            by: String::new(),
            path: "/objections/440229100204/2026-10/7".to_owned(),
        };
        assert_eq!(reviews(&open, &names), BTreeMap::from([(place("440229100"), vec![expected])]));
    }
}
