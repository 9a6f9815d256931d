//! Scoring on the phone: a round without signal, a closed browser, and everything arrives once.

use std::collections::BTreeMap;

use domain::points::Points;
use domain::scoring::Status;
use serde_json::{Value, json};
use testkit::COUNTY;

use super::driver::{Browser, Driver, PHONE};
use super::stage::Stage;
use crate::people::log_in;
use crate::support::{Folder, call, path, succeed, superuser, until};

/// In two villages; more than thirty of the first take part from the first month on.
pub(super) const HOUSEHOLDS: u32 = 90;

/// How many houses a round comes to.
const ROUND: usize = 30;

/// The houses of the round with findings, by their turn; those before the last two also with a photo.
const WITH_FINDINGS: [usize; 5] = [6, 12, 18, 24, 30];

/// The house of the round where nobody is at home.
const AWAY: usize = 7;

/// Cards, those of different households at their first revision, sheets, those of different households, photos that a
/// sheet names, photos as large as the page makes them, and photos that name the item at which they were taken.
const ARRIVED: &str = "
    select (select count(*) from card),
        (select count(distinct household_id) from card where revision = 1),
        (select count(*) from sheet),
        (select count(distinct household_id) from sheet where outcome = 1),
        (select count(*) from sheet s
            join sheet_photo n on n.county_code = s.county_code and n.sheet_id = s.id
            join photo p on p.county_code = s.county_code and p.household_id = s.household_id
                and p.client_hash = n.client_hash),
        (select count(*) from photo where (width, height) = (1600, 1200)),
        (select count(*) from sheet_photo where item = 'H1')";

