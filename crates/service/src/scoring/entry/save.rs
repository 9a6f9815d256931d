//! What was typed: the changed lines handed in as a phone hands in its sheets, the others left as they are.

use std::collections::BTreeMap;

use authz::{Allowed, EnterCards, Read};
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use domain::catalogue::Catalogue;
use domain::month::Month;
use domain::place::{Level, Place};
use domain::scoring::{Finding, Receipt, Status, parse_typed, write_findings};
use records::catalogue::catalogue_of;
use records::sealing::random;
use records::sheets::{AT_ONCE, Sheet, hand_in};
use records::tenancy;

use super::{Kept, OfGroup, shown};
use crate::account::FormToken;
use crate::caller::Caller;
use crate::error::PageError;
use crate::http::input::{Named, Pairs, place_of, short};
use crate::problem::dates_in_words;
use crate::shell::{Section, done_at, refused, village_of};
use crate::state::State;

/// `POST /scoring/{place}/{month}/entry`: saves what is valid and keeps the rest in its lines.
pub(crate) async fn save(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((place, month)): Named<(String, String)>,
    form: Pairs,
) -> Result<Response, PageError> {
    FormToken::of(&form).check(&caller)?;
    let village = village_of(&place)?;
    let allowed = caller.allow(EnterCards, village).await?;
    let of_month = crate::http::input::month("month", &month).map_err(|_| PageError::NotFound)?;
    let group = form.first("group").to_owned();
    let mut kept = Kept {
        scored_on: Some(form.first("scored_on").to_owned()),
        late_reason: form.first("late_reason").to_owned(),
        ..Kept::default()
    };
    let catalogue = catalogue(&state, &caller, &village, of_month).await?;
    let sheets = match short("late_reason", form.filled("late_reason")) {
        Ok(()) => sheets(&form, of_month, &catalogue, &mut kept)?,
        Err(problem) => {
            kept.problem = problem.sentence();
            kept.lines.extend(changed(&form).filter_map(as_typed));
            Vec::new()
        }
    };
    let saved = match sheets.is_empty() {
        true => 0,
        false => hand_in_all(&state, &caller, &allowed, &sheets, &form, &mut kept).await?,
    };
    let asked = OfGroup { group: Some(group.clone()), saved: Some(saved) };
    if kept.lines.is_empty() && kept.problem.is_empty() {
        let address =
            format!("{}/entry?group={group}&saved={saved}", Section::Scoring.at(&village, of_month));
        return Ok(done_at(&address, "saved"));
    }
    if kept.problem.is_empty() {
        kept.problem = format!("已保存 {saved} 户；还有 {} 户没有入账，原因写在行末", kept.lines.len());
    }
    let status = match kept.is_fault {
        true => StatusCode::INTERNAL_SERVER_ERROR,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    shown(&state, &caller, (&place, &month), asked, kept, status).await
}

/// The catalogue that the lines are read by.
async fn catalogue(
    state: &State,
    caller: &Caller,
    village: &Place,
    month: Month,
) -> Result<Catalogue, PageError> {
    let allowed = caller.allow(Read, *village).await?;
    let mut connection = state.database.connection().await?;
    let stored = tenancy::read(&mut connection, &allowed, async |connection| {
        catalogue_of(connection, village, month).await
    });
    Ok(stored.await?.map(|stored| stored.catalogue).unwrap_or_default())
}

/// A line that was changed.
struct Line<'a> {
    code: &'a str,
    typed: &'a str,
    base: &'a str,
}

fn changed(form: &Pairs) -> impl Iterator<Item = Line<'_>> {
    let lines = form.all("household").zip(form.all("findings")).zip(form.all("was").zip(form.all("base")));
    let changed = lines.filter(|((_, typed), (was, _))| typed.trim() != was.trim());
    changed.map(|((code, typed), (_, base))| Line { code, typed, base })
}

/// A line that stays as it was typed, with nothing against it.
fn as_typed(line: Line<'_>) -> Option<(Place, (String, String))> {
    Some((Place::parse_code(line.code).ok()?, (line.typed.to_owned(), String::new())))
}

