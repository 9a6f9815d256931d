//! The rules in the console: what the editor says of its rows, what is tried, set, and let pass.

use authz::Role;
use domain::place::Place;
use testkit::{COUNTY, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const DRAFT: &str = "/rules/440229100201/2026-01/draft";
const SETTINGS: &str = "/rules/440229100000/2026-01/settings";
const TEXTS: [&str; 7] = ["item_code", "item", "full_points", "rule_code", "rule", "points", "unit"];

type Fields = Vec<(String, String)>;

struct World {
    database: TestDatabase,
    serving: Serving,
}

impl World {
    /// A county with a closed January, the 5th of February, and an administrator at each level.
    async fn new() -> Self {
        let (database, _) = scored(60, "2026-01", 1).await;
        let now = "2026-02-05T10:00:00+08:00";
        succeed(&database, &["close", "--county", COUNTY, "--month", "2026-01", "--now", now]);
        let mut connection = database.database.connection().await.expect("a connection");
        for (login, role, code) in [
            ("clerk", Role::VillageAdministrator, VILLAGE),
            ("town", Role::TownAdministrator, TOWN),
            ("county", Role::CountyAdministrator, COUNTY),
        ] {
            let place = Place::parse_code(code).expect("a code");
            let number = account(&mut connection, login, place).await;
            grant(&mut connection, number, role, place).await;
        }
        drop(connection);
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        Self { database, serving }
    }

    fn get(&self, cookie: &str, path: &str) -> String {
        let answer = send(&self.serving.pages, "GET", path, &[cookie], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    fn post(&self, cookie: &str, path: &str, fields: &Fields) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, cookie], &body.join("&"))
    }

    async fn count(&self, table: &str) -> i64 {
        let query = format!("select count(*) from {table}");
        superuser(&self.database).await.query_one(&query, &[]).await.expect("a number").get(0)
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The values of the fields of a name, in the order of the page.
fn values(page: &str, name: &str) -> Vec<String> {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// What the editor would send, with some cells typed anew: the row from 1 on, the field, the text.
fn list(page: &str, anew: &[(usize, &str, &str)]) -> Fields {
    let columns = TEXTS.map(|name| values(page, name));
    let mut fields = vec![pair("form_token", &values(page, "form_token")[0])];
    fields.push(pair("builds_on", &values(page, "builds_on")[0]));
    for row in 0..columns[0].len() {
        for (name, column) in TEXTS.iter().zip(&columns) {
            let typed = anew.iter().find(|(at, field, _)| *at == row + 1 && field == name);
            fields.push(pair(name, typed.map_or(column[row].as_str(), |(_, _, text)| *text)));
        }
        let class = if columns[0][row].starts_with('W') { "乡风文明" } else { "人居环境" };
        fields.extend([pair("category", class), pair("evidence", "no")]);
    }
    fields.extend([
        pair("from", "2026-02"),
        pair("meeting_on", "2026-02-01"),
        pair("attendance", "应到 45 人，实到 38 人"),
    ]);
    fields
}

fn with(mut fields: Fields, more: &[(&str, &str)]) -> Fields {
    fields.extend(more.iter().map(|(name, value)| pair(name, value)));
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_row_without_a_code_is_named_by_its_number_and_nothing_is_handed_in() {
    let world = World::new().await;
    let clerk = log_in(&world.serving.pages, "clerk");
    let page = world.get(&clerk, DRAFT);
    assert!(page.contains("正好 100 分") && !page.contains("value=\"10.0\""), "points are short");
    let last = values(&page, "rule_code").len() - 2;
    let typed = [(last, "rule", "门前乱停车"), (last, "points", "2")];
    let answer = world.post(&clerk, DRAFT, &with(list(&page, &typed), &[("act", "submit")]));
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(&format!("第 {last} 行 标准代码：没有填")), "{}", answer.body);
    assert!(answer.body.contains("门前乱停车"), "what was typed stays");
    assert_eq!(world.count("catalogue_submission").await, 0);

    // Ticked to be left out, it is no part of the list; what is the same as before is not handed in.
    let number = last.to_string();
    let dropped = with(list(&page, &typed), &[("drop", &number), ("act", "check")]);
    let answer = world.post(&clerk, DRAFT, &dropped);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("与现行项目没有不同"), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_tried_on_closed_months_and_nothing_is_saved() {
    let world = World::new().await;
    let clerk = log_in(&world.serving.pages, "clerk");
    let page = world.get(&clerk, DRAFT);
    let answer = world.post(&clerk, DRAFT, &with(list(&page, &[(1, "points", "9")]), &[("act", "try")]));
    assert_eq!(answer.status, 200, "{}", answer.body);
    for words in ["的项目相比", "→ 9", "按过去 1 个已结账的月份推算", "第一档次", "只是推算，没有保存"]
    {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert_eq!(world.count("catalogue_submission").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_county_lets_pass_what_may_not_be_scored_and_its_reason_stays() {
    let world = World::new().await;
    let login = |name: &str| log_in(&world.serving.pages, name);
    let (clerk, town, county) = (login("clerk"), login("town"), login("county"));
    let page = world.get(&clerk, DRAFT);
    let fields = with(list(&page, &[(1, "rule", "不听罚款政策宣讲的")]), &[("act", "submit")]);
    let refused = world.post(&clerk, DRAFT, &fields);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("第 1 行 扣分标准") && refused.body.contains("罚款"), "{}", refused.body);
    let asked = world.post(&clerk, DRAFT, &with(fields, &[("asks_override", "yes")]));
    assert_eq!(asked.status, 303, "{}", asked.body);

    let query = "select id from catalogue_submission";
    let id: i64 = superuser(&world.database).await.query_one(query, &[]).await.expect("one").get(0);
    let address = format!("/rules/{VILLAGE}/2026-02/submissions/{id}");
    let approve = |cookie: &str, reason: &str| {
        let token = values(&world.get(cookie, &address), "form_token")[0].clone();
        let fields = [("form_token", token.as_str()), ("act", "approve"), ("override_reason", reason)];
        world.post(cookie, &address, &with(Fields::new(), &fields))
    };
    let below = approve(&town, "只是宣讲");
    assert_eq!(below.status, 422);
    assert!(below.body.contains("只有县可以放行"), "{}", below.body);
    let silent = approve(&county, " ");
    assert!(silent.status == 422 && silent.body.contains("写明放行的原因"), "{}", silent.body);
    let token = values(&silent.body, "form_token")[0].clone();
    let long = "改".repeat(501);
    let fields = [("form_token", token.as_str()), ("act", "send-back"), ("reason", long.as_str())];
    let long_winded = world.post(&county, &address, &with(Fields::new(), &fields));
    assert!(long_winded.status == 422 && long_winded.body.contains("至多 500 字"), "{}", long_winded.body);
    assert_eq!(values(&long_winded.body, "reason"), [long], "what was typed stays");
    assert_eq!(approve(&county, "只是宣讲，不涉及罚款").status, 303);

    let query = "select reason from submission_step";
    let reason: String = superuser(&world.database).await.query_one(query, &[]).await.expect("one").get(0);
    assert_eq!(reason, "只是宣讲，不涉及罚款");
    let history = world.get(&clerk, &format!("/rules/{VILLAGE}/2026-02"));
    assert!(history.contains("county，2026年2月5日") && history.contains(&reason), "{history}");
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_shown_as_old_and_new_before_it_is_saved_with_its_reason() {
    let world = World::new().await;
    let town = log_in(&world.serving.pages, "town");
    let before = world.count("rulebook").await;
    let page = world.get(&town, SETTINGS);
    assert!(!page.contains("name=\"redemption.places\""), "the county's number is not the town's");
    let token = values(&page, "form_token")[0].clone();
    let form = |days: &str, more: &[(&str, &str)]| {
        let fields = [("form_token", token.as_str()), ("from", "2026-03"), ("objections.days", days)];
        with(with(Fields::new(), &fields), more)
    };
    let wrong = world.post(&town, SETTINGS, &form("999", &[("reason", "试"), ("act", "check")]));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("公示后可提异议的整天数：“999”应为 0 到 365 的整数"), "{}", wrong.body);
    let silent = world.post(&town, SETTINGS, &form("9", &[("act", "check")]));
    assert!(silent.status == 422 && silent.body.contains("请写明为什么改"), "{}", silent.body);

    let reason = ("reason", "农忙，多留两天");
    let shown = world.post(&town, SETTINGS, &form("9", &[reason, ("act", "check")]));
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(
        shown.body.contains("7 天（沿用上级）") && shown.body.contains("<strong>9 天</strong>"),
        "{}",
        shown.body
    );
    assert_eq!(world.count("rulebook").await, before, "nothing is saved yet");

    let builds_on = values(&shown.body, "builds_on")[0].clone();
    let agreed = form("9", &[reason, ("builds_on", &builds_on), ("act", "save")]);
    let saved = world.post(&town, SETTINGS, &agreed);
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(world.count("rulebook").await, before + 1);
    let again = world.post(&town, SETTINGS, &agreed);
    assert!(again.status == 422 || again.status == 412, "a second click does nothing: {}", again.status);
    assert_eq!(world.count("rulebook").await, before + 1);
    let query = "select count(*) from audit_event where act = 'adopt_rulebook' and detail::text like '%农忙，多留两天%'";
    let told: i64 = superuser(&world.database).await.query_one(query, &[]).await.expect("a number").get(0);
    assert_eq!(told, 1);
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_editor_opens_the_list_of_the_month_from_which_the_change_holds() {
    let world = World::new().await;
    let town = log_in(&world.serving.pages, "town");
    let draft = "/rules/440229100000/2026-01/draft";
    let page = world.get(&town, draft);
    assert!(page.contains("下面从2026年2月执行的项目改起"), "{page}");
    let fields = with(list(&page, &[(1, "rule", "门前三包没有做到")]), &[("act", "submit")]);
    let adopted = world.post(&town, draft, &fields);
    assert_eq!(adopted.status, 303, "{}", adopted.body);

    // January is still on the page: the list of February is what the next change starts from, and it is taken.
    let page = world.get(&town, draft);
    assert!(page.contains("门前三包没有做到"), "{page}");
    let again = [("reason", "群众意见"), ("act", "submit")];
    let fields = with(list(&page, &[(1, "rule", "门前三包没有落实")]), &again);
    let changed = world.post(&town, draft, &fields);
    assert_eq!(changed.status, 303, "{}", changed.body);
    let before = world.get(&town, &format!("{draft}?from=2026-01"));
    assert!(before.contains("下面从2026年1月执行的项目改起") && !before.contains("门前三包"), "{before}");

    // Going to another month on the page: its list where nothing was typed, what was typed where something was.
    let page = world.get(&town, draft);
    assert!(page.contains("门前三包没有落实"), "{page}");
    let to = [("to", "2026-01"), ("act", "from")];
    let opened = world.post(&town, draft, &with(list(&page, &[]), &to)).body;
    assert!(opened.contains("下面从2026年1月执行的项目改起") && !opened.contains("门前三包"), "{opened}");
    let kept = world.post(&town, draft, &with(list(&page, &[(2, "rule", "屋后乱堆杂物")]), &to)).body;
    assert!(kept.contains("下面从2026年1月执行的项目改起"), "{kept}");
    for said in ["改过的内容都保留着", "门前三包没有落实", "屋后乱堆杂物"] {
        assert!(kept.contains(said), "{said}: {kept}");
    }
    assert_eq!(values(&kept, "builds_on"), values(&before, "builds_on"), "it stands on January's list");
    let early = world.post(&town, draft, &with(list(&page, &[]), &[("to", "2026-01"), ("act", "submit")]));
    assert_eq!(early.status, 200, "another month is looked at before anything is handed in: {}", early.body);
    assert!(early.body.contains("已换月份，还没有提交"), "and the page says so: {}", early.body);
    let odd = world.post(&town, draft, &with(list(&page, &[]), &[("to", "now"), ("act", "from")]));
    assert!(odd.status == 422 && odd.body.contains("门前三包没有落实"), "{}", odd.body);
    assert_eq!(values(&odd.body, "from"), ["2026-02"]);
    assert!(odd.body.contains("name=\"to\" value=\"now\""), "what was typed stays: {}", odd.body);
    let odd = send(&world.serving.pages, "GET", &format!("{draft}?from=now"), &[&town], "");
    assert_eq!(odd.status, 422, "{}", odd.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editors_of_a_list_the_second_does_not_undo_the_first_by_going_to_another_month() {
    let world = World::new().await;
    let town = log_in(&world.serving.pages, "town");
    let draft = "/rules/440229100000/2026-01/draft";
    let opened = world.get(&town, draft);
    let fields = with(list(&opened, &[(1, "rule", "门前三包没有做到")]), &[("act", "submit")]);
    assert_eq!(world.post(&town, draft, &fields).status, 303);

    let to = [("to", "2026-03"), ("act", "from")];
    for typed in [&[] as &[(usize, &str, &str)], &[(2, "rule", "屋后乱堆杂物")]] {
        let late = world.post(&town, draft, &with(list(&opened, typed), &to));
        assert!(late.status == 412 && late.body.contains("已被别人改动"), "{}", late.body);
        assert_eq!(
            values(&late.body, "builds_on"),
            values(&opened, "builds_on"),
            "it stands on the old list"
        );
        assert_eq!(values(&late.body, "from"), ["2026-02"]);
        for (_, _, words) in typed {
            assert!(late.body.contains(*words), "what was typed stays: {}", late.body);
        }
        let again = world.post(&town, draft, &with(list(&late.body, &[]), &to));
        assert_eq!(again.status, 412, "pressed again: {}", again.body);
    }
    let moved = world.post(&town, draft, &with(list(&world.get(&town, draft), &[]), &to));
    assert!(moved.status == 200 && moved.body.contains("门前三包没有做到"), "{}", moved.body);
}
