//! A villager with a phone and without an account: the own page behind the card, an answer looked up, the board read large.

use authz::IssueTokens;
use domain::place::Place;
use records::forms::household_cards;
use testkit::{guard, moment, operator, registrar};

use super::driver::{Browser, Driver, PHONE, SCREEN};
use super::stage::{GROUP, Stage, VILLAGE};

const MONTH: &str = "2026-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_villager_sees_why_suggests_without_a_name_and_looks_the_answer_up() {
    let driver = Driver::start();
    let stage = Stage::set(60, MONTH, 1, "2026-02-06T19:00:00+08:00").await;
    stage.publish(MONTH, "2026-02-05T10:00:00+08:00");
    let home = format!("/h/{}", token(&stage).await);

    let villager = Browser::open(&driver, &stage.serving.pages, PHONE).await;
    villager.goto(&home).await;
    villager.shows("2026年1月").await;
    villager.shows("我有异议").await;
    villager.goto(&format!("{home}/suggestion")).await;
    villager.choose("select[name=kind]", "suggestion").await;
    villager.choose("select[name=topic]", "other").await;
    villager.fill("textarea[name=words]", "公示栏离我们组太远，希望祠堂门口也贴一份").await;
    villager.press("提交").await;
    villager.shows("已收到").await;
    let code = villager.text(".number.code").await;
    assert!(code.starts_with("440229-"), "{code}");

    let clerk = Browser::open(&driver, &stage.serving.pages, SCREEN).await;
    clerk.log_in("village_administrator").await;
    clerk.goto(&format!("/objections/{VILLAGE}/2026-02")).await;
    clerk.click("a[href^='/suggestions/']").await;
    clerk.click("tbody a[href^='/suggestions/']").await;
    clerk.shows("祠堂门口也贴一份").await;
    clerk.fill("textarea[name=words]", "下月起祠堂门口同时张贴").await;
    clerk.click("input[name=published]").await;
    clerk.click("button[value=answer]").await;
    clerk.shows("已答复").await;
    clerk.close().await;

    villager.goto("/answer").await;
    villager.fill("input[name=code]", &code.to_lowercase()).await;
    villager.press("查答复").await;
    villager.shows("下月起祠堂门口同时张贴").await;
    villager.goto(&format!("/p/{VILLAGE}?large=1")).await;
    villager.shows("下月起祠堂门口同时张贴").await;
    let page = villager.text("body").await;
    assert!(!page.contains("离我们组太远"), "the board has the answer only: {page}");
    let sizes = "const of = (css) => parseFloat(getComputedStyle(document.querySelector(css)).fontSize);
        return [of('h1'), of('td'), document.documentElement.scrollWidth - innerWidth]";
    let large = villager.run(sizes, Vec::new()).await;
    villager.goto(&format!("/p/{VILLAGE}")).await;
    let normal = villager.run(sizes, Vec::new()).await;
    for (at, what) in ["heading", "table"].iter().enumerate() {
        let (large, normal) = (large[at].as_f64().expect("a size"), normal[at].as_f64().expect("a size"));
        assert!(large > normal * 1.2, "{what}: {large} beside {normal}");
    }
    assert_eq!(
        large[2].as_f64().map(|over| over <= 0.0),
        Some(true),
        "large type does not scroll sideways: {large}"
    );
    villager.close().await;
}

/// The token of the group's first household.
async fn token(stage: &Stage) -> String {
    let group = Place::parse_code(GROUP).expect("a code");
    let village = Place::parse_code(VILLAGE).expect("a code");
    let allowed = guard().await.allow(&operator(), IssueTokens, village).expect("allowed");
    let mut connection = stage.database.database.connection().await.expect("a connection");
    let now = moment("2026-02-05 09:00");
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    cards[0].token.clone()
}
