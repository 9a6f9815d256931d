//! Names of towns, villages and groups as the Hakka hills have them, thrown together from two lists.
//!
//! The first syllables are ones that real places of the region hardly use, so that nobody finds the
//! own village in a demonstration.

use domain::place::{Level, Place};
use rand::RngExt;

use crate::dice::{Purpose, stream};

/// The name of every made-up county.
const COUNTY: &str = "演示县";

const FIRST: [&str; 30] = [
    "霁", "砚", "芷", "梓", "荻", "楸", "栎", "榛", "苓", "荞", "蔚", "黛", "岫", "岚", "泠", "淞", "濂",
    "澜", "漪", "珩", "琅", "瑜", "珞", "瑾", "璋", "璞", "莞", "筠", "萱", "蕴",
];

const TOWN: [&str; 14] = ["溪", "江", "渡", "埠", "墟", "陂", "圩", "桥", "湾", "岩", "亭", "浦", "洲", "泉"];

const VILLAGE: [&str; 22] = [
    "坑", "坝", "陂", "塘", "围", "寨", "岭", "坪", "洞", "背", "窝", "墩", "排", "径", "岗", "埔", "湖",
    "田", "嶂", "坳", "屋", "下",
];

const GROUP: [&str; 47] = [
    "上屋", "下屋", "老屋", "新屋", "中心", "围背", "围下", "塘背", "塘尾", "坝心", "坝尾", "岭下", "岭背",
    "坑口", "坑尾", "田心", "田背", "石下", "石角", "井头", "井背", "桥头", "桥下", "社前", "社背", "樟下",
    "榕下", "茶亭", "水口", "河背", "河唇", "高排", "长排", "大坪", "坪上", "寨下", "寨背", "竹园", "禾坪",
    "圳头", "圳背", "窑前", "庙背", "湖洋", "沙子", "枫排", "油罗",
];

/// Steps through a list of names in an order that looks thrown and repeats nothing: prime, and no
/// divisor of any list's length.
const STEP: u32 = 137;

/// The name of a town, village or group, such as 砚陂镇, 霁坑村, 上屋小组.
///
/// Towns differ within the county, villages within the town and mostly within the county, groups
/// within the village. A household has no name of its own here.
pub(crate) fn place_name(seed: u64, place: &Place) -> String {
    match place.level() {
        Level::County => COUNTY.to_owned(),
        Level::Town => format!("{}镇", combined(&TOWN, entry(seed, &place.county(), 1), last_digits(place))),
        Level::Village => {
            let town = place.parent().map_or(0, |town| last_digits(&town));
            let number = town * 29 + last_digits(place);
            format!("{}村", combined(&VILLAGE, entry(seed, &place.county(), 2), number))
        }
        Level::Group | Level::Household => {
            let village = place.parent().unwrap_or(*place);
            format!("{}小组", listed(&GROUP, step(entry(seed, &village, 3), last_digits(place))))
        }
    }
}

/// Where in a list the names of a place begin.
fn entry(seed: u64, place: &Place, list: u32) -> u32 {
    stream(seed, Purpose::PlaceName, place, list).random_range(0..100_000)
}

fn combined(second: &[&'static str], entry: u32, number: u32) -> String {
    let at = step(entry, number);
    let heads = u32::try_from(FIRST.len()).unwrap_or(1);
    format!("{}{}", listed(&FIRST, at), listed(second, at / heads))
}

fn step(entry: u32, number: u32) -> u32 {
    entry.wrapping_add(number.wrapping_mul(STEP))
}

/// The name at a place of the list, which begins again after its end.
fn listed(names: &[&'static str], at: u32) -> &'static str {
    let at = usize::try_from(at).unwrap_or(0);
    names.get(at % names.len().max(1)).copied().unwrap_or_default()
}

/// The number that the place has in the one above: its last three digits.
fn last_digits(place: &Place) -> u32 {
    let digits = place.digits();
    digits.get(digits.len().saturating_sub(3)..).and_then(|last| last.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sample;

    fn check(codes: impl Iterator<Item = String>, level: Level) {
        let (mut names, mut places) = (BTreeSet::new(), 0);
        for code in codes {
            let place = sample::place(&code);
            assert_eq!(place.level(), level, "{code}");
            names.insert(place_name(7, &place));
            places += 1;
        }
        assert_eq!(names.len(), places, "{names:?}");
    }

    #[test]
    fn towns_of_a_county_have_different_names() {
        check((100..400).map(|town| format!("449901{town}000")), Level::Town);
    }

    #[test]
    fn villages_of_a_town_have_different_names() {
        check((201..241).map(|village| format!("449901107{village}")), Level::Village);
    }

    #[test]
    fn groups_of_a_village_have_different_names() {
        check((1..=22).map(|group| format!("449901107205{group:03}")), Level::Group);
    }

    #[test]
    fn a_name_says_its_level() {
        let name = |code: &str| place_name(7, &sample::place(code));
        assert_eq!(name("449901000000"), "演示县");
        assert!(name("449901100000").ends_with('镇'));
        assert!(name("449901100201").ends_with('村'));
        assert!(name("449901100201001").ends_with("小组"));
    }
}
