//! The web process: a household's page behind its card, the operations page, and metrics.

use authz::IssueTokens;
use records::forms::household_cards;
use testkit::{COUNTY, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::support::{Answer, Serving, get, request, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const KIND: &str = "Content-Type: application/x-www-form-urlencoded";

#[tokio::test(flavor = "multi_thread")]
async fn a_card_leads_to_its_households_published_months_and_to_nothing_else() {
    let (database, county) = scored(60, "2026-01", 2).await;
    for (month, now) in [("2026-01", "2026-02-04T00:30:00+08:00"), ("2026-02", "2026-03-04T00:30:00+08:00")] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", now]);
    }
    let publish = ["publish", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-05T09:00:00+08:00"];
    succeed(&database, &publish);
    let village = demo::villages(&county.plan).next().expect("a village");
    let allowed = guard().await.allow(&operator(), IssueTokens, village.place).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let now = moment("2026-02-05 09:00");
    let group = village.groups[0].place;
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    let again =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    assert_eq!(cards[0].token, again[0].token, "a token is kept");

    let serving = Serving::start(&database);
    let (head, page) = request(&serving.pages, &format!("GET /h/{} HTTP/1.1", cards[0].token), &[]);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_ascii_lowercase().contains("cache-control: no-store"), "{head}");
    assert!(page.contains("2026年1月") && !page.contains("2026年2月"), "only what is published: {page}");
    assert!(!page.contains(&cards[0].head), "a lost card tells no name");
    let (_, board) = get(&serving.pages, &format!("/p/{}", village.place.code()));
    assert!(board.contains("2026年1月") && board.contains('*'), "{board}");
    assert!(!cards.iter().any(|card| board.contains(&card.head)), "the board shows masked names only");
    let dead = "0".repeat(38);
    for unknown in [dead.as_str(), "440229", "../etc", &cards[0].token[1..]] {
        assert_eq!(get(&serving.pages, &format!("/h/{unknown}")).0, "HTTP/1.1 404 Not Found", "{unknown}");
    }
    let owner = superuser(&database).await;
    let reissued = "insert into household_token
        select county_code, place, household_id, 2, sha256('x'), token_sealed, issued_at from household_token";
    owner.batch_execute(&reissued.replace("sha256('x')", "sha256(token_hash)")).await.expect("reissued");
    let old = get(&serving.pages, &format!("/h/{}", cards[0].token)).0;
    assert_eq!(old, "HTTP/1.1 404 Not Found", "the old token has died");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_households_page_explains_twelve_months_takes_objections_to_each_and_reads_no_neighbour() {
    let (database, county) = scored(60, "2025-12", 2).await;
    for (month, close, publish) in [
        ("2025-12", "2026-01-04T00:30:00+08:00", "2026-01-05T09:00:00+08:00"),
        ("2026-01", "2026-02-04T00:30:00+08:00", "2026-02-05T09:00:00+08:00"),
    ] {
        succeed(&database, &["close", "--county", COUNTY, "--month", month, "--now", close]);
        succeed(&database, &["publish", "--county", COUNTY, "--month", month, "--now", publish]);
    }
    let village = demo::villages(&county.plan).next().expect("a village");
    let allowed = guard().await.allow(&operator(), IssueTokens, village.place).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (now, group) = (moment("2026-02-05 09:00"), village.groups[0].place);
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    let home = format!("/h/{}", cards[0].token);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let typed = "what=2025-12&words=那天我家在修路";
    let taken = send(&serving.pages, "POST", &format!("{home}/objections"), &[kind], typed);
    assert!(taken.status == 200 && taken.body.contains("2025-12-001"), "{}", taken.body);
    assert!(taken.body.contains("异议期已过"), "December moves totals only: {}", taken.body);
    // Whoever reads a neighbour's row trips over its place.
    let own = cards[0].household.digits();
    let broken = format!(
        "update month_result set place = place || 'x'
        where household_id <> (select id from household where code = '{own}')"
    );
    superuser(&database).await.batch_execute(&broken).await.expect("neighbours are broken");
    let (status, page) = get(&serving.pages, &home);
    assert_eq!(status, "HTTP/1.1 200 OK", "{page}");
    assert!(page.contains("<h2>2026年1月</h2>"), "{page}");
    assert!(page.contains("<summary>2025年12月"), "over the turn of the year, each with its reasons: {page}");
    assert!(page.contains("<option value=\"2025-12\">") && page.contains("2025-12-001"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_jobs_are_shown_counted_and_begun_again_from_this_machine_only() {
    let (database, _) = scored(60, "2026-01", 1).await;
    let owner = superuser(&database).await;
    let insert =
        "insert into job_run (county_code, place, kind, period, revision, due_at, not_before, state, outcome)
        values ('440229', '440229', 'send', '77', 0, '2026-02-05', '2026-02-05', 'given_up', '邮件服务器拒收')
        returning id";
    let id: i64 = owner.query_one(insert, &[]).await.expect("a job").get(0);
    let serving = Serving::start(&database);
    let page = get(&serving.operations, "/").1;
    assert!(page.contains("邮件服务器拒收") && page.contains("重做") && page.contains("R-35"), "{page}");
    for address in [&serving.operations, &serving.pages] {
        let metrics = get(address, "/metrics").1;
        assert!(metrics.contains(r#"jifen_jobs{kind="send",state="given_up"} 1"#), "{metrics}");
    }
    let again = format!("POST /jobs/{COUNTY}/{id}/again HTTP/1.1");
    let foreign = request(&serving.operations, &again, &["Sec-Fetch-Site: cross-site"]).0;
    assert!(foreign.starts_with("HTTP/1.1 403"), "{foreign}");
    assert!(request(&serving.pages, &again, &[]).0.starts_with("HTTP/1.1 404"), "not on the public address");
    let own = request(&serving.operations, &again, &["Sec-Fetch-Site: same-origin"]).0;
    assert!(own.starts_with("HTTP/1.1 303"), "{own}");
    let state: String =
        owner.query_one("select state from job_run where id = $1", &[&id]).await.expect("it").get(0);
    assert_eq!(state, "due");
}

/// A county with a published month, and the page of a household of its first village.
async fn published() -> (TestDatabase, Serving, String) {
    let (database, county) = scored(60, "2026-01", 1).await;
    for (act, now) in [("close", "2026-02-04T00:30:00+08:00"), ("publish", "2026-02-05T09:00:00+08:00")] {
        succeed(&database, &[act, "--county", COUNTY, "--month", "2026-01", "--now", now]);
    }
    let village = demo::villages(&county.plan).next().expect("a village");
    assert_eq!(village.place.code(), VILLAGE);
    let allowed = guard().await.allow(&operator(), IssueTokens, village.place).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (group, now) = (village.groups[0].place, moment("2026-02-05 09:00"));
    let cards =
        household_cards(&mut connection, &allowed, &group, &registrar().sealer, &now).await.expect("cards");
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    (database, serving, format!("/h/{}", cards[0].token))
}

/// Where the links and forms of a public page lead to, among public pages.
fn led_to(page: &str) -> Vec<&str> {
    let starts = ["href=\"", "action=\""];
    let targets = starts.iter().flat_map(move |start| page.split(*start).skip(1));
    let targets = targets.filter_map(|rest| rest.split('"').next());
    let is_public = |target: &&str| {
        ["/p/", "/h/", "/answer"].iter().any(|start| target.starts_with(start))
            && !target.contains("/photos/")
    };
    targets.filter(is_public).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_public_page_is_read_large_or_not_and_leads_to_the_form_for_complaints() {
    let (_database, serving, home) = published().await;
    let board = format!("/p/{VILLAGE}");
    let page = |address: &str| send(&serving.pages, "GET", address, &[], "");
    for (address, status, of) in [
        ("/".to_owned(), 200, ""),
        ("/answer".to_owned(), 200, ""),
        ("/nowhere".to_owned(), 404, ""),
        (board.clone(), 200, board.as_str()),
        (format!("{board}/2026-01"), 200, board.as_str()),
        (format!("{board}/2031-01"), 404, board.as_str()),
        (format!("{board}/objection"), 200, board.as_str()),
        (home.clone(), 200, home.as_str()),
        (format!("{board}/suggestion"), 200, ""),
        (format!("{home}/suggestion"), 200, ""),
    ] {
        let large = page(&format!("{address}?large=1"));
        assert_eq!(large.status, status, "{address}");
        assert!(large.body.contains("<html lang=\"zh-CN\" class=\"large\">"), "{address}: {}", large.body);
        assert!(large.body.contains("href=\"?large=0\">标准字号</a>"), "{address}: {}", large.body);
        let lost: Vec<&str> =
            led_to(&large.body).into_iter().filter(|target| !target.ends_with("?large=1")).collect();
        assert!(lost.is_empty(), "{address} leads to {lost:?}");
        let normal = page(&format!("{address}?large=0"));
        assert!(normal.body.contains("<html lang=\"zh-CN\">"), "{address}: {}", normal.body);
        assert!(normal.body.contains("href=\"?large=1\">大字版</a>"), "{address}: {}", normal.body);
        if !of.is_empty() {
            let link = format!("<a href=\"{of}/suggestion?large=1\">投诉和建议</a>");
            assert!(large.body.contains(&link), "{address}: {}", large.body);
        }
    }
    assert!(page(&home).body.contains("class=\"large\""), "a household's page is large by itself");
    assert!(!page(&board).body.contains("class=\"large\""), "the board is not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_keeps_how_it_is_read_and_a_receipt_is_made_larger_where_it_stands() {
    let (_database, serving, home) = published().await;
    let board = format!("/p/{VILLAGE}");
    let post = |address: &str, body: &str| send(&serving.pages, "POST", address, &[KIND], body);
    let check = |answer: &Answer, status: u16, large: bool| {
        assert_eq!(answer.status, status, "{}", answer.body);
        let (root, checked) = if large { (" class=\"large\"", " checked") } else { ("", "") };
        assert!(answer.body.contains(&format!("<html lang=\"zh-CN\"{root}>")), "{}", answer.body);
        let switch = format!("<input type=\"checkbox\" id=\"large-type\" autocomplete=\"off\"{checked}>");
        assert!(answer.body.contains(&switch), "{}", answer.body);
        let kept = if large { "?large=1" } else { "?large=0" };
        assert!(led_to(&answer.body).iter().all(|target| target.ends_with(kept)), "{}", answer.body);
    };
    let objection = format!("month=2026-01&group={VILLAGE}001&number=0001&words=");
    let suggestion = |home: &str| {
        let form = send(&serving.pages, "GET", &format!("{home}/suggestion"), &[], "").body;
        let key = form.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        format!("key={}&kind=suggestion&topic=other&words=", key.expect("a key"))
    };
    for (large, kept) in [(true, "?large=1"), (false, "?large=0")] {
        let objections = format!("{board}/objections{kept}");
        check(&post(&objections, &objection), 422, large);
        let receipt = post(&objections, &format!("{objection}没有看到扣分的地方"));
        check(&receipt, 200, large);
        assert!(receipt.body.contains(&format!("{board}/suggestion{kept}\">投诉和建议")), "{}", receipt.body);
        check(&post(&format!("{home}/objections{kept}"), "what=2026-01&words="), 422, large);
        check(&post(&format!("{home}/objections{kept}"), "what=2026-01&words=请再看一看"), 200, large);
        for at in [&board, &home] {
            let (address, typed) = (format!("{at}/suggestions{kept}"), suggestion(at));
            check(&post(&address, &typed), 422, large);
            let receipt = post(&address, &format!("{typed}祠堂门口也贴一份"));
            check(&receipt, 200, large);
            assert!(
                receipt.body.contains(&format!("{at}/suggestion{kept}\">投诉和建议")),
                "{}",
                receipt.body
            );
            let code = receipt.body.split("number code\">").nth(1).and_then(|rest| rest.split('<').next());
            let answer = post(&format!("/answer{kept}"), &format!("code={}", code.expect("a code")));
            check(&answer, 200, large);
            let link = format!("<a href=\"{board}/suggestion{kept}\">投诉和建议</a>");
            assert!(answer.body.contains(&link), "the village is known now: {}", answer.body);
        }
        check(&post(&format!("/answer{kept}"), "code=440229-AAAA-AAAA-AAAA"), 200, large);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_that_is_no_text_is_a_page_that_is_not_there() {
    let (_database, serving, _) = published().await;
    let board = format!("/p/{VILLAGE}");
    for (method, address) in [
        ("GET", "/p/%FF".to_owned()),
        ("GET", "/p/%FF/2026-01".to_owned()),
        ("GET", format!("{board}/%FF")),
        ("GET", "/p/%FF/objection".to_owned()),
        ("POST", "/p/%FF/objections".to_owned()),
        ("GET", "/p/%FF/suggestion".to_owned()),
        ("POST", "/p/%FF/suggestions".to_owned()),
        ("GET", format!("{board}/2026-01/photos/%FF")),
        ("GET", "/h/%FF".to_owned()),
        ("POST", "/h/%FF/objections".to_owned()),
        ("GET", "/h/%FF/suggestion".to_owned()),
        ("POST", "/h/%FF/suggestions".to_owned()),
        ("GET", "/h/%FF/photos/00".to_owned()),
        ("POST", "/h/%FF/photos/00/withdrawal".to_owned()),
        ("POST", "/account/sessions/%FF/end".to_owned()),
    ] {
        let answer = send(&serving.pages, method, &address, &[KIND], "");
        assert_eq!(answer.status, 404, "{method} {address}: {}", answer.body);
        assert!(answer.header("content-type").starts_with("text/html"), "{method} {address}");
        assert!(answer.body.contains("<h1>没有找到</h1>"), "{method} {address}: {}", answer.body);
    }
}
