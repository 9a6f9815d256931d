//! Scoring on the phone where things go wrong: hurried fingers, two windows, a server that breaks, a line that is dead.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::phone::{HOUSEHOLDS, TAKES_A_PHOTO, note, numbers, save, take_along, tap, waiting};
use super::stage::{Stage, VILLAGE};
use crate::people::log_in;
use crate::support::{send, superuser, until};

/// When the phones are on their way.
const NOW: &str = "2026-01-28T10:00:00+08:00";

/// Saves by a button, and tells which house came next, and what a second tap at the same place meets there.
const TAPS_TWICE: &str = "
    const [css, done] = arguments;
    const page = document.querySelector('#page');
    const house = page.querySelector('h1').textContent;
    const { x, y, width, height } = document.querySelector(css).getBoundingClientRect();
    const met = () => document.elementFromPoint(x + width / 2, y + height / 2)?.closest('button')?.id ?? null;
    const first = met();
    new MutationObserver((_, observer) => {
        const next = page.querySelector('h1')?.textContent ?? house;
        if (next === house) return;
        observer.disconnect();
        done([first, met()]);
    }).observe(page, { childList: true });
    document.querySelector(css).click();";

/// Answers photos in the place of the server with a status; with 0 the server answers.
const STANDS_BETWEEN: &str = "
    const real = window.fetch;
    window.between = { status: 500, answered: 0 };
    window.fetch = (address, options) => {
        if (!window.between.status || !`${address}`.startsWith('/phone/photos/')) return real(address, options);
        window.between.answered += 1;
        return Promise.resolve(new Response('<!doctype html><title>Wi-Fi</title>', { status: window.between.status }));
    };";

/// Holds back what the server says of months from now on, and asks for it.
const HOLDS_MONTHS: &str = "
    const real = window.fetch;
    const held = new Promise((resolve) => (window.release = resolve));
    window.fetch = async (address, options) => {
        const answer = await real(address, options);
        if (!`${address}`.startsWith('/phone/month/')) return answer;
        window.holds = true;
        await held;
        return answer;
    };
    dispatchEvent(new Event('online'));";

/// Lets go of it, and tells how many houses are done on the list that is drawn next.
const RELEASES: &str = "
    const [done] = arguments;
    new MutationObserver((_, observer) => {
        observer.disconnect();
        done(document.querySelector('#count-done').textContent);
    }).observe(document.querySelector('#page'), { childList: true });
    window.release();";

/// Two windows on one store: while the first one's sheet is on its way the second saves another of the same house, with a
/// clock that was set back. Tells what waits once the first was entered.
const TWO_WINDOWS: &str = "
    const [done] = arguments;
    const scene = async () => {
        const { Queue } = await import('/assets/now/phone/queue.js');
        const kept = new Map();
        const name = (kind, id) => `${kind} ${id}`;
        const store = {
            all: async (kind) => [...kept].filter(([one]) => one.startsWith(name(kind, ''))),
            get: async (kind, id) => kept.get(name(kind, id)),
            change: async (put, dropped) => {
                dropped.forEach(([kind, id]) => kept.delete(name(kind, id)));
                put.forEach(([kind, id, value]) => kept.set(name(kind, id), value));
            },
        };
        const sheet = (key, saved_at) => ({
            key, saved_at, month: '2026-01', household_code: '1', base_revision: 0, photos: [], tried: false, held: null,
        });
        const [one, other] = [new Queue(store), new Queue(store)];
        await one.load();
        await other.load();
        await one.add(sheet('first', 5000));
        const [sent] = await one.take(20);
        await other.add(sheet('second', 1000));
        const both = kept.size;
        await one.settle(sent, { key: 'first', outcome: 'entered', revision: 1 });
        await other.load();
        return [both, other.sheets.map(({ key, base_revision, saved_at }) => [key, base_revision, saved_at])];
    };
    scene().then(done, (error) => done(`${error}`));";

/// Refuses sheets in the place of the server, and notes the houses of those that were sent at once.
const REFUSES: &str = "
    const real = window.fetch;
    window.sent = [];
    window.fetch = (address, options) => {
        if (`${address}` !== '/phone/sheets') return real(address, options);
        window.sent.push(JSON.parse(options.body).sheets.map((sheet) => sheet.household_code));
        const headers = { 'content-type': 'application/problem+json' };
        return Promise.resolve(new Response('{\"title\":\"没有接受\"}', { status: 422, headers }));
    };";