/// The lines that were changed, as sheets; what cannot be read is kept with what is wrong.
fn sheets(
    form: &Pairs,
    month: Month,
    catalogue: &Catalogue,
    kept: &mut Kept,
) -> Result<Vec<Sheet>, PageError> {
    let Ok(scored_on) = form.first("scored_on").parse::<NaiveDate>() else {
        kept.problem = "评分日期不对，请填成 2026-10-28 的样子".to_owned();
        kept.lines.extend(changed(form).filter_map(as_typed));
        return Ok(Vec::new());
    };
    let mut sheets = Vec::new();
    for Line { code, typed, base } in changed(form) {
        let household = place_of("household", code, Level::Household)?;
        match read(typed, catalogue) {
            Err(problem) => drop(kept.lines.insert(household, (typed.to_owned(), problem))),
            Ok((status, findings)) => sheets.push(Sheet {
                key: new_key()?,
                month,
                household,
                panel: form.first("panel").to_owned(),
                scored_on,
                status,
                findings: write_findings(&findings),
                late_reason: form.filled("late_reason").map(str::to_owned),
                note: None,
                seen_on_paper: true,
                catalogue: None,
                base_revision: base.parse().unwrap_or(0),
                photos: Vec::new(),
            }),
        }
    }
    Ok(sheets)
}

/// What was typed into a line, or what is wrong with it.
fn read(typed: &str, catalogue: &Catalogue) -> Result<(Status, Vec<Finding>), String> {
    let read = parse_typed(typed).map_err(|error| error.to_string())?;
    let (status, findings) = read.ok_or("积分卡录入后不能清空；改错请填正确的内容，没有扣分填 -")?;
    let known = |code: &str| catalogue.rules().any(|(_, rule)| rule.code == code);
    if let Some(code) = findings.iter().flat_map(Finding::rules).find(|code| !known(code)) {
        return Err(format!("扣分代码“{code}”不在当月生效的积分项目里"));
    }
    Ok((status, findings))
}

/// A key as phones choose them: a line sent twice is the same card twice, which changes nothing.
fn new_key() -> records::Result<String> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    let hex = hex::encode(bytes);
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// Hands sheets in as a phone does: against a card that the page did not show, both are kept. Returns how many stand.
async fn hand_in_all(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<EnterCards>,
    sheets: &[Sheet],
    form: &Pairs,
    kept: &mut Kept,
) -> Result<usize, PageError> {
    let identity = caller.logged_in().map(|person| person.identity.clone()).ok_or(PageError::LogIn)?;
    let typed: BTreeMap<&str, &str> = form.all("household").zip(form.all("findings")).collect();
    let line = |sheet: &Sheet, problem: String| {
        let text = typed.get(sheet.household.code().as_str()).copied().unwrap_or_default();
        (sheet.household, (text.to_owned(), problem))
    };
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let mut connection = state.database.connection().await?;
    let mut saved = 0;
    let mut chunks = sheets.chunks(AT_ONCE);
    while let Some(some) = chunks.next() {
        let received =
            hand_in(&mut connection, allowed, identity.account, &identity.login, some, salts, &moment).await;
        let received = match received {
            Ok(received) => received,
            Err(records::Error::Refused(refusal)) => {
                kept.problem = refused(records::Error::Refused(refusal).into())?.1;
                kept.lines.extend(some.iter().map(|sheet| line(sheet, String::new())));
                continue;
            }
            Err(fault) => {
                // What was handed in before stands; the rest stays on the page.
                tracing::error!(error = %fault, village = %allowed.place(), "cards of a page failed");
                kept.is_fault = true;
                kept.problem =
                    format!("系统出错：已保存 {saved} 户，其余的没有保存、还在各行里，请稍后再按“保存”");
                let rest = some.iter().chain(chunks.by_ref().flatten());
                kept.lines.extend(rest.map(|sheet| line(sheet, String::new())));
                break;
            }
        };
        for (sheet, receipt) in some.iter().zip(received) {
            if matches!(receipt.receipt, Receipt::Entered | Receipt::Same) {
                saved += 1;
            } else {
                let (household, typed) = line(sheet, dates_in_words(&receipt.message));
                kept.lines.insert(household, typed);
            }
        }
    }
    Ok(saved)
}
