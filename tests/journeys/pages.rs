//! The web process: a household's page behind its card, the operations page, and metrics.

use authz::IssueTokens;
use records::forms::household_cards;
use testkit::{COUNTY, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::support::{Serving, get, request, scored, send, succeed, superuser};

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
