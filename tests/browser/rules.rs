//! The editor of a catalogue on a phone: the sum follows what is typed, and nothing is cut off.

use super::driver::{Browser, Driver, PHONE};
use super::stage::{Stage, VILLAGE};

#[tokio::test(flavor = "multi_thread")]
async fn the_sum_follows_what_is_typed_and_the_table_stacks_on_a_phone() {
    let stage = Stage::set(60, "2026-01", 1, "2026-02-09T10:00:00+08:00").await;
    let driver = Driver::start();
    let clerk = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    clerk.log_in("village_administrator").await;
    clerk.goto(&format!("/rules/{VILLAGE}/2026-01/draft")).await;
    clerk.find("[data-sum-words].word-fine").await;
    assert_eq!(clerk.text("[data-sum-words]").await, "正好 100 分");
    let (classes, open) = (clerk.count(".class-fold").await, clerk.count(".class-fold[open]").await);
    assert_eq!((classes, open), (3, 2), "the first class and the empty rows are open");

    clerk.fill("tbody tr:first-child input[name=full_points]", "10.5").await;
    clerk.find("[data-sum-words].word-late").await;
    assert_eq!(clerk.text("[data-sum-words]").await, "还差 1.5 分");
    assert_eq!(clerk.text("output[data-sum=all]").await, "98.5");

    let fits = "return document.documentElement.scrollWidth <= window.innerWidth";
    assert_eq!(clerk.run(fits, Vec::new()).await, true, "the page is no wider than the phone");
    drop(clerk.close().await);
}
