//! The first start without the demonstration: the first administrator under the code of the terminal, then step by step.

use testkit::TestDatabase;

use crate::api::UNLIMITED;
use crate::people::{PASSWORD, log_in};
use crate::support::{Answer, Serving, send, superuser};

const START: &str = "/start/440229000000/2026-09";
const DIVISIONS: &str = "代码,上级代码,级别,名称\n440229000000,,县,翁源县\n440229100000,440229000000,镇,龙仙镇\n\
    440229100201,440229100000,村,青云村\n440229100201001,440229100201,村小组,一组\n";

fn set_up(serving: &Serving, code: &str) -> Answer {
    set_up_at(serving, code, "440229000000")
}

fn set_up_at(serving: &Serving, code: &str, county: &str) -> Answer {
    let body = format!(
        "code={code}&county={county}&county_name=翁源县&name=赖文&login=boss&password={0}&again={0}",
        PASSWORD.replace(' ', "+")
    );
    send(&serving.pages, "POST", "/setup", &["Content-Type: application/x-www-form-urlencoded"], &body)
}

/// Sends a form with parts, as a page with a file does.
fn upload(serving: &Serving, cookie: &str, path: &str, parts: &[(&str, &str)]) -> Answer {
    let part = |(name, text): &(&str, &str)| {
        let file = if *name == "file" { "; filename=\"rows.csv\"" } else { "" };
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
    };
    let body: String = parts.iter().map(part).collect();
    let kind = "Content-Type: multipart/form-data; boundary=cut";
    send(&serving.pages, "POST", path, &[kind, cookie], &format!("{body}--cut--\r\n"))
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_database_to_a_county_with_its_list_by_hand_of_the_first_administrator() {
    let database = TestDatabase::empty().await;
    let now = Some("2026-09-10T10:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    let code = serving.setup.clone().expect("a code in the terminal");
    assert!(send(&serving.pages, "GET", "/", &[], "").body.contains("href=\"/setup\""));
    let wrong = set_up(&serving, "0000-0000-0000");
    assert!(wrong.status == 403 && wrong.body.contains("设置码不对"), "{}", wrong.body);
    assert!(!wrong.body.contains(PASSWORD), "a password is typed again");
    let made = set_up(&serving, &code);
    assert!(made.status == 200 && made.body.contains("设置码已作废"), "{}", made.body);
    let again = set_up(&serving, &code);
    assert!(again.body.contains("已经有管理员了"), "{}", again.body);
    assert!(!send(&serving.pages, "GET", "/", &[], "").body.contains("/setup"));

    let boss = log_in(&serving.pages, "boss");
    let get = |path: &str| send(&serving.pages, "GET", path, &[&boss], "");
    assert!(get("/overview/440229000000/2026-09").body.contains(&format!("href=\"{START}\"")));
    let start = get(START);
    assert!(start.body.contains("0 个镇，0 个村，0 个村小组"), "{}", start.body);
    for kind in ["divisions", "panels", "catalogue"] {
        let sample = get(&format!("/start/samples/{kind}.csv"));
        assert_eq!(
            (sample.status, sample.header("content-type")),
            (200, "text/csv; charset=utf-8"),
            "{kind}"
        );
    }
    let path = format!("{START}/import/divisions");
    let token = value(&get(&path).body, "form_token");
    let send_in = |path: &str, text: &str, more: &[(&str, &str)]| {
        let fields = [[("form_token", token.as_str()), ("file", text)].as_slice(), more].concat();
        upload(&serving, &boss, path, &fields)
    };
    let bad = send_in(&path, &DIVISIONS.replace("440229100201,4", "44022910020,4"), &[]);
    assert!(bad.status == 422 && bad.body.contains("第 4 行"), "{}", bad.body);
    let checked = send_in(&path, DIVISIONS, &[]);
    assert!(checked.status == 200 && checked.body.contains("确认导入"), "{}", checked.body);
    assert!(get(START).body.contains("0 个村小组"), "it was only looked at");
    let brought = send_in(&path, DIVISIONS, &[("confirmed", "yes")]);
    assert_eq!((brought.status, brought.header("location")), (303, format!("{START}?done=saved").as_str()));
    assert!(get(START).body.contains("1 个镇，1 个村，1 个村小组"));

    let list = get("/start/samples/catalogue.csv").body;
    let brought = send_in(&format!("{START}/import/catalogue"), &list, &[("confirmed", "yes")]);
    assert_eq!(brought.status, 303, "{}", brought.body);
    assert!(get(START).body.contains("执行 12 项"));

    // A second list of the year wants a reason, and is refused where the list changed since it was looked at.
    let other = list.replacen("每处", "每次", 1);
    let path = format!("{START}/import/catalogue");
    let silent = send_in(&path, &other, &[]);
    assert!(silent.status == 422 && silent.body.contains("请写明原因"), "{}", silent.body);
    let looked = send_in(&path, &other, &[("reason", "群众意见")]);
    assert_eq!(looked.status, 200, "{}", looked.body);
    let kept = [("confirmed", "yes"), ("reason", "群众意见")];
    let stands_on = value(&looked.body, "builds_on");
    let stale = send_in(&path, &other, &[kept.as_slice(), &[("builds_on", "0")]].concat());
    assert!(stale.status == 412 && stale.body.contains("已被别人改动"), "{} {}", stale.status, stale.body);
    assert_eq!(value(&stale.body, "reason"), "群众意见", "what was typed stays");
    let brought = send_in(&path, &other, &[kept.as_slice(), &[("builds_on", stands_on.as_str())]].concat());
    assert_eq!(brought.status, 303, "{}", brought.body);
    let foreign = get("/start/440222000000/2026-09");
    assert!(matches!(foreign.status, 403 | 404), "{}", foreign.status);
    drop(serving);
    let later = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    assert_eq!(later.setup, None, "the first start is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_broke_off_before_the_role_is_taken_up_again() {
    let database = TestDatabase::empty().await;
    let now = Some("2026-09-10T10:00:00+08:00");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    let code = serving.setup.clone().expect("a code in the terminal");
    assert!(set_up(&serving, &code).body.contains("设置码已作废"));
    drop(serving);
    // As if the program had ended between the account and its role.
    let broken =
        "delete from role_grant; update account set name = '赖', must_change = true, disabled_at = now()";
    superuser(&database).await.batch_execute(broken).await.expect("no role");
    let serving = Serving::start_at(&database, "127.0.0.1:0", now, UNLIMITED);
    let code = serving.setup.clone().expect("a new code in the terminal");
    let elsewhere = set_up_at(&serving, &code, "440222000000");
    assert!(elsewhere.status == 422 && elsewhere.body.contains("或用上次的县代码"), "{}", elsewhere.body);
    let made = set_up(&serving, &code);
    assert!(made.status == 200 && made.body.contains("设置码已作废"), "{}", made.body);
    let query = "select count(*) from role_grant where role = 'county_administrator'";
    let roles: i64 = superuser(&database).await.query_one(query, &[]).await.expect("a number").get(0);
    assert_eq!(roles, 1);
    let boss = log_in(&serving.pages, "boss");
    let overview = send(&serving.pages, "GET", "/overview/440229000000/2026-09", &[&boss], "");
    assert!(
        overview.status == 200 && overview.body.contains("赖文"),
        "{} {}",
        overview.status,
        overview.body
    );
}