/// Takes a photo as a camera would hand it over, larger than the page keeps it, and taps a button at once, if any.
pub(super) const TAKES_A_PHOTO: &str = "
    const [item, turn, button, done] = arguments;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2400, 1800];
    const context = canvas.getContext('2d');
    context.fillStyle = `hsl(${turn * 12} 60% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => {
        const taken = new DataTransfer();
        taken.items.add(new File([blob], 'house.jpg', { type: 'image/jpeg' }));
        const input = document.querySelector(`[data-photo-input='${item}']`);
        input.files = taken.files;
        input.dispatchEvent(new Event('change'));
        if (button) document.querySelector(button).click();
        done(blob.size);
    }, 'image/jpeg');";

#[tokio::test(flavor = "multi_thread")]
async fn thirty_households_scored_offline_with_photos_arrive_once_after_the_browser_was_closed() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let (driver, pages) = (Driver::start(), stage.serving.pages.clone());
    let phone = Browser::open(&driver, &pages, PHONE).await;
    take_along(&phone, "panel_member").await;

    let away = stage.goes_away();
    tap(&phone, "[data-standing=todo]").await;
    for turn in 1..=ROUND {
        score(&phone, turn).await;
    }
    tap(&phone, "a.back").await;
    phone.find("#sync-state[data-state=offline]").await;
    assert_eq!((waiting(&phone).await, phone.count("[data-standing=here]").await), (ROUND, ROUND));
    let scored = worths(&phone).await;
    let with = |word: &str| scored.values().filter(|worth| *worth == word).count();
    assert_eq!((with("100 分"), with("88 分"), with("外出")), (24, 5, 1), "{scored:?}");

    let profile = phone.close().await;
    let phone = Browser::with_profile(&driver, &pages, PHONE, profile).await;
    phone.goto("/phone").await;
    phone.find("#sync-state[data-state=offline]").await;
    assert_eq!((waiting(&phone).await, worths(&phone).await), (ROUND, scored.clone()), "still there");

    let stage = away.comes_back("2026-01-28T18:00:00+08:00");
    tap(&phone, "#sync-now").await;
    all_done(&phone).await;
    assert_eq!(
        (waiting(&phone).await, worths(&phone).await),
        (0, scored.clone()),
        "the server says the same"
    );
    let owner = superuser(&stage.database).await;
    let arrived =
        [ROUND, ROUND, ROUND, ROUND, 3, 3, 3].map(|count| i64::try_from(count).expect("few")).to_vec();
    assert_eq!(numbers(&owner, ARRIVED).await, arrived);
    assert_eq!(counted(&owner).await, scored, "the server counts alike");
    assert_eq!(first_revisions(&pages), ROUND);

    phone.goto("/phone").await;
    all_done(&phone).await;
    tap(&phone, "#sync-now").await;
    all_done(&phone).await;
    assert_eq!(numbers(&owner, ARRIVED).await, arrived, "nothing doubles");
    succeed(&stage.database, &["verify", "--county", COUNTY]);
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_two_months_can_be_entered_the_phone_offers_both_also_without_signal() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-02-02T10:00:00+08:00").await;
    let folder = Folder::new();
    let rules = folder.file("rulebook.toml", "[scoring]\nopens_on_day = 1\n");
    let from = ["--county", COUNTY, "--from", "2026-01", "--now", "2025-12-20T09:00:00+08:00"];
    succeed(&stage.database, &[&["import", "rulebook", path(&rules)][..], &from].concat());
    let (driver, pages) = (Driver::start(), stage.serving.pages.clone());
    let phone = Browser::open(&driver, &pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    assert_eq!(phone.text("#page h1").await, "2026年1月", "the one that ends sooner");
    let _away = stage.goes_away();
    tap(&phone, "[data-month='2026-02']").await;
    until("the other month", async || (phone.text("#page h1").await == "2026年2月").then_some(())).await;
    assert_eq!(phone.text("[data-month][aria-pressed=true]").await, "2026年2月");
    drop(phone.close().await);
}

/// Logs in, opens the list and waits until the page would open without signal.
pub(super) async fn take_along(phone: &Browser, login: &str) {
    phone.log_in(login).await;
    phone.goto("/phone").await;
    phone.find(".houses").await;
    let script = "return Boolean(navigator.serviceWorker.controller)";
    until("a worker", async || phone.run(script, Vec::new()).await.as_bool().filter(|is| *is)).await;
}

/// Brings a control to the middle of the window, away from what sticks to its edge, and clicks it.
pub(super) async fn tap(phone: &Browser, css: &str) {
    phone.find(css).await;
    // After a save it takes none for a moment.
    until("a page that takes taps", async || (phone.count("[data-resting]").await == 0).then_some(())).await;
    let script = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
    phone.run(script, vec![json!(css)]).await;
    phone.click(css).await;
}

/// Notes a rule on the house that is shown.
pub(super) async fn note(phone: &Browser, rule: &str, times: usize) {
    for _ in 0..times {
        tap(phone, &format!("button[data-rule={rule}][data-step='+1']")).await;
    }
    assert_eq!(phone.text(&format!("[data-count={rule}]")).await, times.to_string());
}

/// Saves by a button, and waits until the next house is shown.
pub(super) async fn save(phone: &Browser, css: &str) {
    let house = phone.text("#page h1").await;
    tap(phone, css).await;
    until("the next house", async || (phone.text("#page h1").await != house).then_some(())).await;
}

/// How many sheets wait on the phone, as its list says.
pub(super) async fn waiting(phone: &Browser) -> usize {
    // The list is made anew whenever something arrives.
    until("the number of waiting sheets", async || phone.text("#count-pending").await.parse().ok()).await
}

/// Scores the house that is shown: most have nothing against them, in one nobody is at home.
async fn score(phone: &Browser, turn: usize) {
    if turn == AWAY {
        tap(phone, "#not-scored summary").await;
        save(phone, "[data-status=away]").await;
    } else if WITH_FINDINGS.contains(&turn) {
        note(phone, "H1a", 1).await;
        note(phone, "H7b", 3).await;
        assert_eq!(phone.text("#score").await, "88", "2 points, and 10 of 15: an item loses what it has");
        if turn < 20 {
            let size = phone.run_async(TAKES_A_PHOTO, vec![json!("H1"), json!(turn), Value::Null]).await;
            assert!(size.as_u64() > Some(10_000), "{size}");
            phone.find("[data-item=H1] .thumbs img").await;
        }
        save(phone, "#save-next").await;
    } else {
        save(phone, "#nothing-found").await;
    }
}

/// Waits until the whole round stands on the list as the server has it.
async fn all_done(phone: &Browser) {
    phone.find("#sync-state[data-state=synced]").await;
    until("a list that is done", async || (phone.count("[data-standing=done]").await == ROUND).then_some(()))
        .await;
}

/// What the list says of every house that was visited: `93 分`, `外出`.
async fn worths(phone: &Browser) -> BTreeMap<String, String> {
    let script = "
        const word = (tile) => tile.querySelector('.word').lastChild.textContent.replace('待传 ', '');
        const tiles = [...document.querySelectorAll('[data-household]:not([data-standing=todo])')];
        return tiles.map((tile) => [tile.dataset.household, word(tile)]);";
    phone.find(".houses").await;
    let tiles: Vec<(String, String)> =
        serde_json::from_value(phone.run(script, Vec::new()).await).expect("tiles");
    tiles.into_iter().collect()
}

/// What the server counted for every sheet, in the same words.
async fn counted(owner: &tokio_postgres::Client) -> BTreeMap<String, String> {
    let rows = owner.query("select household_code, score from sheet", &[]).await.expect("sheets");
    let words = |score: Option<i32>| match score {
        Some(tenths) => format!("{} 分", Points::from_tenths(tenths).short()),
        None => Status::Away.title().to_owned(),
    };
    rows.iter().map(|row| (row.get(0), words(row.get(1)))).collect()
}

/// How many households have a card at its first revision, as the server tells phones.
fn first_revisions(pages: &str) -> usize {
    let cookie = log_in(pages, "panel_member");
    let answer = call(pages, "GET", "/phone/month/2026-01", &cookie, &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let month = answer.json();
    let households = month["households"].as_array().expect("households");
    households.iter().filter(|household| household["card"]["revision"] == 1).count()
}

/// The numbers of a row.
pub(super) async fn numbers(owner: &tokio_postgres::Client, query: &str) -> Vec<i64> {
    let row = owner.query_one(query, &[]).await.expect("a row");
    (0..row.len()).map(|at| row.get(at)).collect()
}
