//! The pictures of the README: renewed by `UPDATE=1 cargo test -p jifen --test acceptance -- screens`.

use std::path::{Path, PathBuf};

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::stage::{Stage, TOWN, VILLAGE};

/// The most bytes of a picture.
const LARGEST: u64 = 200 << 10;

/// Pictures: the name, who looks, and at what, with places for the village and the town.
const PICTURES: &[(&str, &str, &str)] = &[
    ("town", "town_administrator", "/overview/{town}/2026-01"),
    ("month", "village_administrator", "/overview/{village}/2026-01"),
    ("rules", "village_administrator", "/rules/{village}/2026-01"),
    ("households", "village_administrator", "/households/{village}/2026-01"),
    ("scoring", "panel_leader", "/scoring/{village}/2026-01"),
    ("entry", "village_administrator", "/scoring/{village}/2026-02/entry"),
    ("closing", "village_administrator", "/closing/{village}/2026-01"),
    ("publication", "village_administrator", "/publication/{village}/2026-01"),
    ("objections", "village_administrator", "/objections/{village}/2026-01"),
    ("phone", "panel_member", "/phone"),
    ("board", "", "/p/{village}"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../service/screens")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_the_main_pages_are_there_at_both_sizes_and_small() {
    if std::env::var_os("UPDATE").is_some() {
        renew().await;
    }
    for (name, ..) in PICTURES {
        for size in ["390", "1440"] {
            let file = folder().join(format!("{name}-{size}.png"));
            let bytes = file.metadata().unwrap_or_else(|error| panic!("{}: {error}", file.display())).len();
            assert!(bytes <= LARGEST, "{name}-{size}.png has {bytes} bytes");
        }
    }
}

async fn renew() {
    let stage = Stage::set(240, "2026-01", 2, "2026-02-09T10:00:00+08:00").await;
    stage.publish("2026-01", "2026-02-05T10:00:00+08:00");
    let driver = Driver::start();
    std::fs::create_dir_all(folder()).expect("a folder");
    for size in [PHONE, SCREEN] {
        for (name, login, page) in PICTURES {
            let browser = Browser::open(&driver, &stage.serving.pages, size).await;
            if !login.is_empty() {
                browser.log_in(login).await;
            }
            browser.goto(&page.replace("{village}", VILLAGE).replace("{town}", TOWN)).await;
            browser.find(if *name == "phone" { ".houses, .choices" } else { "h1" }).await;
            let picture = browser.picture().await;
            std::fs::write(folder().join(format!("{name}-{}.png", size.0)), picture).expect("written");
            drop(browser.close().await);
        }
    }
}
