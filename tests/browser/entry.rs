//! Paper sheets by keyboard: what was typed stays in the tab until it is saved.

use serde_json::json;

use super::driver::{Browser, Driver, SCREEN};
use super::stage::{GROUP, Stage, VILLAGE};
use crate::support::{superuser, until};

/// The last line of the grid, which nothing else in the test touches.
const LINE: &str = "tbody tr:last-child [name=findings]";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_a_session_that_ended_and_a_log_out_forgets_it() {
    let driver = Driver::start();
    let stage = Stage::registered(40, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let address = format!("/scoring/{VILLAGE}/2026-01/entry?group={GROUP}");
    let clerk = Browser::open(&driver, &stage.serving.pages, SCREEN).await;
    clerk.log_in("village_administrator").await;
    clerk.goto(&address).await;
    type_in(&clerk, "H1a2").await;
    let owner = superuser(&stage.database).await;
    assert_eq!(owner.execute("delete from session", &[]).await.expect("ended"), 1);
    clerk.click("#entry button.btn-primary").await;
    clerk.find("input[name=password]").await;

    clerk.log_in("village_administrator").await;
    clerk.goto(&address).await;
    clerk.shows("已找回上次没有保存的 1 户").await;
    assert_eq!(value(&clerk).await, json!("H1a2"), "nothing is lost");
    clerk.click("#entry button.btn-primary").await;
    clerk.shows("上次保存了 1 户").await;
    clerk.goto(&address).await;
    assert_eq!(value(&clerk).await, json!("H1a2"), "it stands on record");
    assert_eq!(clerk.count("[role=status]").await, 0, "and is not found again");

    type_in(&clerk, "H1a3").await;
    clerk.click("header form[action='/logout'] button").await;
    clerk.find("input[name=password], a[href^='/login']").await;
    clerk.log_in("village_administrator").await;
    clerk.goto(&address).await;
    clerk.find(LINE).await;
    assert_eq!(value(&clerk).await, json!("H1a2"), "who logs out leaves nothing behind");
    clerk.close().await;
}

/// Types into the line, again where the script of the rows was not at work yet.
async fn type_in(clerk: &Browser, text: &str) {
    clerk.find(LINE).await;
    let typed = "const field = document.querySelector(arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', { bubbles: true }));
        return Object.keys(sessionStorage).some((key) => key.startsWith('typed '));";
    let kept = async || (clerk.run(typed, vec![json!(LINE), json!(text)]).await == true).then_some(());
    until("the line to be kept", kept).await;
}

async fn value(clerk: &Browser) -> serde_json::Value {
    clerk.run("return document.querySelector(arguments[0]).value", vec![json!(LINE)]).await
}
