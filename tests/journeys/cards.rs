//! A household's card is given out anew: the one before opens nothing and says why.

use authz::{IssueTokens, Role};
use domain::forms::HouseholdCard;
use domain::place::{Level, Place};
use records::forms::household_cards;
use testkit::{COUNTY, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Folder, Serving, get, path, scored, send, succeed, superuser};

const REPLACED: &str = "这张户卡已经换新";

/// The cards of a group, as they are printed at a time.
async fn printed(database: &TestDatabase, group: &Place, now: &str) -> Vec<HouseholdCard> {
    let village = group.ancestor(Level::Village).expect("a village");
    let allowed = guard().await.allow(&operator(), IssueTokens, village).expect("allowed");
    let mut connection = database.database.connection().await.expect("a connection");
    let (registrar, now) = (registrar(), moment(now));
    household_cards(&mut connection, &allowed, group, &registrar.sealer, &now).await.expect("cards")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_given_out_anew_closes_the_one_before_which_says_so() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let village = demo::villages(&county.plan).next().expect("a village");
    let group = village.groups[0].place;
    let card = printed(&database, &group, "2026-02-05 09:00").await.remove(0);
    let code = card.household.code();
    let mut connection = database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "clerk", village.place).await;
    grant(&mut connection, number, Role::VillageAdministrator, village.place).await;
    drop(connection);
    let serving = Serving::start_at(&database, "127.0.0.1:0", Some("2026-02-06T10:00:00+08:00"), UNLIMITED);
    let clerk = log_in(&serving.pages, "clerk");
    let file = format!("/household/{code}/2026-02");
    let page = || send(&serving.pages, "GET", &file, &[&clerk], "").body;
    let token = page();
    let token = token.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("the token").to_owned();
    let reissue = |fields: &str| {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let body = format!("form_token={token}&{fields}");
        send(&serving.pages, "POST", &format!("{file}/card"), &[kind, &clerk], &body)
    };
    assert!(page().contains("2026年2月5日发放"), "the file says when");
    let unasked = reissue("card=1");
    assert!(unasked.status == 422 && unasked.body.contains("旧户卡作废"), "{}", unasked.body);
    assert!(get(&serving.pages, &format!("/h/{}", card.token)).0.contains("200"), "nothing is lost by that");

    assert_eq!(reissue("card=1&confirmed=yes").status, 303);
    let again = reissue("card=1&confirmed=yes");
    assert_eq!(again.status, 412, "the second click closes no new card: {}", again.body);
    let shown = page();
    assert!(shown.contains("2026年2月6日发放") && shown.contains("是第 2 张"), "{shown}");
    let (old, words) = get(&serving.pages, &format!("/h/{}", card.token));
    assert_eq!(old, "HTTP/1.1 404 Not Found");
    assert!(words.contains(REPLACED) && words.contains("请问村委会"), "{words}");
    assert!(!words.contains(&card.head) && !words.contains(&code), "and nothing else: {words}");
    let (head, words) = get(&serving.pages, &format!("/h/{}/suggestion", card.token));
    assert!(head.contains("404") && words.contains(REPLACED), "{words}");
    assert!(!words.contains(&card.token), "no link leads back to it: {words}");
    let new = printed(&database, &group, "2026-02-06 11:00").await.remove(0);
    assert_eq!(new.household, card.household);
    assert_ne!(new.token, card.token, "the card that is printed now is the new one");
    assert!(get(&serving.pages, &format!("/h/{}", new.token)).0.contains("200"));
    let unknown = format!("{}{}", &card.token[..6], "0".repeat(32));
    let (head, words) = get(&serving.pages, &format!("/h/{unknown}"));
    assert!(head.contains("404") && !words.contains(REPLACED), "{words}");

    let owner = superuser(&database).await;
    let logged =
        "select count(*) from audit_event where act = 'issue_tokens' and detail like '%\"reissued\"%'";
    assert_eq!(owner.query_one(logged, &[]).await.expect("a count").get::<_, i64>(0), 1);
    let readable = "select count(*) from household_token where household_token::text like '%' || $1 || '%'";
    for token in [&card.token, &new.token] {
        assert_eq!(owner.query_one(readable, &[token]).await.expect("a count").get::<_, i64>(0), 0);
    }
    // Of a household that is lawfully erased no card tells that there was one.
    let erased = "update household_version set head_name = null
        where household_id = (select id from household where code = $1)";
    owner.execute(erased, &[&code]).await.expect("erased");
    let (head, words) = get(&serving.pages, &format!("/h/{}", card.token));
    assert!(head.contains("404") && !words.contains(REPLACED), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_has_a_card_until_the_month_in_which_it_leaves() {
    let (database, county) = scored(60, "2026-01", 1).await;
    let close = ["close", "--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &close);
    let village = demo::villages(&county.plan).next().expect("a village");
    let group = village.groups[0].place;
    let card = printed(&database, &group, "2026-02-05 09:00").await.remove(0);
    let folder = Folder::new();
    let header = "group_code,number,head_name,members_registered,members_resident,resident,local,joined_month,left_month";
    let household = demo::households(&county.plan, &village);
    let household = household.iter().find(|one| one.household == card.household).expect("the household");
    let joined = household.participation.joined.expect("it takes part");
    let row = format!(
        "{group},{},{},3,3,是,是,{joined},2026-04",
        &card.household.digits()[15..],
        household.head_name
    );
    let file = folder.file("households.csv", format!("{header}\n{row}\n"));
    let now = "2026-02-06T09:00:00+08:00";
    succeed(&database, &["import", "households", path(&file), "--county", COUNTY, "--now", now]);
    let has_one = async |now: &str| {
        let cards = printed(&database, &group, now).await;
        cards.iter().any(|one| one.household == card.household)
    };
    assert!(has_one("2026-03-31 09:00").await, "it still takes part");
    assert!(!has_one("2026-04-01 09:00").await);
}