/// Answers in the place of the server that months are to be asked for later, and notes how long the page waits for anything.
const PUTS_OFF: &str = "
    const [wait, real] = [window.setTimeout, window.fetch];
    Object.assign(window, { pauses: [], after: '' });
    window.setTimeout = (work, time, ...more) => {
        window.pauses.push(time);
        return wait(work, time, ...more);
    };
    window.fetch = (address, options) => {
        if (!`${address}`.startsWith('/phone/month/')) return real(address, options);
        return Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': window.after } }));
    };";

/// Says how long the server asks to wait, and has the page ask.
const ASKS: &str = "
    window.after = arguments[0];
    window.pauses.length = 0;
    dispatchEvent(new Event('online'));";

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_second_tap_nor_a_dialog_of_the_last_house_reaches_the_next() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    tap(&phone, "[data-standing=todo]").await;
    phone.find("#nothing-found").await;
    let met = phone.run_async(TAPS_TWICE, vec![json!("#nothing-found")]).await;
    assert_eq!(met, json!(["nothing-found", null]));
    // A moment later it takes taps.
    save(&phone, "#nothing-found").await;

    tap(&phone, "#joint").await;
    phone.find("dialog[open]").await;
    phone.run("location.hash = '#/'", Vec::new()).await;
    phone.find(".houses").await;
    assert_eq!(phone.count("dialog").await, 0);
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_with_the_sheet_that_was_saved_at_once_and_holds_up_no_other_house() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let owner = superuser(&stage.database).await;
    let sheets = async |count: i64| {
        let query = "select count(*) from sheet";
        until("sheets", async || (numbers(&owner, query).await == [count]).then_some(())).await;
        numbers(&owner, "select (select count(*) from photo), (select count(*) from sheet_photo)").await
    };
    phone.run(STANDS_BETWEEN, Vec::new()).await;
    tap(&phone, "[data-standing=todo]").await;
    phone.find("#save-next").await;
    let house = phone.text("#page h1").await;
    // The camera hands over a picture, and the button is tapped before the page has made it smaller.
    phone.run_async(TAKES_A_PHOTO, vec![json!("H1"), json!(1), json!("#save-next")]).await;
    until("the next house", async || (phone.text("#page h1").await != house).then_some(())).await;
    save(&phone, "#nothing-found").await;
    assert_eq!(sheets(1).await, [0, 0], "the server broke at the photo: the other house has arrived");

    // Somebody else's page in the place of an answer is neither a refusal nor a receipt.
    for status in [403, 405, 200] {
        let stands = "Object.assign(window.between, { status: arguments[0], answered: 0 })";
        phone.run(stands, vec![json!(status)]).await;
        phone.run("dispatchEvent(new Event('online'))", Vec::new()).await;
        let answered = async || phone.run("return window.between.answered", Vec::new()).await.as_u64();
        until("an answer", async || answered().await.filter(|count| *count > 0)).await;
    }
    phone.run("window.between.status = 0; dispatchEvent(new Event('online'))", Vec::new()).await;
    assert_eq!(sheets(2).await, [1, 1], "the photo went first");
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_whose_photo_is_refused_goes_without_it_and_the_house_asks_for_another() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let owner = superuser(&stage.database).await;
    owner
        .execute("update catalogue_rule set evidence = true where code = 'H1a'", &[])
        .await
        .expect("asked for");
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let cookie = log_in(&stage.serving.pages, "panel_leader");
    let panel = "%E7%AC%AC%E4%B8%80%E8%AF%84%E5%88%86%E7%BB%84";
    let page = format!("/scoring/{VILLAGE}/2026-01/panel?name={panel}");
    let lacks = || {
        let answer = send(&stage.serving.pages, "GET", &page, &[cookie.as_str()], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body.contains("缺佐证：H1a")
    };
    let arrived = async |expected: [i64; 3]| {
        let query =
            "select (select count(*) from card), (select count(*) from sheet), (select count(*) from photo)";
        until("what arrived", async || (numbers(&owner, query).await == expected).then_some(())).await;
    };
    phone.run(STANDS_BETWEEN, Vec::new()).await;
    phone.run("window.between.status = 413", Vec::new()).await;
    tap(&phone, "[data-standing=todo]").await;
    note(&phone, "H1a", 1).await;
    phone.run_async(TAKES_A_PHOTO, vec![json!("H1"), json!(1), Value::Null]).await;
    phone.find("[data-item=H1] .thumbs img").await;
    save(&phone, "#save-next").await;
    arrived([1, 1, 0]).await;
    assert!(lacks(), "the card went in time, and the leader sees what it lacks");
    phone.shows("照片没有被接受：照片太大，请补拍").await;

    // It stays with the house until somebody was there again.
    phone.goto("/phone").await;
    tap(&phone, "[data-standing=retake]").await;
    phone.find("#retake").await;
    phone.run_async(TAKES_A_PHOTO, vec![json!("H1"), json!(2), Value::Null]).await;
    phone.find("[data-item=H1] .thumbs img").await;
    save(&phone, "#save-next").await;
    arrived([1, 2, 1]).await;
    assert!(!lacks(), "the photo stands beside the same card");
    tap(&phone, "a.back").await;
    phone.find("[data-standing=done]").await;
    assert_eq!(phone.count("[data-standing=retake]").await, 0);
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_was_on_its_way_does_not_undo_a_house_that_was_sent_meanwhile() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    until("no house is done", async || (phone.text("#count-done").await == "0").then_some(())).await;
    phone.run(HOLDS_MONTHS, Vec::new()).await;
    let holds = async || phone.run("return window.holds ?? null", Vec::new()).await.as_bool();
    until("the month as it was", holds).await;
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    tap(&phone, "a.back").await;
    phone.find("[data-standing=done]").await;
    assert_eq!(phone.run_async(RELEASES, Vec::new()).await, json!("1"));
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_line_is_dead_the_page_that_is_kept_opens() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let (driver, pages) = (Driver::start(), stage.serving.pages.clone());
    let phone = Browser::open(&driver, &pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let away = stage.goes_away();
    // It takes connections, and never says a word.
    let silent = TcpListener::bind(&pages).expect("the same address");
    phone.goto("/phone").await;
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    tap(&phone, "a.back").await;
    phone.find("[data-standing=here]").await;
    assert_eq!(waiting(&phone).await, 1);

    drop(silent);
    let stage = away.comes_back("2026-01-28T11:00:00+08:00");
    tap(&phone, "#sync-now").await;
    let owner = superuser(&stage.database).await;
    let query = "select count(*) from sheet";
    until("the sheet", async || (numbers(&owner, query).await == [1]).then_some(())).await;
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_signal_nobody_is_logged_out_by_half() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let _away = stage.goes_away();
    tap(&phone, "#log-out button").await;
    phone.find("#told[data-kind=problem]").await;
    phone.goto("/phone").await;
    phone.find("[data-standing=todo]").await;
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_waits_for_as_long_as_the_server_asks_within_reason() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    phone.run(PUTS_OFF, Vec::new()).await;
    let fixed = [5_000, 15_000, 60_000, 300_000];
    let cases: [(&str, &[u64]); 4] =
        [("77", &[77_000]), ("86400", &[900_000]), ("0", &[1_000]), ("by and by", &fixed)];
    for (said, expected) in cases {
        phone.run(ASKS, vec![json!(said)]).await;
        let waits = async || {
            let pauses = phone.run("return window.pauses", Vec::new()).await;
            let mut pauses = pauses.as_array().into_iter().flatten().filter_map(Value::as_u64);
            pauses.find(|pause| expected.contains(pause))
        };
        until(said, waits).await;
    }
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_try_of_one_house_sends_no_other() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    phone.run(REFUSES, Vec::new()).await;
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    save(&phone, "#nothing-found").await;
    tap(&phone, "a.back").await;
    let held = async || (phone.count("[data-standing=held]").await == 2).then_some(());
    until("two houses to look at", held).await;
    tap(&phone, "[data-standing=held]").await;
    phone.find("[data-again]").await;
    let shown = "return [location.hash.slice(4), document.querySelector('[data-again]')?.dataset.again]";
    let page = async || phone.run(shown, Vec::new()).await;
    let before = page().await;
    phone.run("window.sent = []", Vec::new()).await;
    tap(&phone, "[data-again]").await;
    let goes = async || Some(page().await).filter(|page| page[1].is_string() && *page != before);
    until("the page after another try", goes).await;
    assert_eq!(phone.run("return window.sent", Vec::new()).await, json!([[before[0]]]));
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_save_and_send_one_queue() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let browser = Browser::open(&driver, &stage.serving.pages, SCREEN).await;
    browser.log_in("panel_member").await;
    let told: Value = browser.run_async(TWO_WINDOWS, Vec::new()).await;
    assert_eq!(told, json!([2, [["second", 1, 5001]]]), "the later one was made knowing the first");
    drop(browser.close().await);
}
