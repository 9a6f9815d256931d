//! Every page at the place of a village group: it is shown, leads to the village's, or says who sees it; none fails.

use authz::Role;

use super::probes::PROBES;
use super::world::world;
use super::{GROUP, TOWN, VILLAGE, place};
use crate::people::{account, grant, log_in};
use crate::support::send;

/// Who reaches the group: alone, from its village, from its town.
const READERS: [(Role, &str); 3] =
    [(Role::GroupLeader, GROUP), (Role::VillageAdministrator, VILLAGE), (Role::TownAdministrator, TOWN)];

#[tokio::test(flavor = "multi_thread")]
async fn no_page_fails_at_the_place_of_a_group() {
    let (database, mut attempts) = world().await;
    let mut connection = database.database.connection().await.expect("a connection");
    let mut readers = Vec::new();
    for (role, at) in READERS {
        let login = format!("group.{}", role.name());
        let number = account(&mut connection, &login, place(at)).await;
        grant(&mut connection, number, role, place(at)).await;
        readers.push((role, log_in(&attempts.serving.pages, &login)));
    }
    drop(connection);

    let (village, group) = (format!("/{VILLAGE}/"), format!("/{GROUP}/"));
    let at_places = PROBES.iter().filter(|probe| probe.route.contains("{place}") && !probe.ends_session);
    let (mut tried, mut failed) = (0, Vec::new());
    for probe in at_places.filter(|probe| probe.path.contains(&village)) {
        let path = probe.path.replacen(&village, &group, 1);
        for (role, who) in &readers {
            let answer = attempts.send_to(probe, &path, who);
            tried += 1;
            if answer.status >= 500 {
                failed.push(format!("{}: {} {path}: {}", role.title(), probe.method, answer.status));
            }
        }
    }
    assert_eq!(failed, Vec::<String>::new(), "of {tried}");
    assert!(tried > 150, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_village_decides_and_signs_is_shown_at_the_village() {
    let (database, attempts) = world().await;
    let mut connection = database.database.connection().await.expect("a connection");
    for (login, role, at) in
        [("leader", Role::GroupLeader, GROUP), ("clerk", Role::VillageAdministrator, VILLAGE)]
    {
        let number = account(&mut connection, login, place(at)).await;
        grant(&mut connection, number, role, place(at)).await;
    }
    drop(connection);
    let pages = &attempts.serving.pages;
    let (leader, clerk) = (log_in(pages, "leader"), log_in(pages, "clerk"));
    let rows = &attempts.rows;
    let objection = rows.iter().find(|(name, _)| *name == "objection").expect("an objection").1;
    let panel = "panel?name=%E7%AC%AC%E4%B8%80%E8%AF%84%E5%88%86%E7%BB%84";
    for (path, village) in [
        (
            format!("/objections/{GROUP}/2026-01/{objection}"),
            format!("/objections/{VILLAGE}/2026-01/{objection}"),
        ),
        (format!("/scoring/{GROUP}/2026-01/{panel}"), format!("/scoring/{VILLAGE}/2026-01")),
    ] {
        let shown = send(pages, "GET", &path, &[&clerk], "");
        assert_eq!((shown.status, shown.header("location")), (303, village.as_str()), "{path}");
        let told = send(pages, "GET", &path, &[&leader], "");
        assert_eq!(told.status, 422, "{path}");
        assert!(told.body.contains("用村一级的角色查看"), "{}", told.body);
    }
    let list = send(pages, "GET", &format!("/objections/{GROUP}/2026-01"), &[&leader], "");
    assert!(list.status == 200 && list.body.contains("2026-01-099"), "{}", list.body);
    assert!(
        !list.body.contains(&format!("2026-01/{objection}\"")),
        "no way to a page that is not the leader's"
    );
    // From above one comes to where the forms of the page are sent.
    let mut connection = database.database.connection().await.expect("a connection");
    let number = account(&mut connection, "town", place(TOWN)).await;
    grant(&mut connection, number, Role::TownAdministrator, place(TOWN)).await;
    let town = log_in(pages, "town");
    let from_above = send(pages, "GET", &format!("/objections/{TOWN}/2026-01/{objection}"), &[&town], "");
    let village = format!("/objections/{VILLAGE}/2026-01/{objection}");
    assert_eq!((from_above.status, from_above.header("location")), (303, village.as_str()));
}
