//! Two households of one number change groups: what is objected to stays theirs, before the move and after it.

use authz::{RegisterHouseholds, Role};
use domain::input::Household;
use domain::month::Month;
use domain::place::Place;
use domain::publication::last_digits;
use records::households::{Move, move_household};
use records::{Mode, tenancy};
use testkit::{COUNTY, TestDatabase, guard, moment, operator, registrar};

use crate::api::UNLIMITED;
use crate::people::{account, grant, log_in};
use crate::support::{Answer, Serving, results, scored, send, succeed, superuser};

const VILLAGE: &str = "440229100201";

fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a code")
}

fn month(text: &str) -> Month {
    Month::parse(text).expect("a month")
}

/// January and February, closed and published; from February on two households live in each other's group.
struct World {
    database: TestDatabase,
    serving: Serving,
    /// The groups, with their names.
    groups: [(Place, String); 2],
    /// Registered in the first group and now in the second, and the other way round.
    households: [Place; 2],
}

impl World {
    async fn new() -> Self {
        let (database, county) = scored(60, "2026-01", 1).await;
        let village = demo::villages(&county.plan).next().expect("a village");
        assert_eq!(village.place.code(), VILLAGE);
        let groups = [village.groups[0].place, village.groups[1].place];
        let takes_part =
            |one: &&Household| one.participation.covers(month("2026-01")) && one.participation.left.is_none();
        let all = demo::households(&county.plan, &village);
        publish(&database, "2026-01", ("2026-02-04", "2026-02-05"));
        let january = results(&database, "2026-01");
        let is_scored = |one: &Household| {
            let own = january.lines().find(|line| line.contains(&one.household.code()));
            own.is_some_and(|line| line.contains(",scored,"))
        };
        let of = |group: Place| all.iter().filter(takes_part).filter(move |one| one.group == group);
        let households = of(groups[0]).filter(|one| is_scored(one)).find_map(|one| {
            let same = |other: &&Household| last_digits(&other.household) == last_digits(&one.household);
            Some([one.household, of(groups[1]).find(same)?.household])
        });
        let households = households.expect("two of one number");
        moved(&database, households[0], groups[1]).await;
        moved(&database, households[1], groups[0]).await;
        publish(&database, "2026-02", ("2026-03-04", "2026-03-05"));

        let mut connection = database.database.connection().await.expect("a connection");
        for login in ["clerk", "secretary"] {
            let number = account(&mut connection, login, place(VILLAGE)).await;
            grant(&mut connection, number, Role::VillageAdministrator, place(VILLAGE)).await;
        }
        drop(connection);
        let owner = superuser(&database).await;
        let name = "select name from division where place = $1";
        let mut named = Vec::new();
        for group in groups {
            let row = owner.query_one(name, &[&group.digits()]).await.expect("a group");
            named.push((group, row.get::<_, String>(0)));
        }
        let groups: [(Place, String); 2] = named.try_into().expect("two groups");
        let serving =
            Serving::start_at(&database, "127.0.0.1:0", Some("2026-03-06T10:00:00+08:00"), UNLIMITED);
        Self { database, serving, groups, households }
    }

    fn get(&self, who: &str, path: &str) -> Answer {
        send(&self.serving.pages, "GET", path, &[who], "")
    }

    /// Sends the fields of a form with what its page carries.
    fn post(&self, who: &str, path: &str, fields: &str) -> Answer {
        let page = self.get(who, path).body;
        let (token, seen) = (value(&page, "form_token"), value(&page, "seen"));
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let body = format!("form_token={token}&seen={seen}&{fields}");
        send(&self.serving.pages, "POST", path, &[kind, who], &body)
    }

    /// Takes an objection to what the board of a month calls by a group and the number. Returns the address of its page.
    fn object(&self, who: &str, at: &str, group: usize) -> String {
        let list = format!("/objections/{VILLAGE}/{at}");
        let (group, number) = (self.groups[group].0.code(), last_digits(&self.households[0]));
        let taken = self.post(who, &list, &format!("group={group}&number={number}&words=x"));
        assert_eq!(taken.status, 303, "{}", taken.body);
        let page = self.get(who, &list).body;
        let id = page.split(&format!("href=\"{list}/")).nth(1).and_then(|rest| rest.split('"').next());
        format!("{list}/{}", id.expect("its page"))
    }

    /// Looks at what a correction would do, then decides by it.
    fn correct(&self, who: &str, address: &str, card: &str) -> String {
        let decide =
            |act: &str| self.post(who, address, &format!("outcome=upheld&card={card}&reason=x&act={act}"));
        let looked = decide("check");
        assert_eq!(looked.status, 200, "{}", looked.body);
        assert!(looked.body.contains("id=\"preview\""), "{}", looked.body);
        let decided = decide("decide");
        assert_eq!(decided.status, 303, "{}", decided.body);
        looked.body
    }

    /// Version, group and score of a household in a month's results.
    fn result(&self, at: &str, household: &Place) -> [String; 3] {
        let text = results(&self.database, at);
        let mut lines = text.trim_start_matches('\u{feff}').lines();
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let line = lines.find(|line| line.contains(&household.code())).expect("its line");
        ["version", "group_code", "score"].map(|name| {
            let column = header.iter().position(|one| *one == name).expect("a column");
            line.split(',').nth(column).expect("a cell").to_owned()
        })
    }
}

fn publish(database: &TestDatabase, month: &str, (closed, published): (&str, &str)) {
    for (command, day) in [("close", closed), ("publish", published)] {
        let now = format!("{day}T09:00:00+08:00");
        succeed(database, &[command, "--county", COUNTY, "--month", month, "--now", &now]);
    }
}

