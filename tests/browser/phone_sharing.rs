//! Scoring on phones that are not alone: another log-in on the same phone, two members on one house, and the deadline.

use authz::Role;
use domain::place::Place;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::phone::{HOUSEHOLDS, note, numbers, save, take_along, tap, waiting};
use super::stage::{GROUP, Stage, VILLAGE};
use crate::people::grant;
use crate::support::{superuser, until};

/// The owners of what the phone keeps of a kind.
const KEPT: &str = "
    const [kind, done] = arguments;
    const opened = indexedDB.open('jifen-phone');
    opened.onsuccess = () => {
        const keys = opened.result.transaction('sealed').objectStore('sealed').getAllKeys();
        keys.onsuccess = () => {
            opened.result.close();
            done(keys.result.filter(([, one]) => one === kind).map(([owner]) => owner));
        };
    };";

/// Lets no sheet through to the server.
const CUTS_OFF: &str = "
    window.real = window.fetch;
    window.fetch = (address, options) =>
        `${address}` === '/phone/sheets' ? Promise.reject(new TypeError('cut off')) : window.real(address, options);";

#[tokio::test(flavor = "multi_thread")]
async fn another_log_in_on_the_phone_neither_sees_nor_sends_what_waits() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let away = stage.goes_away();
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    save(&phone, "#nothing-found").await;
    phone.find("#sync-state[data-state=offline]").await;

    // The log-in ends before there is a signal again, so that its page cannot send first.
    let owner = superuser(&away.database).await;
    assert_eq!(owner.execute("delete from session", &[]).await.expect("ended"), 1);
    let stage = away.comes_back("2026-01-28T11:00:00+08:00");
    tap(&phone, "#sync-now").await;
    phone.find("#sync-state[data-state=login]").await;
    tap(&phone, "#log-in").await;
    phone.log_in("panel_leader").await;
    phone.goto("/phone").await;
    phone.find(".houses").await;
    assert_eq!((waiting(&phone).await, phone.count("[data-standing=here]").await), (0, 0));
    assert_eq!(owners_of(&phone, "month").await.len(), 1, "the other's month is gone, with its names");
    until("no house is done", async || (phone.text("#count-done").await == "0").then_some(())).await;
    tap(&phone, "#sync-now").await;
    phone.find("#sync-state[data-state=synced]").await;

    phone.goto("/phone").await;
    phone.find(".houses").await;
    assert_eq!(received(&owner).await, []);
    // The page may be older than the log-in.
    phone.run("document.querySelector('#log-out [name=form_token]').value = 'older'", Vec::new()).await;
    tap(&phone, "#log-out button").await;
    phone.find("input[name=password]").await;
    assert_eq!(
        owners_of(&phone, "month").await,
        Vec::<String>::new(),
        "nor does the own outlast the log-out"
    );
    assert_eq!(owners_of(&phone, "sheet").await.len(), 2, "what was not sent stays");
    phone.log_in("panel_member").await;
    phone.goto("/phone").await;
    until("both sheets", async || (received(&owner).await.len() == 2).then_some(())).await;
    phone.find("#sync-state[data-state=synced]").await;
    assert_eq!(received(&owner).await, [entered("panel_member"), entered("panel_member")]);
    until("an empty queue", async || (waiting(&phone).await == 0).then_some(())).await;
    drop(phone.close().await);
    drop(stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_signal_the_page_that_is_kept_shows_nothing_to_whoever_logged_in_since() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let away = stage.goes_away();
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    phone.find("#sync-state[data-state=offline]").await;

    // The log-in ends; somebody else logs in, and opens a page of the console only.
    let owner = superuser(&away.database).await;
    assert_eq!(owner.execute("delete from session", &[]).await.expect("ended"), 1);
    let stage = away.comes_back("2026-01-28T11:00:00+08:00");
    phone.log_in("panel_leader").await;
    phone.goto(&format!("/scoring/{VILLAGE}/2026-01")).await;
    // Its script has run.
    phone.find("button[data-print]:not([hidden])").await;
    let away = stage.goes_away();
    phone.goto("/phone").await;
    phone.find("#shut").await;
    assert_eq!(phone.count("[data-household], header.top, .sync").await, 0);
    until("no month", async || owners_of(&phone, "month").await.is_empty().then_some(())).await;
    assert_eq!(owners_of(&phone, "sheet").await.len(), 1, "what was not sent stays");

    let stage = away.comes_back("2026-01-28T12:00:00+08:00");
    assert_eq!(owner.execute("delete from session", &[]).await.expect("ended"), 1);
    phone.log_in("panel_member").await;
    phone.goto("/phone").await;
    until("the sheet", async || (received(&owner).await == [entered("panel_member")]).then_some(())).await;
    phone.find("#sync-state[data-state=synced]").await;
    drop(phone.close().await);
    drop(stage);
}

