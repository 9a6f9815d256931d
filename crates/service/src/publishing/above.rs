//! 公示 of a county or town: what every village has published and posted, the latest ones first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::month::date_title;
use domain::place::Level;
use domain::publication::BoardState;
use records::progress::{Totals, VillageCounts, counts_of, sum};
use records::tenancy;

use crate::error::{PageError, page};
use crate::shell::{Section, Shell, Visit};
use crate::state::State;

#[derive(Template)]
#[template(path = "publishing/above.html")]
struct AbovePage {
    shell: Shell,
    totals: Totals,
    rows: Vec<VillageRow>,
}

/// A village's line.
struct VillageRow {
    name: String,
    href: String,
    /// The latest closed version.
    closed: String,
    published_on: String,
    posted_on: String,
    standing: Standing,
}

/// How a village stands: how urgent it is, and its words.
struct Standing {
    /// The most urgent kind first, then by the days.
    urgency: (u8, Reverse<i64>),
    words: String,
    class: &'static str,
}

impl Standing {
    fn new(kind: u8, days: i64, words: impl Into<String>, class: &'static str) -> Self {
        Self { urgency: (kind, Reverse(days)), words: words.into(), class }
    }

    fn of(one: &VillageCounts) -> Self {
        let is_public = one.published.is_some_and(|(version, _)| Some(version) == one.closed);
        if one.taking_part == 0 {
            return Self::new(4, 0, "没有参与户", "word-soft");
        }
        if let Some(late) = one.late.last() {
            let corrected = if one.board.is_some() { "更正后的新版本" } else { "" };
            return Self::new(0, late.days, format!("{corrected}{}", late.sentence()), "word-late");
        }
        match (one.board, is_public) {
            (Some(_), true) if one.board_state() == BoardState::Outdated => {
                Self::new(2, 0, "公示栏上还是旧版，待换上新版本", "word-soon")
            }
            (Some(_), true) if one.in_time => Self::new(3, 0, "按时张贴", "word-fine"),
            (Some(board), true) => {
                let days = (board.first_on - one.post_until).num_days();
                Self::new(1, days, format!("张贴迟 {days} 天"), "word-late")
            }
            (Some(_), false) => Self::new(2, 0, "更正后的新版本待公示", "word-soon"),
            (None, true) => Self::new(2, 0, "待张贴", "word-soon"),
            (None, false) if one.closed.is_some() => Self::new(2, 0, "待公示", "word-soon"),
            (None, false) => Self::new(2, 0, "待结账", "word-soft"),
        }
    }
}

/// The page of a county or town.
pub(super) async fn shown(state: &State, visit: Visit, status: StatusCode) -> Result<Response, PageError> {
    let (place, month, now) = (visit.place, visit.month, state.moment().local());
    let counts = {
        let mut connection = state.database.connection().await?;
        tenancy::read(&mut connection, &visit.allowed, async |connection| {
            // Objections decide nothing that is shown here.
            counts_of(connection, &place, month, &BTreeMap::new(), now).await
        })
        .await?
    };
    let title = |date: Option<NaiveDate>| date.map(date_title).unwrap_or_default();
    let row = |one: &VillageCounts| VillageRow {
        name: if place.level() == Level::County {
            format!("{}{}", one.town, one.name)
        } else {
            one.name.clone()
        },
        href: Section::Publication.at(&one.village, month),
        closed: one.closed.map(|version| format!("第{version}版")).unwrap_or_default(),
        published_on: title(one.published.map(|(_, on)| on)),
        posted_on: title(one.board.map(|board| board.on)),
        standing: Standing::of(one),
    };
    let mut rows: Vec<VillageRow> = counts.iter().map(row).collect();
    rows.sort_by_key(|row| row.standing.urgency);
    Ok(page(status, &AbovePage { shell: visit.shell, totals: sum(&counts), rows }))
}
