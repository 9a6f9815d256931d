//! A month from the changed rule to the corrected notice, by everybody who has a part in it.

use serde_json::{Value, json};
use testkit::COUNTY;

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::stage::{GROUP, Stage, TOWN, VILLAGE};
use crate::support::{succeed, until};

/// The month; the one before is closed, and the changed rule holds from this one on.
const MONTH: &str = "2026-02";

/// What one household is found with: 74 points by the changed rule, 80 by the one before.
const FOUND: &str = "H1a3 H3b2 W3a";

/// The Enter key, and Control held down, as WebDriver writes them.
const ENTER: char = '\u{e007}';
const CONTROL: char = '\u{e009}';

#[tokio::test(flavor = "multi_thread")]
async fn a_month_from_the_changed_catalogue_to_the_corrected_notice_by_five_log_ins() {
    let driver = Driver::start();
    let stage = Stage::set(60, "2026-01", 1, "2026-02-10T10:00:00+08:00").await;
    stage.publish("2026-01", "2026-02-05T10:00:00+08:00");
    let submission = the_village_hands_in_a_changed_rule(&driver, &stage).await;
    the_town_approves(&driver, &stage, &submission).await;

    let stage = stage.at("2026-02-26T20:00:00+08:00");
    let household = the_panel_enters_every_card(&driver, &stage).await;
    the_leader_signs(&driver, &stage).await;

    let stage = stage.at("2026-03-04T09:00:00+08:00");
    the_village_closes(&driver, &stage).await;
    publish(&driver, &stage, "第1版").await;
    let notice = board(&driver, &stage).await;
    assert!(notice.contains("2026年2月") && notice.contains("第1版"), "{notice}");
    assert!(!notice.contains("含更正"), "{notice}");

    let stage = stage.at("2026-03-06T19:00:00+08:00");
    a_villager_objects(&driver, &stage, &household).await;

    let stage = stage.at("2026-03-07T09:00:00+08:00");
    the_village_upholds_the_objection(&driver, &stage).await;
    publish(&driver, &stage, "第2版").await;
    let notice = board(&driver, &stage).await;
    assert!(notice.contains("第2版（含更正）") && notice.contains("74 → 100"), "{notice}");
    the_supervisor_finds_the_decision_in_the_log(&driver, &stage).await;
    let verified = succeed(&stage.database, &["verify", "--county", COUNTY]);
    assert!(verified.contains("0 处不符"), "{verified}");
}

/// A window of somebody who has logged in.
async fn window(driver: &Driver, stage: &Stage, size: (u32, u32), login: &str) -> Browser {
    let browser = Browser::open(driver, &stage.serving.pages, size).await;
    browser.log_in(login).await;
    browser
}

/// Sends a form that asks first, and agrees.
async fn agree(browser: &Browser, button: &str) {
    browser.click(button).await;
    browser.click("dialog button[value=yes]").await;
}

/// Returns the address of what was handed in.
async fn the_village_hands_in_a_changed_rule(driver: &Driver, stage: &Stage) -> String {
    let clerk = window(driver, stage, SCREEN, "village_administrator").await;
    clerk.goto(&format!("/rules/{VILLAGE}/2026-01")).await;
    clerk.click("a[href$='/draft']").await;
    clerk.fill("tr:has(input[name=rule_code][value=H1a]) input[name=points]", "4").await;
    clerk.set("input[name=meeting_on]", "2026-02-08").await;
    clerk.fill("input[name=attendance]", "应到 45 人，实到 38 人").await;
    clerk.click("button[value=check]").await;
    clerk.find("#checked").await;
    let found = clerk.text("#checked").await;
    assert!(found.contains("100 分，正好 100 分") && found.contains("2 → 4"), "{found}");
    assert_eq!(clerk.count("#checked tbody tr").await, 1, "one rule changes: {found}");
    clerk.click("button[value=submit]").await;
    clerk.shows("已提交，等待上一级审批").await;
    clerk.click("a[href*='/submissions/']").await;
    clerk.shows("提交的人不能自己批准").await;
    assert_eq!(clerk.count("button[value=approve]").await, 0, "nobody approves the own list");
    let address = clerk.address().await;
    assert!(address.starts_with(&format!("/rules/{VILLAGE}/{MONTH}/submissions/")), "from the next month on");
    clerk.close().await;
    address
}

async fn the_town_approves(driver: &Driver, stage: &Stage, submission: &str) {
    let town = window(driver, stage, SCREEN, "town_administrator").await;
    town.goto(&format!("/rules/{TOWN}/2026-01")).await;
    town.click(&format!("a[href='{submission}']")).await;
    town.shows("2 → 4").await;
    town.click("button[value=approve]").await;
    town.shows("已批准，从生效月份起执行").await;
    assert_eq!(town.count("button[value=approve]").await, 0, "it is decided");
    town.close().await;
}