async fn moved(database: &TestDatabase, household: Place, group: Place) {
    let mut connection = database.database.connection().await.expect("a connection");
    let allowed = guard().await.allow(&operator(), RegisterHouseholds, place(VILLAGE)).expect("allowed");
    let (from, reason) = (month("2026-02"), "迁居".to_owned());
    let new = Move { household, group, from, reason, builds_on: None };
    let now = moment("2026-02-10 09:00");
    move_household(&mut connection, &allowed, &new, &registrar(), Mode::Apply, &now).await.expect("moved");
}

/// The value of the first field of a name.
fn value(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = page.split(&field).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// The groups and numbers whose score the notice of a month says was corrected.
async fn corrected(world: &World, at: &str) -> Vec<(String, String)> {
    let village = place(VILLAGE);
    let allowed = guard().await.allow(&operator(), authz::Read, village).expect("allowed");
    let mut connection = world.database.database.connection().await.expect("a connection");
    let notice = tenancy::read(&mut connection, &allowed, async |connection| {
        records::publication::notice(connection, &village, month(at), chrono_tz::Asia::Shanghai).await
    });
    let notice = notice.await.expect("read").expect("closed");
    let changed = notice.changes.into_iter().filter(|change| change.score.0 != change.score.1);
    changed.map(|change| (change.group, change.number)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_moved_objects_to_a_month_before_and_to_one_after() {
    let world = World::new().await;
    let [clerk, secretary] = ["clerk", "secretary"].map(|login| log_in(&world.serving.pages, login));
    let [(first, first_name), (second, second_name)] = &world.groups;
    let household = &world.households[0];
    let number = last_digits(household);

    // By January's board it is in the first group, by February's in the second, where another one had its number.
    let january = world.object(&clerk, "2026-01", 0);
    let february = world.object(&clerk, "2026-02", 1);
    let owner = superuser(&world.database).await;
    let query = "select h.code from objection o join household h on h.id = o.household_id order by o.month";
    let rows = owner.query(query, &[]).await.expect("the objections");
    let against: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(against, [household.digits(), household.digits()]);
    let list = world.get(&secretary, &format!("/objections/{VILLAGE}/2026-01")).body;
    assert!(list.contains(&format!("{second_name} {number}号")), "named where it is now: {list}");

    let [_, _, before] = world.result("2026-01", household);
    let card = if before == "100.0" { "H1a7" } else { "-" };
    let looked = world.correct(&secretary, &january, card);
    let then = format!("{first_name} {number}号（现在{second_name}）");
    assert!(looked.contains(&then), "named where it was, and where it is: {looked}");
    let looked = world.correct(&secretary, &february, "-");
    assert!(looked.contains(&format!("{second_name} {number}号")) && !looked.contains(&then), "{looked}");

    let [version, group, score] = world.result("2026-01", household);
    assert_eq!((version.as_str(), group), ("2", first.code()), "January stays in its group");
    assert_ne!(score, before);
    let february_result = world.result("2026-02", household);
    assert_eq!(february_result, ["2".to_owned(), second.code(), "100.0".to_owned()]);
    publish_again(&world);
    assert_eq!(corrected(&world, "2026-01").await, [(first_name.clone(), number.to_owned())]);
    assert_eq!(corrected(&world, "2026-02").await, [(second_name.clone(), number.to_owned())]);

    let closed = world.get(&clerk, &format!("/closing/{VILLAGE}/2026-01")).body;
    assert!(closed.contains(&format!("{first_name}（现在{second_name}）")), "{closed}");
    let file = world.get(&clerk, &format!("/household/{}/2026-02", household.code()));
    assert_eq!(file.status, 200);
    for one in ["2026-01-001", "2026-02-001", second_name.as_str()] {
        assert!(file.body.contains(one), "{one}: {}", file.body);
    }
    succeed(&world.database, &["verify", "--county", COUNTY]);
}

fn publish_again(world: &World) {
    for month in ["2026-01", "2026-02"] {
        let now = "2026-03-07T09:00:00+08:00";
        succeed(&world.database, &["publish", "--county", COUNTY, "--month", month, "--now", now]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_board_takes_a_group_and_number_as_its_month_has_them() {
    let world = World::new().await;
    let owner = superuser(&world.database).await;
    let number = last_digits(&world.households[0]);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let path = format!("/p/{VILLAGE}/objections");
    for (at, household) in [("2026-01", 0), ("2026-02", 1)] {
        let group = world.groups[0].0.code();
        let body = format!("month={at}&group={group}&number={number}&words=x");
        let answer = send(&world.serving.pages, "POST", &path, &[kind], &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let query = "select h.code from objection o join household h on h.id = o.household_id
            order by o.id desc limit 1";
        let code: String = owner.query_one(query, &[]).await.expect("an objection").get(0);
        assert_eq!(code, world.households[household].digits(), "{at}");
    }
    // Where nobody of the second group had the number in January, whoever has it there since is not meant.
    let renumbered = "update household set code = left(code, 15) || '9001' where code = $1";
    owner.execute(renumbered, &[&world.households[1].digits()]).await.expect("another number");
    for (at, status) in [("2026-01", 422), ("2026-02", 200)] {
        let group = world.groups[1].0.code();
        let body = format!("month={at}&group={group}&number={number}&words=x");
        let answer = send(&world.serving.pages, "POST", &path, &[kind], &body);
        assert_eq!(answer.status, status, "{at}: {}", answer.body);
    }
}
