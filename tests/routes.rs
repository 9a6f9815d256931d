//! Every route against everybody who may not: without a session, in every role, from every foreign place, after a role
//! was taken back, after the session ended. A route that is not listed here fails the test.

mod groups;
mod probes;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Guard, Role};
use domain::place::Place;
use testkit::{COUNTY, TestDatabase};

use crate::people::{account, grant, log_in, token};
use crate::support::{Answer, Serving, send, succeed, superuser};
use probes::{Needs, PROBES, Probe};
use world::world;

const TOWN: &str = "440229100000";
const VILLAGE: &str = "440229100201";
const GROUP: &str = "440229100201001";

/// Where a role is given in these tests, and where it would be foreign: beside, in another town, in another county.
const FOREIGN: &[(Role, &str)] = &[
    (Role::CountyAdministrator, "440230000000"),
    (Role::TownAdministrator, "440229101000"),
    (Role::TownAdministrator, "440230100000"),
    (Role::VillageAdministrator, "440229100202"),
    (Role::VillageAdministrator, "440229101201"),
    (Role::VillageAdministrator, "440230100201"),
    (Role::Supervisor, "440229100202"),
    (Role::PanelLeader, "440229100202"),
    (Role::PanelMember, "440229101201"),
    (Role::GuidanceMember, "440229101000"),
    (Role::TownViewer, "440229101000"),
    (Role::CountyViewer, "440230000000"),
    (Role::Assessor, "440230000000"),
    (Role::GroupLeader, "440229100202001"),
    (Role::Auditor, "440230000000"),
    (Role::Machine, "440230000000"),
];

fn place(code: &str) -> Place {
    Place::parse_code(code).expect("a code")
}

fn home(role: Role) -> Place {
    [COUNTY, TOWN, VILLAGE, GROUP].map(place).into_iter().find(|place| role.fits(place)).expect("a place")
}

/// Counts attempts, and keeps those that ended otherwise than they must.
struct Attempts {
    /// What stands for rows of the village in the paths.
    rows: Vec<(&'static str, i64)>,
    serving: Serving,
    guard: Guard,
    made: usize,
    leaks: Vec<String>,
    /// What the forms of each session carry.
    form_tokens: BTreeMap<String, String>,
    reached: BTreeSet<(&'static str, &'static str)>,
}

impl Attempts {
    fn send(&mut self, probe: &Probe, who: &str) -> Answer {
        self.send_to(probe, probe.path, who)
    }

    /// The request of a probe for another address of its route.
    fn send_to(&mut self, probe: &Probe, path: &str, who: &str) -> Answer {
        self.made += 1;
        let kind = if probe.is_api() { "json" } else { "x-www-form-urlencoded" };
        let kind = format!("Content-Type: application/{kind}");
        let mut path = path.to_owned();
        for (name, number) in &self.rows {
            path = path.replace(&format!("{{{name}}}"), &number.to_string());
        }
        let body = match probe.body.unwrap_or_default() {
            body if body.contains("{form_token}") => body.replace("{form_token}", &self.form_token(who)),
            body => body.to_owned(),
        };
        let token = match probe.body {
            Some(body) if body.contains("{form_token}") => format!("X-Form-Token: {}", self.form_token(who)),
            _ => String::new(),
        };
        let headers = [kind.as_str(), who, token.as_str()];
        let headers: Vec<&str> = headers.into_iter().filter(|header| !header.is_empty()).collect();
        send(&self.serving.pages, probe.method, &path, &headers, &body)
    }

    /// What the forms of a session carry; nothing where there is no session.
    fn form_token(&mut self, who: &str) -> String {
        if let Some(known) = self.form_tokens.get(who) {
            return known.clone();
        }
        let page = if who.starts_with("Cookie") {
            send(&self.serving.pages, "GET", "/account", &[who], "").body
        } else {
            String::new()
        };
        let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_default().to_owned();
        self.form_tokens.insert(who.to_owned(), token.clone());
        token
    }

    fn expect(&mut self, probe: &Probe, who: &str, said: &str, statuses: &[u16]) {
        let answer = self.send(probe, who);
        if !statuses.contains(&answer.status) {
            let (method, path) = (probe.method, probe.path);
            self.leaks.push(format!("{said}: {method} {path}: {} {}", answer.status, answer.body));
        }
    }