/// Returns the household that was found with something.
async fn the_panel_enters_every_card(driver: &Driver, stage: &Stage) -> String {
    let member = window(driver, stage, PHONE, "panel_member").await;
    member.goto(&format!("/scoring/{VILLAGE}/{MONTH}/entry?group={GROUP}")).await;
    rows_are_counted(&member).await;
    let rows = "return [...document.querySelectorAll('[name=findings]')].map((one) => one.dataset.household)";
    let households = texts(&member.run(rows, Vec::new()).await);
    assert!(households.len() > 5, "{households:?}");
    let (poor, wrong) = (&households[0], &households[1]);
    member.click(&row(poor)).await;
    for household in &households {
        let focused = member.run("return document.activeElement.dataset.household", Vec::new()).await;
        assert_eq!(focused, household.as_str(), "Enter goes down a row");
        let typed = if household == poor {
            FOUND
        } else if household == wrong {
            "H9z"
        } else {
            "-"
        };
        member.find(&row(household)).await.send_keys(&format!("{typed}{ENTER}")).await.expect("typed");
    }
    assert_eq!(member.text(&cell(poor, "score")).await, "74", "the changed rule counts at once");
    assert!(member.text(&cell(wrong, "message")).await.contains("H9z"), "said before it is saved");
    assert!(
        member.text(&cell(poor, "words")).await.contains("院落与屋旁整洁"),
        "codes stand beside their words"
    );
    let fits = "const cells = document.querySelector(arguments[0]).closest('tr').children;
        return [...cells].every((cell) => cell.getBoundingClientRect().right <= innerWidth)";
    assert_eq!(member.run(fits, vec![json!(row(wrong))]).await, true, "a line fits on a phone");

    member.find(&row(wrong)).await.send_keys(&format!("{CONTROL}s")).await.expect("saved");
    member.shows(&format!("已保存 {} 户；还有 1 户没有入账", households.len() - 1)).await;
    assert_eq!(member.count("[aria-invalid=true]").await, 1);
    assert!(member.text(&cell(wrong, "message")).await.contains("H9z"), "and after");
    member.fill(&row(wrong), "-").await;
    member.click("#entry button.btn-primary").await;
    member.shows("上次保存了 1 户").await;
    assert_eq!(member.text(&cell(poor, "score")).await, "74");
    the_other_groups_lose_nothing(&member).await;
    member.close().await;
    poor.clone()
}

/// Waits until the script of the rows is at work, and leaves the first one empty.
async fn rows_are_counted(member: &Browser) {
    member.find("[name=findings]").await;
    let counted = "const field = document.querySelector('[name=findings]');
        const type = (text) => { field.value = text; field.dispatchEvent(new Event('input', { bubbles: true })); };
        type('-');
        const worth = field.closest('tr').querySelector('[data-score]').textContent;
        type('');
        return worth;";
    until("the rows to be counted", async || (member.run(counted, Vec::new()).await == "100").then_some(()))
        .await;
}

async fn the_other_groups_lose_nothing(member: &Browser) {
    let others = "const links = document.querySelectorAll('nav.acts a:not([aria-current])');
        return [...links].map((one) => one.getAttribute('href'));";
    for group in texts(&member.run(others, Vec::new()).await) {
        member.goto(&group).await;
        member.find("#entry").await;
        let fill = "document.querySelectorAll('[name=findings]').forEach((row) => { row.value = '-'; })";
        member.run(fill, Vec::new()).await;
        member.click("#entry button.btn-primary").await;
        member.shows("上次保存了").await;
    }
}

fn row(household: &str) -> String {
    format!("[data-household='{household}']")
}

fn cell(household: &str, what: &str) -> String {
    format!("tr:has([data-household='{household}']) [data-{what}]")
}

/// The texts of a list that a script returned.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

async fn the_leader_signs(driver: &Driver, stage: &Stage) {
    let leader = window(driver, stage, PHONE, "panel_leader").await;
    let unsigned = "const sheets = [...document.querySelectorAll('.acts-cell a')];
        return sheets.find((one) => one.textContent.includes('核对并签字'))?.getAttribute('href') ?? null";
    let mut signed = 0;
    loop {
        leader.goto(&format!("/scoring/{VILLAGE}/{MONTH}")).await;
        let Value::String(sheet) = leader.run(unsigned, Vec::new()).await else { break };
        leader.goto(&sheet).await;
        if signed == 0 {
            let first = leader.text("main tbody tr").await;
            assert!(first.contains("74 分") && first.contains("比本组平均低 10 分以上"), "{first}");
            assert!(first.contains("小组 ") && first.contains("H1a3（院落与屋旁整洁）"), "{first}");
            assert!(leader.text("#codes").await.contains("院内或屋旁随意堆放杂物"), "the words of the rule");
        }
        agree(&leader, "#sign").await;
        leader.shows("已签字。").await;
        leader.goto(&sheet).await;
        assert!(leader.text("#signed").await.contains("评分组组长"), "who signed");
        assert_eq!(leader.count("#sign").await, 0, "there is nothing new to sign");
        signed += 1;
    }
    assert!(signed > 0);
    assert!(!leader.text("main").await.contains("未签"), "every panel has signed");
    leader.close().await;
}

