//! The overview and the closing page: what is missing and where it is done, what a closed month says of everybody,
//! and urging whoever is late.

use authz::Role;
use domain::place::Place;
use testkit::{COUNTY, County, TestDatabase};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Folder, Serving, jifen, path, said, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const TOWN: &str = "440229100000";
const GROUP: &str = "440229100201001";
const MONTH: &str = "2026-01";

struct World {
    database: TestDatabase,
    serving: Serving,
    cookie: String,
}

impl World {
    /// Somebody in a role at a place, at a time.
    async fn of(database: TestDatabase, role: Role, place: &str, now: &str) -> Self {
        let mut connection = database.database.connection().await.expect("a connection");
        let place = Place::parse_code(place).expect("a code");
        let number = account(&mut connection, "clerk", place).await;
        grant(&mut connection, number, role, place).await;
        drop(connection);
        let serving = Serving::start_at(&database, "127.0.0.1:0", Some(now), UNLIMITED);
        let cookie = log_in(&serving.pages, "clerk");
        Self { database, serving, cookie }
    }

    /// January closed everywhere on the 5th, and not published; the time is given.
    async fn closed(role: Role, place: &str, now: &str) -> Self {
        let (database, _) = scored(60, MONTH, 1).await;
        let close = ["close", "--county", COUNTY, "--month", MONTH, "--now", "2026-02-05T09:00:00+08:00"];
        succeed(&database, &close);
        Self::of(database, role, place, now).await
    }

