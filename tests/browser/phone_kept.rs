//! What a phone keeps, and for how long: nothing of months that are over, and nothing is lost where the browser takes it away.

use serde_json::{Value, json};

use super::driver::{Browser, Driver, PHONE};
use super::phone::{HOUSEHOLDS, TAKES_A_PHOTO, take_along, tap};
use super::phone_sharing::owners_of;
use super::stage::Stage;
use crate::support::until;

/// When the phones are on their way.
const NOW: &str = "2026-01-28T10:00:00+08:00";

/// Leaves behind what earlier visits may have: a house half filled in a month that is over, with its photo, and a photo that
/// nobody shows.
const LEAVES_BEHIND: &str = "
    const [done] = arguments;
    const scene = async () => {
        const { openStore } = await import('/assets/now/phone/store.js');
        const store = await openStore(document.body.dataset.account, document.body.dataset.place);
        const { household } = document.querySelector('[data-household]').dataset;
        const draft = {
            findings: [], note: '', late_reason: '', scored_on: '2025-10-28', base_revision: 0,
            photos: [{ hash: 'half', item: 'H1' }],
        };
        const photos = [`2025-10/${household}/half`, `2026-01/${household}/nobodys`];
        const kept = photos.map((id) => ['photo', id, new ArrayBuffer(8)]);
        await store.change([['draft', `2025-10/${household}`, draft], ...kept], []);
        store.database.close();
    };
    scene().then(() => done('left'), (error) => done(`${error}`));";

#[tokio::test(flavor = "multi_thread")]
async fn drafts_of_months_that_are_over_and_photos_of_nobody_leave_the_phone() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    tap(&phone, "[data-standing=todo]").await;
    phone.find("#save-next").await;
    phone.run_async(TAKES_A_PHOTO, vec![json!("H1"), json!(1), Value::Null]).await;
    phone.find("[data-item=H1] .thumbs img").await;
    tap(&phone, "a.back").await;
    phone.find("[data-standing=draft]").await;
    assert_eq!(phone.run_async(LEAVES_BEHIND, Vec::new()).await, json!("left"));
    let kept = async || (owners_of(&phone, "draft").await.len(), owners_of(&phone, "photo").await.len());
    assert_eq!(kept().await, (2, 3));

    phone.goto("/phone").await;
    until("what is needed", async || (kept().await == (1, 1)).then_some(())).await;
    tap(&phone, "[data-standing=draft]").await;
    phone.find("[data-item=H1] .thumbs img").await;
    drop(phone.close().await);
}