async fn the_village_closes(driver: &Driver, stage: &Stage) {
    let clerk = window(driver, stage, SCREEN, "village_administrator").await;
    let address = format!("/closing/{VILLAGE}/{MONTH}");
    clerk.goto(&address).await;
    let ready = clerk.text(".steps-list").await;
    let (steps, done) = (clerk.count(".steps-list li").await, clerk.count(".steps-list .word-fine").await);
    assert_eq!((steps, done), (5, 5), "{ready}");
    assert!(clerk.text("main").await.contains("本月执行"), "the forecast names the rule in force");
    agree(&clerk, &format!("form[action='{address}'] button")).await;
    clerk.shows("已结账。请核对公示预览").await;
    clerk.shows("第1版").await;
    clerk.close().await;
}

/// Publishes the latest version, and puts it on the board.
async fn publish(driver: &Driver, stage: &Stage, version: &str) {
    let clerk = window(driver, stage, SCREEN, "village_administrator").await;
    let address = format!("/publication/{VILLAGE}/{MONTH}");
    clerk.goto(&address).await;
    let preview = clerk.text(".notice-sheet").await;
    assert!(preview.contains(version) && preview.contains("预览，还没有公示"), "{preview}");
    agree(&clerk, &format!("form[action='{address}'] button")).await;
    clerk.shows("已公示。").await;
    clerk.fill("input[name=board]", "村委会公告栏").await;
    clerk.fill("input[name=by]", "赖文").await;
    clerk.click("form[action$='/posting'] button").await;
    clerk.shows("张贴已登记").await;
    clerk.shows("已张贴，按时").await;
    clerk.shows(&format!("{version}，村委会公告栏，赖文")).await;
    clerk.close().await;
}

/// What the notice board says to somebody without a log-in.
async fn board(driver: &Driver, stage: &Stage) -> String {
    let villager = Browser::open(driver, &stage.serving.pages, PHONE).await;
    villager.goto(&format!("/p/{VILLAGE}")).await;
    let notice = villager.text("main").await;
    villager.close().await;
    notice
}

async fn a_villager_objects(driver: &Driver, stage: &Stage, household: &str) {
    let villager = Browser::open(driver, &stage.serving.pages, PHONE).await;
    villager.goto(&format!("/p/{VILLAGE}/objection")).await;
    villager.choose("select[name=month]", MONTH).await;
    villager.choose("select[name=group]", GROUP).await;
    villager.fill("input[name=number]", household.strip_prefix(GROUP).expect("of the group")).await;
    villager.fill("textarea[name=words]", "那几堆是邻居修房临时放的，当天就清走了").await;
    villager.click("main form button").await;
    villager.shows("异议已收到").await;
    assert_eq!(villager.text("strong.number").await, format!("{MONTH}-001"));
    villager.close().await;
}

async fn the_village_upholds_the_objection(driver: &Driver, stage: &Stage) {
    let clerk = window(driver, stage, SCREEN, "village_administrator").await;
    clerk.goto(&format!("/objections/{VILLAGE}/{MONTH}")).await;
    assert!(clerk.text("main tbody").await.contains("小组 "), "a number stands beside its group");
    clerk.click("main tbody th a").await;
    clerk.shows("那几堆是邻居修房临时放的").await;
    assert!(clerk.text("#codes").await.contains("院落与屋旁整洁"), "codes stand beside their words");
    clerk.choose("select[name=outcome]", "upheld").await;
    clerk.fill("input[name=card]", "-").await;
    clerk.fill("textarea[name=reason]", "到现场看过，邻居也承认，不应扣分").await;
    clerk.click("button[value=check]").await;
    clerk.find("#preview").await;
    let preview = clerk.text("#preview").await;
    assert!(preview.contains("74 → 100") && preview.contains("不可兑换 → 可兑换"), "{preview}");
    let rights = clerk.text("#rights").await;
    assert!(rights.contains("小组 ") && rights.contains("不可兑换 → 可兑换"), "{rights}");
    agree(&clerk, "button[value=decide]").await;
    clerk.shows("本月已更正为新版本").await;
    clerk.goto(&format!("/closing/{VILLAGE}/{MONTH}")).await;
    clerk.shows("第2版").await;
    clerk.shows(&format!("异议 {MONTH}-001 成立")).await;
    clerk.close().await;
}

async fn the_supervisor_finds_the_decision_in_the_log(driver: &Driver, stage: &Stage) {
    let supervisor = window(driver, stage, PHONE, "supervisor").await;
    supervisor.goto(&format!("/log/{VILLAGE}/{MONTH}")).await;
    let log = supervisor.text("main tbody").await;
    for act in ["提出异议", "处理异议", "登记张贴", "结账", "为评分签字", "审批积分项目"]
    {
        assert!(log.contains(act), "{act}: {log}");
    }
    supervisor.close().await;
}
