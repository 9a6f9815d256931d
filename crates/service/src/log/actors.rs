//! Who did what stands in the log, in words.

use std::collections::BTreeMap;

use authz::Table;
use domain::place::{Level, Place};
use domain::publication::last_digits;

/// A person or machine as the log names it: `person:12:village_administrator@440229100204`.
struct By<'a> {
    kind: &'a str,
    number: i64,
    role: &'a str,
    place: Place,
}

impl<'a> By<'a> {
    fn of(actor: &'a str) -> Option<Self> {
        let (who, digits) = actor.split_once('@')?;
        let mut parts = who.splitn(3, ':');
        let (kind, number, role) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { kind, number, role, place: Place::from_digits(digits)? })
    }
}

/// Who did it, for people: `账号 12，村管理员，江北村`.
pub(crate) fn actor_words(actor: &str, table: &Table, names: &BTreeMap<Place, String>) -> String {
    if let Some(name) = actor.strip_prefix("operator:") {
        return format!("{} {name}", table.role_title("operator"));
    }
    let Some(by) = By::of(actor) else { return table.role_title(actor).to_owned() };
    let kind = if by.kind == "machine" { "令牌" } else { "账号" };
    let place = named(&by.place, names);
    match by.role {
        // Somebody who sees to the own account does so in no role.
        "person" => format!("{kind} {}，{place}", by.number),
        role => format!("{kind} {}，{}，{place}", by.number, table.role_title(role)),
    }
}

/// The place that an actor of the log belongs to, where it belongs to one.
pub(crate) fn place_of_actor(actor: &str) -> Option<Place> {
    By::of(actor).map(|by| by.place)
}

/// The account of a person of the log.
pub(crate) fn account_of_actor(actor: &str) -> Option<i64> {
    By::of(actor).filter(|by| by.kind == "person").map(|by| by.number)
}

/// The name of a place, its code where none is known; a household is named by its group and number.
pub(crate) fn named(place: &Place, names: &BTreeMap<Place, String>) -> String {
    match place.ancestor(Level::Group).filter(|_| place.level() == Level::Household) {
        Some(group) => household_named(place, &group, names),
        None => names.get(place).cloned().unwrap_or_else(|| place.code()),
    }
}

/// A household by its group and number; one that has moved keeps its code, which tells its old group.
pub(crate) fn household_named(household: &Place, group: &Place, names: &BTreeMap<Place, String>) -> String {
    format!("{} {}号", named(group, names), last_digits(household))
}

/// Where a household is now, beside the group where it was in a closed month; nothing where that is the same.
pub(crate) fn now_in(group: &Place, present: &Place, names: &BTreeMap<Place, String>) -> String {
    if group == present { String::new() } else { format!("（现在{}）", named(present, names)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authz::Guard;

    #[test]
    fn a_household_that_has_moved_is_named_by_its_new_group() {
        let place = |code| Place::parse_code(code).expect("a code");
        let (old, new) = (place("440229100204001"), place("440229100204002"));
        let names = BTreeMap::from([(old, "桥头小组".to_owned()), (new, "塘边小组".to_owned())]);
        let household = place("4402291002040010003");
        assert_eq!(household_named(&household, &new, &names), "塘边小组 0003号");
        assert_eq!(named(&household, &names), "桥头小组 0003号");
        assert_eq!(now_in(&old, &new, &names), "（现在塘边小组）");
        assert_eq!(now_in(&old, &old, &names), "");
    }

    #[tokio::test]
    async fn actors_are_named_by_number_role_and_place() {
        let guard = Guard::load().await.expect("the policy");
        let village = Place::parse_code("440229100204").expect("a code");
        let names = BTreeMap::from([(village, "江北村".to_owned())]);
        let words = |actor| actor_words(actor, guard.table(), &names);
        assert_eq!(words("person:12:village_administrator@440229100204"), "账号 12，村管理员，江北村");
        assert_eq!(words("person:12:person@440229100204"), "账号 12，江北村");
        assert_eq!(words("machine:3:machine@440229"), "令牌 3，机器客户端，440229000000");
        assert_eq!(words("operator:clerk"), "本机操作员 clerk");
        assert_eq!(words("schedule"), "日程");
    }
}