    /// What somebody in a role at a place must be answered.
    fn role(&mut self, probe: &Probe, who: &str, role: Role, at: Place) {
        let said = format!("{} at {at}", role.title());
        match probe.needs {
            Needs::Nobody | Needs::Anybody => {}
            Needs::Caller => self.expect(probe, who, &said, &[200]),
            Needs::Person if role.is_for_machines() => self.expect(probe, who, &said, &[401, 303]),
            Needs::Person => {
                let answer = self.send(probe, who);
                if matches!(answer.status, 401 | 403 if probe.is_api()) {
                    self.leaks.push(format!(
                        "{said} is kept from {} {}: {}",
                        probe.method, probe.path, answer.body
                    ));
                }
            }
            // Pages are for persons: a machine is sent to the log-in.
            Needs::Act(..) if role.is_for_machines() && !probe.is_api() => {
                self.expect(probe, who, &said, &[303]);
            }
            Needs::Act(act, target) => {
                let inside = target.is_none_or(|target| at.contains(&place(target)));
                let may = self.guard.table().acts_of(role.name()).contains(act);
                match (inside, may) {
                    // Whoever may not do it at all learns that; otherwise what is elsewhere is not there.
                    (false, _) if probe.is_api() && probe.path.contains('{') && !may => {
                        self.expect(probe, who, &said, &[403]);
                    }
                    (false, _) => self.expect(probe, who, &said, &[404]),
                    (true, false) => self.expect(probe, who, &said, &[403]),
                    (true, true) => {
                        let answer = self.send(probe, who);
                        self.reached.insert((probe.method, probe.route));
                        let may_be_absent = target.is_none();
                        if matches!(answer.status, 401 | 403) || (answer.status == 404 && !may_be_absent) {
                            self.leaks.push(format!(
                                "{said} is kept from {} {}: {} {}",
                                probe.method, probe.path, answer.status, answer.body
                            ));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_route_is_probed() {
    let document = serde_json::to_value(service::openapi()).expect("JSON");
    let mut routes: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        routes.extend(
            item.as_object().expect("operations").keys().map(|method| (method.to_uppercase(), path.clone())),
        );
    }
    // Served beside what it describes.
    routes.insert(("GET".to_owned(), "/api/v1/openapi.json".to_owned()));
    routes.extend(service::PAGES.iter().map(|(method, path)| (method.to_uppercase(), (*path).to_owned())));
    let probed: BTreeSet<(String, String)> =
        PROBES.iter().map(|probe| (probe.method.to_owned(), probe.route.to_owned())).collect();
    let missing: Vec<_> = routes.difference(&probed).collect();
    let superfluous: Vec<_> = probed.difference(&routes).collect();
    assert!(missing.is_empty(), "not probed in tests/routes/probes.rs: {missing:?}");
    assert!(superfluous.is_empty(), "no longer there: {superfluous:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_anybody_in_who_may_not() {
    let (database, mut attempts) = world().await;
    let mut connection = database.database.connection().await.expect("a connection");
    let mut here = Vec::new();
    for role in Role::ALL.iter().copied() {
        let at = home(role);
        if role.is_for_machines() {
            here.push((role, at, token(&mut connection, at).await));
        } else {
            let login = format!("here.{}", role.name());
            let number = account(&mut connection, &login, at).await;
            grant(&mut connection, number, role, at).await;
            here.push((role, at, log_in(&attempts.serving.pages, &login)));
        }
    }
    let mut foreign = Vec::new();
    for (number, (role, code)) in FOREIGN.iter().enumerate() {
        let at = place(code);
        if role.is_for_machines() {
            foreign.push((*role, at, token(&mut connection, at).await));
        } else {
            let login = format!("foreign.{number}");
            let number = account(&mut connection, &login, at).await;
            grant(&mut connection, number, *role, at).await;
            foreign.push((*role, at, log_in(&attempts.serving.pages, &login)));
        }
    }
    for probe in PROBES {
        nobody(&mut attempts, probe);
        for (role, at, who) in here.iter().chain(&foreign) {
            if !probe.ends_session {
                attempts.role(probe, who, *role, *at);
            }
        }
    }
    ended(&database, &mut attempts).await;
    let acts: BTreeSet<_> = PROBES
        .iter()
        .filter(|probe| matches!(probe.needs, Needs::Act(..)))
        .map(|probe| (probe.method, probe.route))
        .collect();
    let unreached: Vec<_> = acts.difference(&attempts.reached).collect();
    assert!(unreached.is_empty(), "nobody may reach {unreached:?}, so nothing was tried");
    println!("{} attempts on {} routes, {} leaks", attempts.made, PROBES.len(), attempts.leaks.len());
    assert!(attempts.leaks.is_empty(), "{}", attempts.leaks.join("\n"));
    let events = superuser(&database).await;
    let refusals = "select count(*) from audit_event where detail like '%\"refused\"%'";
    let logged: i64 = events.query_one(refusals, &[]).await.expect("a count").get(0);
    println!("{logged} refusals in the log");
    assert!(logged > 500, "{logged}");
    succeed(&database, &["verify", "--county", COUNTY]);
}

/// Without a session, and with one that was never given.
fn nobody(attempts: &mut Attempts, probe: &Probe) {
    let strangers = ["", "Cookie: jifen=AAAAAAAAAAAAAAAAAAAAAA", "Authorization: Bearer jf_440229_00"];
    for who in strangers {
        match probe.needs {
            // Public: whatever a stranger shows, it is answered; a bad token is told.
            Needs::Nobody if who.starts_with("Authorization") => {
                attempts.expect(probe, who, "nobody", &[401])
            }
            Needs::Nobody if probe.path.starts_with("/h/0") || probe.path.ends_with("/photos/00") => {
                attempts.expect(probe, who, "nobody", &[404]);
            }
            Needs::Nobody => attempts.expect(probe, who, "nobody", &[200]),
            Needs::Anybody => attempts.expect(probe, who, "nobody", &[200, 401, 429]),
            _ if probe.is_api() => attempts.expect(probe, who, "nobody", &[401]),
            _ => {
                let expected = if who.starts_with("Authorization") { 401 } else { 303 };
                attempts.expect(probe, who, "nobody", &[expected]);
            }
        }
    }
}

/// After the role was taken back, the account was switched off, the session ended or idled out.
async fn ended(database: &TestDatabase, attempts: &mut Attempts) {
    let owner = superuser(database).await;
    let county = place(COUNTY);
    let mut connection = database.database.connection().await.expect("a connection");
    let revoked = "update role_grant set revoked_at = now() where account_id = $1";
    let lapsed = "update role_grant set valid_until = current_date - 2 where account_id = $1";
    let to_come = "update role_grant set valid_from = current_date + 2 where account_id = $1";
    let disabled = "update account set disabled_at = now() where id = $1";
    let expired = "update session set expires_at = now() - interval '1 second' where account_id = $1";
    let idle = "update session set seen_at = now() - interval '2 hours' where account_id = $1";
    let elsewhere = "update account set generation = generation + 1 where id = $1";
    for (number, (change, statuses)) in [
        (revoked, [403]),
        (lapsed, [403]),
        (to_come, [403]),
        (disabled, [401]),
        (expired, [401]),
        (idle, [401]),
        (elsewhere, [401]),
    ]
    .into_iter()
    .enumerate()
    {
        let login = format!("ended.{number}");
        let person = account(&mut connection, &login, county).await;
        grant(&mut connection, person, Role::CountyAdministrator, county).await;
        let who = log_in(&attempts.serving.pages, &login);
        owner.execute(change, &[&person]).await.expect("changed");
        for probe in PROBES.iter().filter(|probe| !probe.ends_session) {
            match probe.needs {
                Needs::Act(..) if statuses == [401] && !probe.is_api() => {
                    attempts.expect(probe, &who, change, &[303]);
                }
                Needs::Act(..) => attempts.expect(probe, &who, change, &statuses),
                Needs::Person | Needs::Caller if statuses == [401] => {
                    let gone = if probe.is_api() { 401 } else { 303 };
                    attempts.expect(probe, &who, change, &[gone]);
                }
                _ => {}
            }
        }
    }
    // A machine token that was taken back, and one whose time is over.
    for change in ["revoked_at = now()", "expires_at = now() - interval '1 second'"] {
        let who = token(&mut connection, county).await;
        owner
            .batch_execute(&format!(
                "update machine_token set {change} where id = (select max(id) from machine_token)"
            ))
            .await
            .expect("changed");
        for probe in PROBES.iter().filter(|probe| matches!(probe.needs, Needs::Act(..))) {
            attempts.expect(probe, &who, change, &[401]);
        }
    }
}