    fn get(&self, path: &str) -> String {
        let answer = send(&self.serving.pages, "GET", path, &[&self.cookie], "");
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// Sends the form of a page, with its token.
    fn post(&self, page: &str, path: &str, fields: &str) -> Answer {
        let shown = self.get(page);
        let token =
            shown.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let body = format!("form_token={}{fields}", token.expect("a form"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", path, &[kind, &self.cookie], &body)
    }

    async fn count(&self, query: &str) -> usize {
        let count: i64 = superuser(&self.database).await.query_one(query, &[]).await.expect("a count").get(0);
        usize::try_from(count).expect("a count")
    }
}

/// What a page says is due.
fn due(page: &str) -> &str {
    let rest = page.split_once("<p class=\"due\">").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split_once('<')).map(|(due, _)| due).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_month_says_of_every_household_how_it_stands_and_leads_to_its_arithmetic() {
    let world = World::closed(Role::VillageAdministrator, VILLAGE, "2026-02-06T10:00:00+08:00").await;
    let page = world.get(&format!("/closing/{VILLAGE}/{MONTH}"));
    let of_place = |place: &str| {
        format!(
            "select count(*) from month_result where month = 202601 and left(place, {}) = '{place}'",
            place.len()
        )
    };
    let everybody = world.count(&of_place(VILLAGE)).await;
    assert!(everybody > 5, "{everybody}");
    assert_eq!(page.matches("href=\"/why/").count(), everybody);
    assert!(page.contains("第1版") && page.contains("校验码"), "{page}");
    assert!(!page.contains("本月执行"), "nothing is forecast any more");
    let page = world.get(&format!("/closing/{GROUP}/{MONTH}"));
    assert_eq!(page.matches("href=\"/why/").count(), world.count(&of_place(GROUP)).await, "its own alone");
    let first =
        page.split("href=\"/why/").nth(1).and_then(|rest| rest.split('"').next()).expect("a household");
    assert!(world.get(&format!("/why/{first}")).contains("组内名次"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_month_lists_who_would_redeem_with_its_arithmetic_and_names_by_the_readers_right() {
    let (database, _) = scored(60, MONTH, 1).await;
    let world = World::of(database, Role::VillageAdministrator, VILLAGE, "2026-02-02T10:00:00+08:00").await;
    let address = format!("/closing/{VILLAGE}/{MONTH}");
    let page = world.get(&address);
    assert!(page.contains("本月执行") && page.contains("户参与 = "), "{page}");
    assert!(page.contains("算式（规则 R-27）") && page.contains("都可兑换"), "{page}");
    let query = "select right(h.code, 4), v.head_name from household_version v
        join household h on h.county_code = v.county_code and h.id = v.household_id
        where left(v.place, 12) = $1";
    let rows = superuser(&world.database).await.query(query, &[&VILLAGE]).await.expect("the register");
    let named: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.get::<_, &str>(0), row.get::<_, &str>(1))).collect();
    assert!(named.iter().any(|one| page.contains(one)), "a clerk sees names in full: {page}");

    let mut connection = world.database.database.connection().await.expect("a connection");
    let place = Place::parse_code(VILLAGE).expect("a code");
    let number = account(&mut connection, "reader", place).await;
    grant(&mut connection, number, Role::Supervisor, place).await;
    drop(connection);
    let cookie = log_in(&world.serving.pages, "reader");
    let page = send(&world.serving.pages, "GET", &address, &[&cookie], "").body;
    assert!(page.contains("户参与 = "), "{page}");
    assert!(!named.iter().any(|one| page.contains(one)), "whoever only reads sees them masked: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_villages_month_says_the_same_is_due() {
    let world = World::closed(Role::VillageAdministrator, VILLAGE, "2026-02-06T10:00:00+08:00").await;
    for section in ["overview", "households", "panels", "scoring", "closing", "publication", "objections"] {
        let page = world.get(&format!("/{section}/{VILLAGE}/{MONTH}"));
        assert_eq!(due(&page), "距公示截止还有 4 天", "{section}");
    }
    assert_eq!(
        due(&world.get(&format!("/closing/{GROUP}/{MONTH}"))),
        "距公示截止还有 4 天",
        "a group's as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_sees_what_is_missing_by_when_and_where_it_is_done() {
    let database = TestDatabase::empty().await;
    let mut connection = database.database.connection().await.expect("a connection");
    County::new(60, MONTH, 1).register(&mut connection).await;
    drop(connection);
    let now = "2026-01-28T10:00:00+08:00";
    let world = World::of(database, Role::VillageAdministrator, VILLAGE, now).await;
    let page = world.get(&format!("/overview/{VILLAGE}/{MONTH}"));
    assert!(page.contains("截止 2月3日") && page.contains("自动结账 2月4日 00:30"), "{page}");
    let listed = page.matches(" 未评 <a href=").count();
    assert!((1..=20).contains(&listed), "{listed}: {page}");
    let link = format!("/scoring/{VILLAGE}/{MONTH}/entry?group={GROUP}");
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    assert!(world.get(&link).contains("name=\"findings\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_village_is_urged_once_a_day_and_its_contact_hears_of_it() {
    let now = "2026-02-12T10:00:00+08:00";
    let world = World::closed(Role::CountyAdministrator, COUNTY, now).await;
    let folder = Folder::new();
    let rows = format!(
        "division_code,name,duty,email,webhook,reminded\n{VILLAGE},赖文,村文书,lai@jifen.example,,\n"
    );
    let file = folder.file("contacts.csv", rows);
    succeed(&world.database, &["import", "contacts", path(&file), "--county", COUNTY]);
    let page = format!("/overview/{COUNTY}/{MONTH}");
    let form = format!("{page}/reminders");
    assert!(world.get(&page).contains("迟办清单"));
    let urged = world.post(&page, &form, "");
    assert_eq!(urged.status, 200);
    assert!(urged.body.contains("已向 1 个村的联系人发出催办"), "{}", urged.body);
    assert!(urged.body.contains("2月12日 10:00"), "when it was last urged");
    let jobs = "select count(*) from job_run where kind = 'urge' and place = '440229100201'";
    assert_eq!(world.count(jobs).await, 1);

    let again = world.post(&page, &form, &format!("&village={VILLAGE}"));
    assert!(again.body.contains("1 个村今天已经催办过"), "{}", again.body);
    assert_eq!(world.count(jobs).await, 1, "a second click asks for nothing new");

    let mail = Folder::new();
    let mut command = jifen(&world.database, &["run-due", "--now", now]);
    let ran = said(command.env("JIFEN_MAIL__FOLDER", path(&mail.0)).output().expect("the program"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let sent =
        "select count(*) from job_run where kind = 'urge' and state = 'done' and outcome like '已催办%'";
    assert_eq!(world.count(sent).await, 1, "{}", ran.out);
    let logged = "select count(*) from audit_event where act = 'remind' and detail like '%urged%'";
    assert_eq!(world.count(logged).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_taken_out_with_a_line_for_each_village_and_the_log_says_so() {
    let world = World::closed(Role::CountyViewer, COUNTY, "2026-02-12T10:00:00+08:00").await;
    let villages = world.count("select count(*) from division where length(place) = 12").await;
    let text = world.get(&format!("/overview/{COUNTY}/{MONTH}/progress.csv"));
    assert_eq!(text.lines().count(), villages + 1, "{text}");
    assert!(text.contains("公示已迟 2 天"), "{text}");
    let file = format!("/overview/{COUNTY}/{MONTH}/progress.xlsx");
    let answer = send(&world.serving.pages, "GET", &file, &[&world.cookie], "");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").contains("progress-440229000000-2026-01.xlsx"));
    let logged = "select count(*) from audit_event where act = 'export' and detail like '%progress%'";
    assert_eq!(world.count(logged).await, 2);
    let page = world.get(&format!("/overview/{COUNTY}/{MONTH}"));
    assert!(!page.contains("/reminders\""), "who only reads does not urge");
    assert!(!page.contains("参与较上月"), "nothing is known of the month before: {page}");
    let next = world.get(&format!("/overview/{COUNTY}/2026-02"));
    assert!(next.contains("参与较上月") && next.contains("<span class=\"visually-hidden\">持平"), "{next}");
    let leaves = "update household_version set left_month = 202602 where household_id = (
        select household_id from household_version where joined_month <= 202601 and left_month is null
        order by household_id limit 1)";
    superuser(&world.database).await.execute(leaves, &[]).await.expect("one leaves");
    let next = world.get(&format!("/overview/{COUNTY}/2026-02"));
    assert!(next.contains("<span class=\"visually-hidden\">减少 1 户"), "{next}");
    assert!(page.contains("近 12 个月") && page.contains("0%（0 / "), "nothing was put up in time: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_countys_page_follows_a_closing_until_it_is_done() {
    let (database, _) = scored(60, MONTH, 1).await;
    let world = World::of(database, Role::CountyAdministrator, COUNTY, "2026-02-04T00:31:00+08:00").await;
    let address = format!("/closing/{COUNTY}/{MONTH}");
    let follows = |page: &str| page.contains("hx-trigger=\"every 3s\"");
    let page = world.get(&address);
    assert!(!follows(&page) && page.contains("可以结账"), "{page}");
    let owner = superuser(&world.database).await;
    let insert = "insert into job_run (county_code, place, kind, period, revision, due_at, not_before)
        values ('440229', '440229', 'close', '2026-01', 1, '2026-02-03 16:30Z', '2026-02-03 16:30Z')";
    owner.execute(insert, &[]).await.expect("a job");
    assert!(follows(&world.get(&address)), "it waits");
    let running = "update job_run set state = 'running' where kind = 'close'";
    owner.execute(running, &[]).await.expect("begun");
    let page = world.get(&address);
    assert!(follows(&page) && page.contains("系统正在结账") && page.contains("刷新"), "{page}");
    let done = "update job_run set state = 'done', outcome = '结账 0 个村' where kind = 'close'";
    owner.execute(done, &[]).await.expect("ended");
    let page = world.get(&address);
    assert!(!follows(&page) && page.contains("结账 0 个村"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_towns_page_follows_its_villages_when_the_schedule_closes_them() {
    let (database, _) = scored(60, MONTH, 1).await;
    let world = World::of(database, Role::TownAdministrator, TOWN, "2026-02-04T00:31:00+08:00").await;
    let address = format!("/closing/{TOWN}/{MONTH}");
    let page = world.get(&address);
    assert!(page.contains("hx-trigger=\"every 3s\"") && page.contains("系统逐村结账"), "{page}");
    assert!(page.contains("可以结账"), "what stands against closing is told all the same: {page}");
    let close = ["close", "--county", COUNTY, "--month", MONTH, "--now", "2026-02-04T00:31:00+08:00"];
    succeed(&world.database, &close);
    assert!(!world.get(&address).contains("hx-trigger"), "all are closed");
}
