//! 年终 of a county or town: which villages have their lists, and what the others wait for.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::month::{Month, date_title};
use domain::place::{Level, Place};
use records::awards::{Report, quotas_of};
use records::objections::open_objections;
use records::publication::final_days;
use records::{places, tenancy};

use crate::error::{PageError, page};
use crate::problem::dates_in_words;
use crate::shell::{Section, Shell, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "awards/above.html")]
struct AbovePage {
    shell: Shell,
    year: i32,
    rows: Vec<Row>,
    /// How many villages have their list.
    computed: usize,
    may_award: bool,
    outcome: Option<Outcome>,
}

/// A village's line.
struct Row {
    name: String,
    href: String,
    /// The version of its list, where it has one.
    version: Option<i16>,
    winners: u32,
    /// What it waits for, as far as its publications and objections tell; empty where it can be computed.
    waits: String,
}

/// What computing came to.
pub(super) struct Outcome {
    computed: usize,
    already: usize,
    blocked: Vec<(String, Vec<String>)>,
}

/// The report with the names of the villages.
pub(super) async fn outcome(state: &State, visit: &Visit, report: Report) -> Result<Outcome, PageError> {
    let mut connection = state.database.connection().await?;
    let names = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        places::names_in(connection, &visit.place).await
    });
    let names = names.await?;
    let named = |village: Place| names.get(&village).cloned().unwrap_or_else(|| village.code());
    Ok(Outcome {
        computed: report.computed.len(),
        already: report.already.len(),
        blocked: report
            .blocked
            .into_iter()
            .map(|one| {
                (named(one.village), one.reasons.iter().map(|reason| dates_in_words(reason)).collect())
            })
            .collect(),
    })
}

/// The page of a county or town.
pub(super) async fn shown(
    state: &State,
    visit: Visit,
    status: StatusCode,
    may_award: bool,
    outcome: Option<Outcome>,
) -> Result<Response, PageError> {
    let (place, month, year) = (visit.place, visit.month, visit.month.year());
    let today = state.moment().local().date();
    let mut connection = state.database.connection().await?;
    let loaded = tenancy::read(&mut connection, &visit.allowed, async |connection| {
        let quotas = quotas_of(connection, &place, year).await?;
        let days = final_days(connection, &place).await?;
        let open = open_objections(connection, &place).await?;
        Ok((quotas, days, open, places::divisions(connection, &place).await?))
    });
    let (quotas, days, open, divisions) = loaded.await?;
    let mut lists: BTreeMap<Place, (i16, u32)> = BTreeMap::new();
    for one in quotas {
        let village = one.group.ancestor(Level::Village).unwrap_or(one.group);
        let list = lists.entry(village).or_insert((one.version, 0));
        list.1 += one.quota.total;
    }
    let mut objections: BTreeMap<Place, u32> = BTreeMap::new();
    for ((village, month), count) in open {
        *objections.entry(village).or_default() += if month.year() == year { count } else { 0 };
    }
    let no_months = BTreeMap::new();
    let row = |village: Place, name: String| {
        let list = lists.get(&village);
        let open = objections.get(&village).copied().unwrap_or_default();
        let months = days.get(&village).unwrap_or(&no_months);
        Row {
            name,
            href: Section::Awards.at(&village, month),
            version: list.map(|list| list.0),
            winners: list.map_or(0, |list| list.1),
            waits: waits(months, open, year, today),
        }
    };
    let villages = divisions.into_iter().filter(|one| one.level == Level::Village);
    let rows: Vec<Row> = villages.map(|one| row(one.place, one.name)).collect();
    let computed = rows.iter().filter(|row| row.version.is_some()).count();
    Ok(page(status, &AbovePage { shell: visit.shell, year, rows, computed, may_award, outcome }))
}

/// What a village's year waits for, from the days on which its published months can be final.
fn waits(months: &BTreeMap<Month, NaiveDate>, open: u32, year: i32, today: NaiveDate) -> String {
    let (Some(january), Some(december)) = (Month::new(year, 1), Month::new(year, 12)) else {
        return String::new();
    };
    let first = match months.keys().next() {
        Some(first) if *first <= december => january.max(*first),
        _ => return "还没有公示过的月份".to_owned(),
    };
    let missing = first.through(december).filter(|month| !months.contains_key(month));
    let missing: Vec<String> = missing.map(|month| format!("{}月", month.of_year())).collect();
    let mut waits = Vec::new();
    if !missing.is_empty() {
        waits.push(format!("{}还没有公示", missing.join("、")));
    }
    let of_year = months.iter().filter(|(month, _)| month.year() == year);
    let from = of_year.map(|(_, day)| *day).max();
    if missing.is_empty()
        && let Some(from) = from
        && today < from
    {
        waits.push(format!("公示期未满，{}起可以评比", date_title(from)));
    }
    if open > 0 {
        waits.push(format!("{open} 件异议待办结"));
    }
    waits.join("；")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(last: &str, open: u32, today: &str, expected: &str) {
        let (first, last) = (Month::parse("2026-03").expect("a month"), Month::parse(last).expect("a month"));
        let months = first.through(last).map(|month| (month, month.next().day(16))).collect();
        assert_eq!(waits(&months, open, 2026, today.parse().expect("a date")), expected);
    }

    #[test]
    fn a_year_waits_for_its_months_their_time_and_objections() {
        check("2026-10", 0, "2026-12-01", "11月、12月还没有公示");
        check("2026-12", 0, "2027-01-15", "公示期未满，2027年1月16日起可以评比");
        check("2026-12", 0, "2027-01-16", "");
        check("2026-12", 2, "2027-01-16", "2 件异议待办结");
    }

    #[test]
    fn the_month_that_can_be_objected_to_longest_is_waited_for() {
        let month = |text: &str| Month::parse(text).expect("a month");
        let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
        let months =
            BTreeMap::from([(month("2026-11"), day("2027-02-05")), (month("2026-12"), day("2027-01-16"))]);
        assert_eq!(waits(&months, 0, 2026, day("2027-01-20")), "公示期未满，2027年2月5日起可以评比");
        assert_eq!(waits(&months, 0, 2026, day("2027-02-05")), "");
    }

    #[test]
    fn months_before_the_first_do_not_exist() {
        check("2026-02", 0, "2026-12-01", "还没有公示过的月份");
    }
}
