//! Every page in every role: none fails, and no link leads nowhere.

use std::collections::{BTreeSet, VecDeque};

use authz::Role;

use super::stage::{Stage, VILLAGE};
use crate::people::log_in;
use crate::support::send;

/// How many pages of one form are followed: the tenth household's page links as the first does.
const OF_A_FORM: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn no_role_meets_an_error_or_a_dead_link() {
    let stage = Stage::set(60, "2026-01", 1, "2026-02-09T10:00:00+08:00").await;
    stage.publish("2026-01", "2026-02-05T10:00:00+08:00");
    let mut failures = Vec::new();
    let mut visited = 0;
    for role in Role::ALL.iter().copied().filter(|role| !role.is_for_machines()) {
        let cookie = log_in(&stage.serving.pages, role.name());
        let (pages, dead) = crawl(&stage.serving.pages, "/", &cookie);
        assert!(pages.len() > 10, "{}: {pages:?}", role.title());
        visited += pages.len();
        failures.extend(dead.into_iter().map(|line| format!("{}: {line}", role.title())));
    }
    let (pages, dead) = crawl(&stage.serving.pages, &format!("/p/{VILLAGE}"), "X-Nobody: 1");
    assert!(pages.len() > 1, "{pages:?}");
    failures.extend(dead);
    println!("{visited} pages in {} roles", Role::ALL.len() - 1);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Follows every link from a page on. Returns the addresses that answered, and what is wrong with the others.
fn crawl(pages: &str, start: &str, who: &str) -> (Vec<String>, Vec<String>) {
    let mut waiting = VecDeque::from([(start.to_owned(), String::new())]);
    let (mut seen, mut forms) = (BTreeSet::from([start.to_owned()]), std::collections::BTreeMap::new());
    let (mut answered, mut dead) = (Vec::new(), Vec::new());
    while let Some((address, from)) = waiting.pop_front() {
        let answer = send(pages, "GET", &address, &[who], "");
        match answer.status {
            200 => answered.push(address.clone()),
            303 => {}
            status => dead.push(format!("{address} (on {from}): {status}")),
        }
        let next = links(&answer.body).into_iter().chain(Some(answer.header("location").to_owned()));
        for link in next.filter(|link| link.starts_with('/')) {
            let link = link.split('#').next().unwrap_or_default().replace("&amp;", "&");
            let same_form: &mut usize = forms.entry(form(&link)).or_default();
            if *same_form < OF_A_FORM && seen.insert(link.clone()) {
                *same_form += 1;
                waiting.push_back((link, address.clone()));
            }
        }
    }
    (answered, dead)
}

/// The targets of a page's links, pictures, scripts and styles.
fn links(page: &str) -> Vec<String> {
    let attributes = ["href=\"", "src=\""];
    let of = |attribute: &&str| {
        page.split(*attribute)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    attributes.iter().flat_map(of).collect()
}

/// An address with its numbers taken out.
fn form(address: &str) -> String {
    address.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}
