//! Photos: beside the findings they show, on the board with consent and a second person's word, and erased by law.

mod refused;

use std::io::{Read, Write};
use std::net::TcpStream;

use authz::{IssueTokens, Role};
use domain::canonical::Digest;
use domain::place::Place;
use records::forms::household_cards;
use serde_json::{Value, json};
use testkit::{COUNTY, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Folder, Serving, call, jifen, path, said, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";
const BOARD: &str = "/p/440229100201/2026-01";
const PAGE: &str = "/photos/440229100201/2026-01";

/// A picture of one red point.
const PNG: &[u8] = b"\
    \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x02\x00\x00\x00\x90\x77\x53\xde\x00\x00\x00\x0c\x49\x44\x41\x54\x78\x9c\x63\xf8\xcf\xc0\x00\
    \x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

struct World {
    database: TestDatabase,
    serving: Serving,
    folder: Folder,
}

impl World {
    /// January is closed and published; two clerks and a supervisor of the village, and the county's administrator.
    async fn new() -> Self {
        let (database, _) = scored(60, "2026-01", 1).await;
        let month = ["--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
        succeed(&database, &[&["close"], month.as_slice()].concat());
        succeed(&database, &[&["publish"], month.as_slice()].concat());
        let mut connection = database.database.connection().await.expect("a connection");
        for (login, role, at) in [
            ("clerk.one", Role::VillageAdministrator, VILLAGE),
            ("clerk.two", Role::VillageAdministrator, VILLAGE),
            ("supervisor", Role::Supervisor, VILLAGE),
            ("lai.wen", Role::CountyAdministrator, COUNTY),
        ] {
            let at = Place::parse_code(at).expect("a code");
            let number = account(&mut connection, login, at).await;
            grant(&mut connection, number, role, at).await;
        }
        drop(connection);
        let folder = Folder::new();
        let environment = [UNLIMITED, &[("JIFEN_PHOTOS__FOLDER", path(&folder.0))]].concat();
        let now = Some("2026-02-06T09:00:00+08:00");
        let serving = Serving::start_at(&database, "127.0.0.1:0", now, &environment);
        Self { database, serving, folder }
    }

    /// The scored households of the village's first group with their acts.
    async fn households(&self) -> Vec<(String, Vec<String>)> {
        let query = "select h.code, coalesce(array_agg(f.act) filter (where f.act is not null), '{}')
            from household h join card c on c.county_code = h.county_code and c.household_id = h.id
            left join finding f on f.county_code = c.county_code and f.month = c.month and f.card_id = c.id
            where h.place = '440229100201001' and c.status = 0 and c.revision = 1 group by h.code order by h.code";
        let rows = superuser(&self.database).await.query(query, &[]).await.expect("households");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// One in which something was found, with the item, and an item that lost nothing.
    async fn found(&self) -> (String, String, &'static str) {
        let households = self.households().await;
        let (code, acts) = households.into_iter().find(|(_, acts)| !acts.is_empty()).expect("a finding");
        let item = |rule: &str| rule.trim_end_matches(|letter: char| letter.is_ascii_lowercase()).to_owned();
        let lost: Vec<String> = acts.iter().flat_map(|act| act.split('+').map(item)).collect();
        let whole =
            ["H1", "H2", "H3", "H4", "H5", "H6"].into_iter().find(|one| !lost.iter().any(|lost| lost == one));
        (code, lost[0].clone(), whole.expect("an item that lost nothing"))
    }

    /// A photo of a household that its sheet names, as the phone leaves it behind. Returns its hash.
    async fn photograph(&self, household: &str, item: Option<&str>, picture: &str) -> String {
        let hash = Digest::of(picture.as_bytes()).hex();
        let folder = self.folder.0.join("440229").join(household);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{hash}.jpg")), picture).expect("a file");
        let owner = superuser(&self.database).await;
        let key = format!("{}-0000", &hash[..31]);
        let sheet = "insert into sheet (county_code, place, month, household_id, household_code, account, key, by_login,
                panel_name, base_revision, scored_on, status, findings, seen_on_paper, outcome, received_at)
            select county_code, place, 202601, id, code, id, $2, 'clerk', '第一评分组', 0, '2026-01-28', 0, '', false, 1, now()
            from household where code = $1";
        owner.execute(sheet, &[&household, &key]).await.expect("a sheet");
        let named = "insert into sheet_photo (county_code, sheet_id, number, place, client_hash, item)
            select county_code, id, 1, place, decode($2, 'hex'), $3 from sheet where household_code = $1 and key = $4";
        owner.execute(named, &[&household, &hash, &item, &key]).await.expect("a name");
        let photo = "insert into photo (county_code, place, household_id, client_hash, hash, month, bytes, width, height,
                taken_by, received_at)
            select county_code, place, id, decode($2, 'hex'), decode($2, 'hex'), 202601, 1, 1, 1, 'clerk', now()
            from household where code = $1";
        owner.execute(photo, &[&household, &hash]).await.expect("a photo");
        hash
    }

    /// The token of a household's page.
    async fn token(&self, household: &str) -> String {
        let place = |code: &str| Place::parse_code(code).expect("a code");
        let allowed = guard().await.allow(&operator(), IssueTokens, place(VILLAGE)).expect("allowed");
        let mut connection = self.database.database.connection().await.expect("a connection");
        let (sealer, now) = (registrar().sealer, moment("2026-02-05 09:00"));
        let group = place(&household[..15]);
        let cards = household_cards(&mut connection, &allowed, &group, &sealer, &now).await.expect("cards");
        cards.into_iter().find(|card| card.household.digits() == household).expect("its card").token
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        let headers: Vec<&str> = Some(who).filter(|who| !who.is_empty()).into_iter().collect();
        send(&self.serving.pages, "GET", path, &headers, "")
    }

    /// Sends a form of the page of photos.
    fn post(&self, who: &str, what: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(who, PAGE).body;
        let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let mut body = format!("form_token={}", token.unwrap_or_default());
        for (name, value) in fields {
            body.push_str(&format!("&{name}={value}"));
        }
        let kind = "Content-Type: application/x-www-form-urlencoded";
        send(&self.serving.pages, "POST", &format!("{PAGE}/{what}"), &[kind, who], &body)
    }

    fn propose(&self, who: &str, household: &str, photo: &str) -> Answer {
        let consent =
            [("caption", "Tidy"), ("consent_by", "Zhang"), ("consent_how", "said"), ("consents", "1")];
        let named = [("household", household), ("photo", photo), ("consent_on", "2026-02-05")];
        self.post(who, "proposals", &[named.as_slice(), consent.as_slice()].concat())
    }

    fn decide(&self, who: &str, household: &str, photo: &str, act: &str) -> Answer {
        self.decide_seen(who, household, photo, act, &self.seen(who, photo))
    }

    /// Decides by a page that showed so many steps.
    fn decide_seen(&self, who: &str, household: &str, photo: &str, act: &str, seen: &str) -> Answer {
        let named = [("household", household), ("photo", photo), ("seen", seen)];
        let said = [("act", act), ("reason", "blurred")];
        self.post(who, "decisions", &[named.as_slice(), said.as_slice()].concat())
    }

    /// How many steps of a photo the page shows to whoever may let it up.
    fn seen(&self, who: &str, photo: &str) -> String {
        let page = self.get(who, PAGE).body;
        let field = format!("value=\"{photo}\"><input type=\"hidden\" name=\"seen\" value=\"");
        let seen = page.split(&field).nth(1).and_then(|rest| rest.split('"').next());
        seen.unwrap_or_default().to_owned()
    }

    /// Sends a photo as the phone does. Returns the answer.
    fn put_photo(&self, household: &str, headers: &[&str]) -> String {
        let (address, hash) = (&self.serving.pages, Digest::of(PNG).hex());
        let mut stream = TcpStream::connect(address).expect("the server");
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        write!(
            stream,
            "PUT /phone/photos/{household}/2026-01/{hash} HTTP/1.1\r\nHost: {address}\r\n{headers}\
             Content-Type: image/png\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            PNG.len()
        )
        .expect("a head");
        stream.write_all(PNG).expect("a photo");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    /// Whether the board shows a photo, and serves it.
    fn hangs(&self, photo: &str) -> bool {
        let address = format!("{BOARD}/photos/{photo}");
        let (shown, served) = (self.get("", BOARD).body.contains(&address), self.get("", &address).status);
        assert_eq!(shown, served == 200, "what is shown is served, and nothing else: {served}");
        shown
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_households_page_shows_its_photos_beside_their_findings_and_serves_nobody_elses() {
    let world = World::new().await;
    let (household, lost, whole) = world.found().await;
    let of_finding = world.photograph(&household, Some(&lost), "the finding").await;
    let of_house = world.photograph(&household, None, "the house").await;
    let of_rest = world.photograph(&household, Some(whole), "another item").await;
    let other = world.households().await.into_iter().map(|(code, _)| code).find(|code| *code != household);
    let other = other.expect("another household");
    let foreign = world.photograph(&other, None, "next door").await;
    let token = world.token(&household).await;

    let page = world.get("", &format!("/h/{token}")).body;
    let address = |hash: &str| format!("/h/{token}/photos/{hash}");
    let line = page.split("<li>").find(|line| line.contains(&address(&of_finding)));
    assert!(
        line.is_some() && page.contains(&address(&of_house)) && page.contains(&address(&of_rest)),
        "{page}"
    );
    let at = |text: &str| page.find(text).expect("on the page");
    assert!(at(&address(&of_finding)) < at("得分 = 100"), "beside its line");
    assert!(at("评分时拍的其他照片") < at(&address(&of_house)), "what shows no finding stands apart");
    assert!(!page.contains(&foreign));

    let own = world.get("", &address(&of_finding));
    assert_eq!((own.status, own.body.as_str()), (200, "the finding"));
    let headers = ["content-type", "cache-control", "x-content-type-options"].map(|name| own.header(name));
    assert_eq!(headers, ["image/jpeg", "no-store", "nosniff"]);
    for nothing in [foreign.as_str(), "00", &"0".repeat(64)] {
        assert_eq!(world.get("", &address(nothing)).status, 404, "{nothing}");
    }
    let [clerk, supervisor] = ["clerk.one", "supervisor"].map(|login| log_in(&world.serving.pages, login));
    let file = format!("/household/{household}/2026-01");
    let console = format!("{file}/photos/{of_finding}");
    assert!(world.get(&clerk, &file).body.contains(&console));
    assert!(!world.get(&supervisor, &file).body.contains(&console), "who only reads sees no photos");
    assert_eq!((world.get(&clerk, &console).status, world.get(&supervisor, &console).status), (200, 403));
    let taken_out = world.get(&clerk, &format!("/api/v1/households/{household}/file")).json();
    let photo = |hash: &str, items: Value| json!({ "month": "2026-01", "sha256": hash, "items": items });
    let listed = taken_out["photos"].as_array().expect("photos");
    assert_eq!(listed.len(), 3, "its own, and nobody else's: {listed:?}");
    for kept in
        [photo(&of_finding, json!([lost])), photo(&of_house, json!([])), photo(&of_rest, json!([whole]))]
    {
        assert!(listed.contains(&kept), "{kept} in {listed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_hangs_with_consent_and_a_second_persons_word_and_comes_off_at_once() {
    let world = World::new().await;
    let (household, _, whole) = world.found().await;
    let photo = world.photograph(&household, Some(whole), "a tidy yard").await;
    let token = world.token(&household).await;
    let [one, two] = ["clerk.one", "clerk.two"].map(|login| log_in(&world.serving.pages, login));
    assert_eq!(world.decide(&two, &household, &photo, "approve").status, 422, "nobody proposed it");

    for _ in 0..2 {
        let proposed = world.propose(&one, &household, &photo);
        assert_eq!(proposed.status, 303, "again is success: {}", proposed.body);
    }
    assert!(!world.hangs(&photo), "it waits");
    let alone = world.decide(&one, &household, &photo, "approve");
    assert!(alone.status == 422 && alone.body.contains("另一人审核"), "{}", alone.body);
    let stale = world.seen(&two, &photo);
    assert_eq!(stale, "1", "the page says how much it shows");
    for _ in 0..2 {
        assert_eq!(world.decide(&two, &household, &photo, "approve").status, 303);
    }
    assert!(world.hangs(&photo));
    let board = world.get("", BOARD).body;
    assert!(board.contains("Tidy") && !board.contains("Zhang"), "the caption, not who agreed");

    assert_eq!(world.decide(&one, &household, &photo, "take_down").status, 303);
    assert!(!world.hangs(&photo), "taken down");
    assert_eq!(world.decide(&two, &household, &photo, "approve").status, 303);
    assert!(world.hangs(&photo), "put back");

    let page = world.get("", &format!("/h/{token}")).body;
    assert!(page.contains("我不同意") && page.contains("Zhang"), "{page}");
    let withdrawal = format!("/h/{token}/photos/{photo}/withdrawal");
    for _ in 0..2 {
        assert_eq!(send(&world.serving.pages, "POST", &withdrawal, &[], "").status, 303, "again is success");
    }
    assert!(!world.hangs(&photo), "the household has the last word");
    assert_eq!(world.decide(&two, &household, &photo, "approve").status, 422);
    assert_eq!(world.propose(&one, &household, &photo).status, 303, "a new consent begins again");
    let unseen = world.decide_seen(&two, &household, &photo, "approve", &stale);
    assert!(
        unseen.status == 422 && unseen.body.contains("刚刚又有办理"),
        "nobody showed it: {}",
        unseen.body
    );
    assert!(!world.hangs(&photo));
    let owner = superuser(&world.database).await;
    let kinds = "select string_agg(kind::text, '' order by number) from photo_publication";
    let kinds: String = owner.query_one(kinds, &[]).await.expect("the steps").get(0);
    assert_eq!(kinds, "123241", "every step once");
    let logged = "select count(*) from audit_event where detail like '%' || $1 || '%'";
    let logged: i64 = owner.query_one(logged, &[&photo]).await.expect("the log").get(0);
    assert_eq!(logged, 6);
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_of_a_deduction_is_never_put_up_and_comes_off_when_a_correction_makes_it_one() {
    let world = World::new().await;
    let (household, lost, whole) = world.found().await;
    let [one, two] = ["clerk.one", "clerk.two"].map(|login| log_in(&world.serving.pages, login));
    for (item, picture) in [(Some(lost.as_str()), "the finding"), (None, "the house")] {
        let photo = world.photograph(&household, item, picture).await;
        let refused = world.propose(&one, &household, &photo);
        assert!(refused.status == 422 && refused.body.contains("不曝光"), "{}", refused.body);
    }
    let photo = world.photograph(&household, Some(whole), "a tidy yard").await;
    assert_eq!(world.propose(&one, &household, &photo).status, 303);
    assert_eq!(world.decide(&two, &household, &photo, "approve").status, 303);
    assert!(world.hangs(&photo));
    let owner = superuser(&world.database).await;
    let corrected = "insert into finding (county_code, month, card_id, number, place, act, times)
        select c.county_code, c.month, c.id, 99, c.place, $2, 1 from card c
        join household h on h.county_code = c.county_code and h.id = c.household_id where h.code = $1";
    owner.execute(corrected, &[&household, &format!("{whole}a")]).await.expect("a finding");
    assert!(!world.hangs(&photo), "it shows a deduction now");
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_household_throws_its_photos_away_and_nobody_elses() {
    let world = World::new().await;
    let codes: Vec<String> = world.households().await.into_iter().map(|(code, _)| code).collect();
    let (household, other) = (codes[0].as_str(), codes[1].as_str());
    let photo = world.photograph(household, Some("H1"), "the same picture").await;
    world.photograph(other, Some("H1"), "the same picture").await;
    let owner = superuser(&world.database).await;
    let proposed = "insert into photo_publication (county_code, household_id, hash, number, place, month, kind, caption,
            consent_by, consent_how, consent_on, by_login, taken_at)
        select county_code, household_id, hash, 1, place, month, 1, 'Tidy', 'Zhang', 'said', '2026-02-05', 'clerk', now()
        from photo where household_id = (select id from household where code = $1)";
    owner.execute(proposed, &[&household]).await.expect("a proposal");
    let left = "update household_version set left_month = 202602
        where household_id = (select id from household where code = $1)";
    owner.execute(left, &[&household]).await.expect("it has left");
    let who = log_in(&world.serving.pages, "lai.wen");
    let erase = || {
        let address = format!("/api/v1/households/{household}/erasure");
        let answer = call(&world.serving.pages, "POST", &address, &who, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["photos"].clone()
    };
    let file = |household: &str| world.folder.0.join("440229").join(household).join(format!("{photo}.jpg"));
    assert!(file(household).exists() && file(other).exists());
    assert_eq!(erase(), json!(2), "the photo, and what was said of it");
    assert!(!file(household).exists() && file(other).exists(), "the same picture of another stays");
    let rows = "select (select count(*) from photo where hash = decode($1, 'hex')),
        (select count(*) from photo_publication where caption is not null or consent_by is not null)";
    let row = owner.query_one(rows, &[&photo]).await.expect("counts");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 0));
    // As if the first run had broken off after its commit.
    std::fs::create_dir_all(file(household).parent().expect("a folder")).expect("a folder");
    std::fs::write(file(household), "the same picture").expect("a file");
    assert_eq!(erase(), json!(0), "again is success");
    assert!(!file(household).exists(), "what was left behind is swept");
    let told = "select count(*) from audit_event where act = 'erase' and detail like '%\"files\":%'";
    let told: i64 = owner.query_one(told, &[]).await.expect("a count").get(0);
    assert_eq!(told, 2, "whenever files went, the log says how many");
    let page = send(&world.serving.pages, "GET", "/account", &[&who], "").body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = format!("X-Form-Token: {}", token.expect("a form"));
    let takes = |household: &str| world.put_photo(household, &[&who, &token]);
    assert!(takes(other).starts_with("HTTP/1.1 204"), "{}", takes(other));
    let late = takes(household);
    assert!(late.starts_with("HTTP/1.1 422") && late.contains("已依法删除"), "comes too late: {late}");
    let left = std::fs::read_dir(file(household).parent().expect("a folder")).expect("a folder");
    assert_eq!(left.count(), 0, "and nothing of it stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_erasure_left_behind_is_swept_though_the_household_is_registered_again() {
    let world = World::new().await;
    let household = world.households().await.remove(0).0;
    let behind = world.photograph(&household, Some("H1"), "left behind").await;
    let owner = superuser(&world.database).await;
    // An erasure that broke off after its commit: the rows are gone, the file is there. Then the household came back.
    for step in [
        "delete from photo where household_id = (select id from household where code = $1)",
        "update household_version set head_name = null, name_salt = null, phone_sealed = null, phone_index = null,
            address_sealed = null where household_id = (select id from household where code = $1)",
        "insert into household_version (county_code, place, household_id, revision, effective_month, head_name,
            name_salt, name_digest, members_registered, members_resident, resident, local)
         select county_code, place, household_id, revision + 1, 202602, '赖文', decode('00', 'hex'), name_digest, members_registered,
            members_resident, resident, local from household_version
         where household_id = (select id from household where code = $1) order by revision desc limit 1",
    ] {
        assert!(owner.execute(step, &[&household]).await.expect("a step") > 0, "{step}");
    }
    let who = log_in(&world.serving.pages, "lai.wen");
    let page = send(&world.serving.pages, "GET", "/account", &[&who], "").body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let taken = world.put_photo(&household, &[&who, &format!("X-Form-Token: {}", token.expect("a form"))]);
    assert!(taken.starts_with("HTTP/1.1 204"), "{taken}");
    let mail = Folder::new();
    let mut due = jifen(&world.database, &["run-due", "--now", "2026-02-06T09:00:00+08:00"]);
    due.env("JIFEN_PHOTOS__FOLDER", path(&world.folder.0)).env("JIFEN_MAIL__FOLDER", path(&mail.0));
    let ran = said(due.output().expect("the program"));
    assert!(ran.code == Some(0) && ran.out.contains("清理：完成"), "{ran:?}");
    let folder = world.folder.0.join("440229").join(&household);
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name());
    let files: Vec<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(files.len() == 1 && !files[0].starts_with(&behind), "the new photo alone stays: {files:?}");
}
