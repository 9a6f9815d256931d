//! What a phone keeps, and for how long: nothing of months that are over, and nothing is lost where the browser takes it away.

use serde_json::{Value, json};

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::phone::{HOUSEHOLDS, TAKES_A_PHOTO, numbers, save, take_along, tap, waiting};
use super::phone_sharing::owners_of;
use super::stage::Stage;
use crate::support::{superuser, until};

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

/// Throws away all that the phone keeps under the open page, as a browser does that is told to clear it.
const CLEARS: &str = "
    const [done] = arguments;
    const request = indexedDB.deleteDatabase('jifen-phone');
    request.onsuccess = () => done('cleared');
    request.onerror = () => done(`${request.error}`);";

/// Closes what the page has open, as a phone does that was put away.
const CLOSES: &str = "
    const [done] = arguments;
    const real = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...asked) {
        IDBDatabase.prototype.transaction = real;
        this.close();
        return real.apply(this, asked);
    };
    done('closed at the next use');";

/// Throws away all that is kept while something is being sealed, and opens the store anew meanwhile. Tells what is kept of it.
const CLEARS_WHILE_IT_SEALS: &str = "
    const [done] = arguments;
    const scene = async () => {
        const { openStore } = await import('/assets/now/phone/store.js');
        const store = await openStore('7', 'here');
        const { subtle } = crypto;
        const real = subtle.encrypt;
        let release;
        const held = new Promise((resolve) => (release = resolve));
        subtle.encrypt = async (...asked) => {
            subtle.encrypt = real;
            const sealed = await real.apply(subtle, asked);
            await held;
            return sealed;
        };
        const kept = store.put('draft', '2026-01/1', { note: 'half filled in' });
        await new Promise((resolve, reject) => {
            const request = indexedDB.deleteDatabase('jifen-phone');
            request.onsuccess = resolve;
            request.onerror = () => reject(request.error);
        });
        await store.get('draft', 'of another house');
        release();
        await kept;
        return (await store.get('draft', '2026-01/1'))?.note ?? null;
    };
    scene().then(done, (error) => done(`${error}`));";

/// How wide the icon is that the page names for home screens; nothing where it is no picture.
const ICON: &str = "
    const [done] = arguments;
    const icon = new Image();
    icon.src = document.querySelector('link[rel=apple-touch-icon]').href;
    icon.decode().then(() => done([icon.naturalWidth, icon.naturalHeight]), () => done(null));";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_an_icon_for_home_screens_that_take_no_svg() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    assert_eq!(phone.run_async(ICON, Vec::new()).await, json!([180, 180]));
    drop(phone.close().await);
}

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

    // Without signal nobody says that the month was not opened anew.
    let away = stage.goes_away();
    phone.goto("/phone").await;
    until("the photo that nobody shows", async || (kept().await == (2, 2)).then_some(())).await;
    let _stage = away.comes_back("2026-01-28T11:00:00+08:00");
    phone.goto("/phone").await;
    until("what is needed", async || (kept().await == (1, 1)).then_some(())).await;
    tap(&phone, "[data-standing=draft]").await;
    phone.find("[data-item=H1] .thumbs img").await;
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_takes_away_what_is_kept_the_sheets_arrive_all_the_same() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let away = stage.goes_away();
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    phone.find("#sync-state[data-state=offline]").await;

    // The connection only: nothing is lost, and nobody hears of it.
    assert_eq!(phone.run_async(CLOSES, Vec::new()).await, json!("closed at the next use"));
    save(&phone, "#nothing-found").await;
    tap(&phone, "a.back").await;
    phone.find("[data-standing=here]").await;
    assert_eq!((waiting(&phone).await, phone.count("#notice").await), (2, 0));

    assert_eq!(phone.run_async(CLEARS, Vec::new()).await, json!("cleared"));
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    tap(&phone, "a.back").await;
    phone.find("#notice").await;
    phone.shows("浏览器清除了本机保存的内容").await;
    assert_eq!(waiting(&phone).await, 3);
    assert_eq!(owners_of(&phone, "sheet").await.len(), 3, "the phone keeps them again");

    let stage = away.comes_back("2026-01-28T11:00:00+08:00");
    tap(&phone, "#sync-now").await;
    let owner = superuser(&stage.database).await;
    let query = "select count(*) from sheet where outcome = 1";
    until("every sheet", async || (numbers(&owner, query).await == [3]).then_some(())).await;
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_sealed_while_the_browser_takes_everything_away_is_kept() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", NOW).await;
    let driver = Driver::start();
    let browser = Browser::open(&driver, &stage.serving.pages, SCREEN).await;
    browser.log_in("panel_member").await;
    assert_eq!(browser.run_async(CLEARS_WHILE_IT_SEALS, Vec::new()).await, json!("half filled in"));
    drop(browser.close().await);
}
