//! What village and town settle between the months: entry opened again, a household that moves, a question about one.

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::stage::{Stage, TOWN, VILLAGE};

const MONTH: &str = "2026-01";
const HOUSEHOLD: &str = "/household/4402291002010010002/2026-01";

async fn window(driver: &Driver, stage: &Stage, size: (u32, u32), login: &str) -> Browser {
    let browser = Browser::open(driver, &stage.serving.pages, size).await;
    browser.log_in(login).await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn the_village_asks_the_town_decides_and_each_sees_what_became_of_it() {
    let driver = Driver::start();
    // Entry ended on the 3rd; the month is not closed yet.
    let stage = Stage::set(60, MONTH, 1, "2026-02-04T09:00:00+08:00").await;
    let village = window(&driver, &stage, PHONE, "village_administrator").await;
    let town = window(&driver, &stage, SCREEN, "town_administrator").await;

    village.goto(&format!("/scoring/{VILLAGE}/{MONTH}")).await;
    village.set("#exceptions input[name=until]", "2026-02-06").await;
    village.fill("#exceptions input[name=reason]", "山路塌方，下队进不去").await;
    village.click("#ask-exception").await;
    village.shows("待批准").await;
    assert_eq!(village.count("#exceptions button[value=grant]").await, 0, "nobody grants the own request");
    town.goto(&format!("/scoring/{TOWN}/{MONTH}")).await;
    town.shows("山路塌方").await;
    town.click("#exceptions button[value=grant]").await;
    town.shows("已批准").await;
    village.goto(&format!("/scoring/{VILLAGE}/{MONTH}")).await;
    village.shows("补录中").await;

    village.goto(HOUSEHOLD).await;
    let moves = |rest: &str| format!("form[action$='/moves'] {rest}");
    village.press("迁到本村另一个小组").await;
    village.choose(&moves("select[name=group]"), "440229100201002").await;
    village.set(&moves("input[name=from]"), "2026-02").await;
    village.fill(&moves("input[name=reason]"), "搬到下队老屋").await;
    village.click(&moves("button[value=check]")).await;
    village.click(&moves("button[value=save]")).await;
    village.shows("迁组已登记").await;

    town.goto(HOUSEHOLD).await;
    town.shows("搬到下队老屋").await;
    town.choose("#queries select[name=about]", "resident").await;
    town.fill("#queries textarea[name=reason]", "听说全家外出务工，是否常住").await;
    town.click("#queries button[value=ask]").await;
    town.shows("质询已发出").await;
    village.goto(HOUSEHOLD).await;
    village.fill("form[action$='/answers'] textarea[name=reason]", "老人和孩子常年在家").await;
    village.click("button[value=confirmed]").await;
    village.shows("已答复").await;
    town.goto(HOUSEHOLD).await;
    town.fill("#queries form:has(button[value=closed]) textarea[name=reason]", "属实").await;
    town.click("#queries button[value=closed]").await;
    town.shows("质询已办结").await;
    village.close().await;
    town.close().await;
}
