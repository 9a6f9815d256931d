//! How the main pages look and weigh: for people who see badly, on a phone, and where the line is thin.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::COUNTY;

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::month::texts;
use super::stage::{GROUP, Stage, TOWN, VILLAGE};
use crate::people::log_in;
use crate::support::{Answer, send};

/// The published month that is looked at.
const MONTH: &str = "2026-01";

/// The checker of accessibility, as the packages of the pages bring it.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../service/node_modules/axe-core/axe.min.js");

/// Has axe check the page. The browser takes scripts from its driver whatever the page's policy on scripts.
const ISSUES: &str = "const done = arguments[0];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] }).then(({ violations }) => {
        const issues = violations.filter((one) => ['serious', 'critical'].includes(one.impact));
        done(issues.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`));
    }, (error) => done([String(error)]));";

/// What makes the page wider than the screen, leaving out tables that scroll by themselves.
const TOO_WIDE: &str = "const [screen] = arguments;
    const width = Math.max(document.documentElement.scrollWidth, window.innerWidth);
    if (width <= screen) return [];
    const over = (one) => !one.closest('.wide') && one.getBoundingClientRect().right > screen;
    const wide = [...document.body.querySelectorAll('*')].filter(over).slice(0, 3);
    return [`${width} px wide: ${wide.map((one) => `${one.localName}.${one.className}`).join(', ')}`];";

/// The most bytes of a page, of all that it loads, and of both.
const HEAVIEST: (usize, usize, usize) = (150 << 10, 150 << 10, 300 << 10);

/// The longest that half of a page's answers may take. Without optimisation the program gets twice the time.
const SLOWEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 200 });

/// How many ask for a page at the same time.
const CLIENTS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_pages_have_no_serious_accessibility_issue() {
    let axe = std::fs::read_to_string(AXE).expect("axe-core, which npm ci installs");
    look(&[PHONE, SCREEN], async |browser: &Browser| {
        browser.run(&axe, Vec::new()).await;
        texts(&browser.run_async(ISSUES, Vec::new()).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_say_nothing_to_the_browser_console() {
    look(&[PHONE], async |browser: &Browser| browser.complaints().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_scrolls_sideways_on_a_phone() {
    look(&[PHONE], async |browser: &Browser| texts(&browser.run(TOO_WIDE, vec![json!(PHONE.0)]).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_heavier_than_its_budget() {
    let stage = published().await;
    let address = &stage.serving.pages;
    let (most_html, most_files, most) = HEAVIEST;
    let mut heavy = Vec::new();
    for (who, page) in with_cookies(&stage) {
        let answer = send(address, "GET", &page, &[who.as_str(), "Accept-Encoding: gzip"], "");
        assert_eq!(answer.status, 200, "{page}");
        let (html, files) = (length(&answer), loaded(address, &answer.body));
        assert!(files > 0, "{page} loads no style");
        if html > most_html || files > most_files || html + files > most {
            heavy.push(format!("{page}: {html} bytes, and loads {files}"));
        }
    }
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_keeps_people_waiting() {
    let stage = published().await;
    let mut slow = Vec::new();
    for (who, page) in with_cookies(&stage) {
        let mut taken = asked_by(CLIENTS, || {
            let started = Instant::now();
            let answer = send(&stage.serving.pages, "GET", &page, &[who.as_str()], "");
            assert_eq!(answer.status, 200, "{page}");
            started.elapsed()
        });
        taken.sort_unstable();
        let median = taken[taken.len() / 2];
        if median >= SLOWEST {
            slow.push(format!("{page}: {} ms", median.as_millis()));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

/// Asks at once from so many clients, each six times in a row. Returns what each request took.
fn asked_by(clients: usize, ask: impl Fn() -> Duration + Sync) -> Vec<Duration> {
    std::thread::scope(|scope| {
        let client = || (0..6).map(|_| ask()).collect::<Vec<_>>();
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    })
}

/// A county with a published month, and an objection to it.
async fn published() -> Stage {
    let stage = Stage::set(60, MONTH, 1, "2026-02-09T10:00:00+08:00").await;
    stage.publish(MONTH, "2026-02-05T10:00:00+08:00");
    let (form, kind) =
        (format!("/p/{VILLAGE}/objections"), "Content-Type: application/x-www-form-urlencoded");
    let body = format!("month={MONTH}&group={GROUP}&number=0001&words=不应扣分");
    let answer = send(&stage.serving.pages, "POST", &form, &[kind], &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    stage
}

/// The main pages, by who looks at them.
fn main_pages(stage: &Stage) -> Vec<(Option<&'static str>, Vec<String>)> {
    let official = "county_administrator";
    let board = [
        "/login".to_owned(),
        format!("/p/{VILLAGE}"),
        format!("/p/{VILLAGE}/objection"),
        format!("/p/{VILLAGE}/suggestion"),
        "/answer".to_owned(),
    ];
    let above = ["overview", "closing", "publication", "awards", "accounts"];
    let above = above.iter().flat_map(|section| {
        [COUNTY, TOWN].into_iter().map(move |place| format!("/{section}/{place}/{MONTH}"))
    });
    let village = [
        "overview",
        "rules",
        "households",
        "panels",
        "scoring",
        "closing",
        "publication",
        "objections",
        "awards",
        "log",
        "accounts",
    ];
    let village = village.iter().map(|section| format!("/{section}/{VILLAGE}/{MONTH}"));
    let panel = "%E7%AC%AC%E4%B8%80%E8%AF%84%E5%88%86%E7%BB%84";
    let further = [
        format!("/rules/{VILLAGE}/{MONTH}/draft"),
        format!("/rules/{VILLAGE}/{MONTH}/review"),
        format!("/rules/{VILLAGE}/{MONTH}/settings"),
        format!("/households/{VILLAGE}/{MONTH}/new"),
        format!("/households/{VILLAGE}/{MONTH}/import"),
        format!("/household/{GROUP}0001/{MONTH}"),
        format!("/why/{GROUP}0001/{MONTH}"),
        format!("/closing/{GROUP}/{MONTH}"),
        format!("/scoring/{VILLAGE}/{MONTH}/entry"),
        format!("/scoring/{VILLAGE}/{MONTH}/panel?name={panel}"),
        numbered(stage, official, &format!("/objections/{VILLAGE}/{MONTH}")),
        numbered(stage, official, &format!("/accounts/{COUNTY}/{MONTH}")),
        format!("/accounts/{COUNTY}/{MONTH}/tokens"),
        format!("/suggestions/{VILLAGE}/{MONTH}"),
        format!("/samples/{COUNTY}/{MONTH}"),
        "/account".to_owned(),
        "/roles".to_owned(),
    ];
    vec![
        (None, board.into()),
        (Some(official), above.chain(village).chain(further).collect()),
        (Some("panel_member"), vec!["/phone".to_owned()]),
    ]
}

/// The first page below another that a number leads to.
fn numbered(stage: &Stage, login: &str, list: &str) -> String {
    let cookie = log_in(&stage.serving.pages, login);
    let page = send(&stage.serving.pages, "GET", list, &[cookie.as_str()], "");
    let below = format!("{list}/");
    let leads = |link: &&str| {
        link.strip_prefix(&below)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|one| one.is_ascii_digit()))
    };
    page.body.split('"').find(leads).unwrap_or_else(|| panic!("{list}: {}", page.body)).to_owned()
}

/// Every main page with the header that says who asks for it.
fn with_cookies(stage: &Stage) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for (who, addresses) in main_pages(stage) {
        let header = who.map_or("X-Nobody: 1".to_owned(), |login| log_in(&stage.serving.pages, login));
        pages.extend(addresses.into_iter().map(|page| (header.clone(), page)));
    }
    pages
}

/// Opens every main page in windows of some sizes; what a look finds fails the test, with the page.
async fn look(sizes: &[(u32, u32)], at: impl AsyncFn(&Browser) -> Vec<String>) {
    let stage = published().await;
    let driver = Driver::start();
    let mut found = Vec::new();
    for size in sizes {
        for (who, pages) in main_pages(&stage) {
            let browser = Browser::open(&driver, &stage.serving.pages, *size).await;
            if let Some(login) = who {
                browser.log_in(login).await;
            }
            for page in pages {
                browser.goto(&page).await;
                browser.find("h1").await;
                assert_eq!(browser.address().await, page, "it leads elsewhere");
                let lines = at(&browser).await;
                found.extend(lines.into_iter().map(|line| format!("{page} at {} px: {line}", size.0)));
            }
            browser.close().await;
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// How many bytes an answer's body has.
fn length(answer: &Answer) -> usize {
    answer.header("content-length").parse().expect("a length")
}

/// The bytes of the files that a page loads, packed as they travel, with the modules that its scripts import.
fn loaded(address: &str, page: &str) -> usize {
    let quoted = page.split('"').filter(|piece| piece.starts_with("/assets/"));
    let mut waiting: Vec<String> =
        quoted.filter_map(|piece| piece.split('#').next()).map(str::to_owned).collect();
    let (mut seen, mut bytes) = (BTreeSet::new(), 0);
    while let Some(file) = waiting.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let packed = send(address, "GET", &file, &["Accept-Encoding: gzip"], "");
        assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"), "{file}");
        bytes += length(&packed);
        if let Some((folder, _)) = file.rsplit_once('/').filter(|(_, name)| name.ends_with(".js")) {
            let script = send(address, "GET", &file, &[], "").body;
            let modules = script.split('\'').filter_map(|piece| piece.strip_prefix("./"));
            let modules = modules.filter(|piece| piece.ends_with(".js"));
            waiting.extend(modules.map(|module| format!("{folder}/{module}")));
        }
    }
    bytes
}