/// Switches to another role, as another window does.
const SWITCHES: &str = "
    const [grant, done] = arguments;
    const scene = async () => {
        const account = new DOMParser().parseFromString(await (await fetch('/account')).text(), 'text/html');
        const form_token = account.querySelector('[name=form_token]').value;
        const body = new URLSearchParams({ form_token, grant });
        return (await fetch('/account/role', { method: 'POST', body })).ok;
    };
    scene().then(done, (error) => done(`${error}`));";

#[tokio::test(flavor = "multi_thread")]
async fn in_another_role_the_phone_says_under_which_the_sheets_wait() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let driver = Driver::start();
    let phone = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let owner = superuser(&stage.database).await;
    let account = "select id from account where login = 'panel_member'";
    let account: i64 = owner.query_one(account, &[]).await.expect("an account").get(0);
    let other = "select max(left(place, 12)) from household where left(place, 12) <> $1";
    let other: String = owner.query_one(other, &[&VILLAGE]).await.expect("a village").get(0);
    let mut connection = stage.database.database.connection().await.expect("a connection");
    let at = |code: &str| Place::parse_code(code).expect("a code");
    let leads = grant(&mut connection, account, Role::GroupLeader, at(GROUP)).await;
    let scores = grant(&mut connection, account, Role::PanelMember, at(&other)).await;
    drop(connection);

    // A role that does not score.
    assert_eq!(phone.run_async(SWITCHES, vec![json!(leads)]).await, json!(true));
    tap(&phone, "[data-standing=todo]").await;
    save(&phone, "#nothing-found").await;
    phone.find("#sync-state[data-state=role]").await;
    let words = phone.text("#sync-state").await;
    assert!(words.contains("评分组成员"), "{words}");
    assert_eq!(phone.text("#log-in").await, "我的账号");

    // The same role elsewhere.
    assert_eq!(phone.run_async(SWITCHES, vec![json!(scores)]).await, json!(true));
    phone.goto("/phone").await;
    phone.shows("另有 1 份积分卡以").await;
    assert_eq!(received(&owner).await, []);
    phone.goto("/account").await;
    let own = "select id from role_grant where account_id = $1 and role = 'panel_member' and place = $2";
    let own: i64 = owner.query_one(own, &[&account, &VILLAGE]).await.expect("a role").get(0);
    assert_eq!(phone.run_async(SWITCHES, vec![json!(own)]).await, json!(true));
    phone.goto("/phone").await;
    until("the sheet", async || (received(&owner).await == [entered("panel_member")]).then_some(())).await;
    drop(phone.close().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_on_one_house_are_both_kept_and_the_leader_decides() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-01-28T10:00:00+08:00").await;
    let (driver, pages) = (Driver::start(), stage.serving.pages.as_str());
    let member = Browser::open(&driver, pages, PHONE).await;
    let leader = Browser::open(&driver, pages, SCREEN).await;
    take_along(&member, "panel_member").await;
    take_along(&leader, "panel_leader").await;
    until("numbers under the names of groups", async || {
        member.text(".house .number").await.contains("小组 ").then_some(())
    })
    .await;
    let owner = superuser(&stage.database).await;

    // Both know no card of the house.
    tap(&leader, "[data-standing=todo]").await;
    leader.find("#save-next").await;
    tap(&member, "[data-standing=todo]").await;
    note(&member, "H1a", 1).await;
    save(&member, "#save-next").await;
    until("the first sheet", async || (received(&owner).await.len() == 1).then_some(())).await;
    note(&leader, "H3b", 2).await;
    save(&leader, "#save-next").await;
    leader.find("#told[data-kind=problem]").await;
    leader.shows("请组长取舍").await;
    tap(&leader, "a.back").await;
    leader.find("[data-standing=conflict]").await;
    assert_eq!(received(&owner).await, [entered("panel_member"), (3, "panel_leader".to_owned())]);
    assert_eq!(cards(&owner).await, [(1, "H1a*1".to_owned())], "the first stands until it is decided");

    leader.goto(&format!("/scoring/{VILLAGE}/2026-01")).await;
    leader.find("#open-sheets").await;
    let open = leader.text("#open-sheets").await;
    assert!(open.contains("92 分：H3b2（") && open.contains("98 分：H1a（"), "{open}");
    assert!(open.contains("小组 "), "the number stands beside its group: {open}");
    leader.press("采用这份").await;
    until("the decision", async || (leader.count("#open-sheets").await == 0).then_some(())).await;
    assert_eq!(cards(&owner).await, [(1, "H1a*1".to_owned()), (2, "H3b*2".to_owned())]);

    member.goto("/phone").await;
    member.find("[data-standing=done]").await;
    member.shows("92 分").await;
    drop((member.close().await, leader.close().await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_after_the_deadline_is_parked_and_never_lost() {
    let stage = Stage::registered(HOUSEHOLDS, "2026-01", "2026-02-03T21:00:00+08:00").await;
    let (driver, pages) = (Driver::start(), stage.serving.pages.clone());
    let phone = Browser::open(&driver, &pages, PHONE).await;
    take_along(&phone, "panel_member").await;
    let away = stage.goes_away();
    tap(&phone, "[data-standing=todo]").await;
    note(&phone, "H3b", 1).await;
    tap(&phone, "#save-next").await;
    phone.shows("请先写明原因").await;
    phone.fill("#late-reason", "连日大雨，道路不通").await;
    save(&phone, "#save-next").await;
    phone.find("#sync-state[data-state=offline]").await;

    let stage = away.comes_back("2026-02-04T09:00:00+08:00");
    // Not by the button: asked for by hand, what was not accepted goes again as another sheet.
    phone.run("dispatchEvent(new Event('online'))", Vec::new()).await;
    phone.find("#told[data-kind=problem]").await;
    phone.shows("已作为迟到的评分单保留").await;
    let owner = superuser(&stage.database).await;
    assert_eq!(received(&owner).await, [(4, "panel_member".to_owned())]);
    assert_eq!(numbers(&owner, "select count(*) from card").await, [0]);
    tap(&phone, "a.back").await;
    phone.find("[data-standing=held]").await;
    assert_eq!(owners_of(&phone, "sheet").await.len(), 1, "the phone keeps it too");
    assert_eq!(waiting(&phone).await, 0, "the server has it");
    until("nothing is done", async || (phone.text("#count-done").await == "0").then_some(())).await;
    until("one to look at", async || (phone.text("#count-held").await == "1").then_some(())).await;
    tap(&phone, "[data-standing=held]").await;
    phone.find("[data-left]").await;
    let key =
        async || phone.run("return document.querySelector('[data-again]')?.dataset.again", Vec::new()).await;
    let tries = async || {
        let before = key().await;
        tap(&phone, "[data-again]").await;
        let goes = async || Some(key().await).filter(|key| key.is_string() && *key != before);
        until("the page after another try", goes).await;
    };
    // Where it does not get through, the page still says why it was not accepted.
    phone.run(CUTS_OFF, Vec::new()).await;
    tries().await;
    phone.find("#sync-state[data-state=offline]").await;
    phone.run("window.fetch = window.real; dispatchEvent(new Event('online'))", Vec::new()).await;
    phone.find("#sync-state[data-state=synced]").await;
    tries().await;
    assert_eq!(received(&owner).await, [(4, "panel_member".to_owned())], "it is kept once");
    tap(&phone, "a.back").await;

    let leader = Browser::open(&driver, &pages, SCREEN).await;
    leader.log_in("panel_leader").await;
    leader.goto(&format!("/scoring/{VILLAGE}/2026-01")).await;
    leader.find("#open-sheets").await;
    let open = leader.text("#open-sheets").await;
    assert!(open.contains("迟到") && open.contains("96 分：H3b") && open.contains("没有积分卡"), "{open}");

    // The month is shown no longer: whoever has read what became of the sheet takes it off the phone.
    let stage = stage.at("2026-03-10T09:00:00+08:00");
    phone.goto("/phone").await;
    tap(&phone, "[data-left]").await;
    until("nothing of it", async || (phone.count("[data-left]").await == 0).then_some(())).await;
    assert_eq!(owners_of(&phone, "sheet").await, Vec::<String>::new());
    assert_eq!(numbers(&owner, "select count(*) from sheet").await, [1], "the village still decides on it");
    drop(stage);
    drop((phone.close().await, leader.close().await));
}

/// Whose the values of a kind are that the phone keeps, sealed.
pub(super) async fn owners_of(phone: &Browser, kind: &str) -> Vec<String> {
    let owners = phone.run_async(KEPT, vec![kind.into()]).await;
    owners.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A sheet that became the card, and whose it is.
fn entered(login: &str) -> (i16, String) {
    (1, login.to_owned())
}

/// How every sheet was received, and from whom.
async fn received(owner: &Client) -> Vec<(i16, String)> {
    let rows = owner.query("select outcome, by_login from sheet order by id", &[]).await.expect("sheets");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Every revision of every card with its findings.
async fn cards(owner: &Client) -> Vec<(i16, String)> {
    let query = "
        select c.revision, string_agg(f.act || '*' || f.times, ';' order by f.number)
        from card c
        join finding f on f.county_code = c.county_code and f.month = c.month and f.card_id = c.id
        group by c.id, c.revision order by c.id, c.revision";
    let rows = owner.query(query, &[]).await.expect("cards");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}
