//! Who may do what: the golden table of `crates/authz/policy/roles.csv`, written out by role.

use authz::{Grant, Guard, Role, may_grant};
use domain::place::Place;

/// Every role with everything it may do.
const GOLDEN: &[(&str, &str)] = &[
    (
        "county_administrator",
        "adopt_catalogue adopt_rulebook approve_catalogue ask_exception award certify close correct \
         decide_objection delegate enter_cards erase export export_household form_panels grant \
         grant_exception issue_machine_tokens issue_tokens manage_accounts object operate post publish \
         query_eligibility read read_log register_contacts register_divisions register_households remind \
         reveal review_objection sample sign_cards submit_catalogue verify withdraw_consent",
    ),
    ("county_viewer", "export read"),
    ("assessor", "export read verify"),
    (
        "town_administrator",
        "adopt_catalogue adopt_rulebook approve_catalogue ask_exception certify close correct \
         decide_objection enter_cards export export_household form_panels grant grant_exception \
         issue_tokens manage_accounts object post publish query_eligibility read read_log \
         register_contacts register_households remind reveal review_objection sample sign_cards \
         submit_catalogue verify withdraw_consent",
    ),
    ("guidance_member", "export query_eligibility read sample sign_cards"),
    ("town_viewer", "export read"),
    (
        "village_administrator",
        "adopt_rulebook ask_exception certify close correct decide_objection enter_cards export \
         export_household form_panels grant issue_tokens manage_accounts object post publish read \
         register_contacts register_households reveal sign_cards submit_catalogue verify \
         withdraw_consent",
    ),
    ("panel_leader", "ask_exception enter_cards read sign_cards"),
    ("panel_member", "enter_cards read"),
    ("supervisor", "export object read read_log verify"),
    ("group_leader", "read"),
    ("auditor", "export read read_log verify"),
    ("machine", "export read"),
    ("person", "own_account"),
    (
        "operator",
        "adopt_catalogue adopt_rulebook approve_catalogue ask_exception award certify close correct \
         decide_objection delegate enter_cards erase export export_household form_panels grant \
         grant_exception issue_machine_tokens issue_tokens manage_accounts object operate post publish \
         query_eligibility read read_log register_contacts register_divisions register_households remind \
         reseal reveal review_objection sample sign_cards submit_catalogue verify withdraw_consent",
    ),
    ("schedule", "award close publish read remind retain"),
    ("holder", "object read_own withdraw_consent"),
    ("visitor", "object read_public"),
];

#[tokio::test]
async fn every_role_may_do_what_the_golden_table_says_and_nothing_else() {
    let guard = Guard::load().await.expect("the policy");
    let table = guard.table();
    let found: Vec<(String, String)> = table
        .roles()
        .iter()
        .map(|(role, _)| (role.clone(), table.acts_of(role).into_iter().collect::<Vec<_>>().join(" ")))
        .collect();
    let golden: Vec<(String, String)> =
        GOLDEN.iter().map(|(role, acts)| ((*role).to_owned(), (*acts).to_owned())).collect();
    assert_eq!(found, golden);
}

#[tokio::test]
async fn a_role_that_tokens_carry_is_granted_to_nobody() {
    let guard = Guard::load().await.expect("the policy");
    let county = Place::parse_code(testkit::COUNTY).expect("a code");
    let allowed = guard.allow(&testkit::operator(), Grant, county).expect("allowed");
    for role in Role::ALL.iter().copied().filter(|role| role.fits(&county)) {
        let refusal = may_grant(&guard, &allowed, role, false).err();
        assert_eq!(refusal.is_some(), role == Role::Machine, "{role:?}: {refusal:?}");
    }
}
