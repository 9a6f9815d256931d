//! People with accounts, roles and sessions.

use authz::{Grant, IssueMachineTokens, ManageAccounts, Role};
use domain::place::Place;
use records::accounts::{NewAccount, NewGrant, NewToken, add_account, grant_role, issue_token};
use records::{Connection, Moment};
use serde_json::json;
use testkit::{at, guard, operator};

use crate::support::call;

/// A password that no list holds.
pub const PASSWORD: &str = "copper lantern orchard seven";

/// The moment accounts are made: the real clock serves the requests, so that roles hold from long ago.
pub fn long_ago() -> Moment {
    testkit::moment("2026-01-02 08:00")
}

/// Makes an account of a place. Returns its number.
pub async fn account(connection: &mut Connection, login: &str, place: Place) -> i64 {
    let allowed = guard().await.allow(&operator(), ManageAccounts, place).expect("allowed");
    let new = NewAccount {
        login: login.to_owned(),
        name: "赖文".to_owned(),
        password: PASSWORD.to_owned(),
        must_change: false,
    };
    add_account(connection, &allowed, &new, &long_ago()).await.expect("an account")
}

/// Gives a role. Returns the number of the grant.
pub async fn grant(connection: &mut Connection, account: i64, role: Role, place: Place) -> i64 {
    let guard = guard().await;
    let allowed = guard.allow(&operator(), Grant, place).expect("allowed");
    let now = long_ago();
    let new = NewGrant { account, role, from: now.local().date(), until: None };
    grant_role(connection, &guard, &allowed, &new, &now).await.expect("a role")
}

/// A machine token of a place, as a header.
pub async fn token(connection: &mut Connection, place: Place) -> String {
    let allowed = guard().await.allow(&operator(), IssueMachineTokens, place).expect("allowed");
    let new = NewToken {
        name: "粤治美".to_owned(),
        role: Role::Machine,
        // The end is checked against the stated time of issue, requests against the real clock.
        expires_at: at("2099-12-31T00:00:00+08:00"),
        address_range: None,
    };
    let then = testkit::moment("2099-01-01 08:00");
    let (_, token) = issue_token(connection, &allowed, &new, &then).await.expect("a token");
    format!("Authorization: Bearer {token}")
}

/// Logs in. Returns the cookie as a header.
pub fn log_in(address: &str, login: &str) -> String {
    let answer =
        call(address, "POST", "/api/v1/session", "", &json!({ "login": login, "password": PASSWORD }));
    assert_eq!(answer.status, 200, "{login}: {}", answer.body);
    format!("Cookie: {}", answer.cookie())
}
