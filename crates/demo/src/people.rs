//! People who do not exist: names and phones.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::dice::{chance, one_of, weighted};

/// What every phone of a made-up household begins with.
///
/// A mobile number has eleven digits and begins with 13 to 19; 10000 is an operator's service number.
/// Eleven digits that begin with it belong to no subscriber, so that a reminder sent by mistake
/// reaches nobody, and everyone who reads a demonstration sees that the number is none.
pub const FAKE_PHONE_PREFIX: &str = "10000";

/// Family names with their weights, as common as in the Hakka counties.
const SURNAMES: [(&str, u32); 26] = [
    ("张", 90),
    ("李", 85),
    ("陈", 85),
    ("黄", 75),
    ("刘", 70),
    ("林", 55),
    ("赖", 50),
    ("钟", 50),
    ("曾", 45),
    ("廖", 40),
    ("邓", 40),
    ("何", 40),
    ("罗", 40),
    ("叶", 35),
    ("谢", 35),
    ("温", 30),
    ("丘", 25),
    ("古", 20),
    ("朱", 20),
    ("巫", 15),
    ("涂", 15),
    ("沈", 12),
    ("蓝", 10),
    ("官", 10),
    ("甘", 8),
    ("欧阳", 5),
];

const MIDDLE: [&str; 24] = [
    "国", "建", "志", "永", "文", "德", "金", "水", "火", "观", "春", "秋", "伟", "云", "玉", "桂", "秀",
    "美", "新", "仕", "庆", "伯", "运", "添",
];

const LAST: [&str; 32] = [
    "明", "华", "强", "军", "平", "荣", "辉", "光", "福", "生", "林", "才", "发", "贵", "忠", "义", "祥",
    "昌", "良", "胜", "英", "兰", "梅", "凤", "娣", "香", "珍", "莲", "芳", "琴", "红", "燕",
];

/// A name of two or three characters, seldom four.
pub(crate) fn name(dice: &mut ChaCha8Rng) -> String {
    let surname = weighted(dice, &SURNAMES).copied().unwrap_or_default();
    let middle = if chance(dice, 200) { "" } else { one_of(dice, &MIDDLE) };
    format!("{surname}{middle}{}", one_of(dice, &LAST))
}

/// Eleven digits that are no subscriber's number.
pub(crate) fn phone(dice: &mut ChaCha8Rng) -> String {
    format!("{FAKE_PHONE_PREFIX}{:06}", dice.random_range(0..1_000_000_u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::{Purpose, stream};
    use crate::sample;

    fn dice(number: u32) -> ChaCha8Rng {
        stream(7, Purpose::Person, &sample::place("449901100201001"), number)
    }

    #[test]
    fn a_phone_is_eleven_digits_that_nobody_has() {
        for number in 0..500 {
            let phone = phone(&mut dice(number));
            assert!(phone.starts_with(FAKE_PHONE_PREFIX), "{phone}");
            assert_eq!((phone.len(), phone.bytes().all(|byte| byte.is_ascii_digit())), (11, true), "{phone}");
        }
    }

    #[test]
    fn a_name_has_two_to_four_characters_and_many_begin_with_the_common_surnames() {
        let names: Vec<_> = (0..2_000).map(|number| name(&mut dice(number))).collect();
        assert!(names.iter().all(|name| (2..=4).contains(&name.chars().count())));
        assert!(names.iter().any(|name| name.chars().count() == 2));
        let common = names.iter().filter(|name| name.starts_with(['张', '李', '陈', '黄', '刘'])).count();
        assert!((650..=980).contains(&common), "{common} of 2000");
    }
}
