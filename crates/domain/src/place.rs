//! Places and their codes: county (县), town (镇), village (村), group (村小组), household (户).

use std::fmt;
use std::str::FromStr;

/// The longest code: 12 digits of the village, 3 of the group, 4 of the household.
const LONGEST: usize = 19;

/// The length of the statistical code that county, town and village are written with.
const STATISTICAL: usize = 12;

/// A level of administration, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 县
    County,
    /// 镇
    Town,
    /// 村
    Village,
    /// 村小组
    Group,
    /// 户
    Household,
}

impl Level {
    /// The level's English name, as files carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::County => "county",
            Self::Town => "town",
            Self::Village => "village",
            Self::Group => "group",
            Self::Household => "household",
        }
    }

    /// The level's Chinese name, as people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::County => "县",
            Self::Town => "镇",
            Self::Village => "村",
            Self::Group => "村小组",
            Self::Household => "户",
        }
    }

    /// The level of an English or Chinese name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::County, Self::Town, Self::Village, Self::Group, Self::Household]
            .into_iter()
            .find(|level| level.name() == name || level.title() == name)
    }

    /// The number of digits of a place of this level.
    pub fn digits(self) -> usize {
        match self {
            Self::County => 6,
            Self::Town => 9,
            Self::Village => STATISTICAL,
            Self::Group => 15,
            Self::Household => LONGEST,
        }
    }

    fn of_digits(digits: usize) -> Option<Self> {
        [Self::County, Self::Town, Self::Village, Self::Group, Self::Household]
            .into_iter()
            .find(|level| level.digits() == digits)
    }
}

/// A place (地方): its code without the trailing `000` triples of the 12-digit form.
///
/// `440229` is a county, `440229100` a town, `440229100204` a village, and group and household
/// append three and four digits. A place contains another when its code is a prefix of the other's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    digits: [u8; LONGEST],
    length: u8,
}

/// Why a text is not the code of a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Something other than digits, or none.
    #[error("代码“{0}”只能由数字组成")]
    NotDigits(String),
    /// A number of digits that no level has.
    #[error("代码“{0}”长度不对：县、镇、村为 12 位，村小组 15 位，农户 19 位")]
    WrongLength(String),
    /// A code above the county.
    #[error("代码“{0}”高于县级，本系统只到县")]
    AboveCounty(String),
}

impl Place {
    /// Rule R-01: county, town and village are written with 12 digits, a group with 15 and a
    /// household with 19; trailing `000` triples of the 12-digit form say that a level is not reached.
    ///
    /// Source: statistical division codes (统计用区划代码); groups and households are our own.
    pub fn parse_code(code: &str) -> Result<Self, CodeError> {
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CodeError::NotDigits(code.to_owned()));
        }
        let significant = match code.len() {
            STATISTICAL => strip_unreached(code),
            15 | LONGEST => code,
            _ => return Err(CodeError::WrongLength(code.to_owned())),
        };
        if significant.len() < Level::County.digits() {
            return Err(CodeError::AboveCounty(code.to_owned()));
        }
        Self::from_digits(significant).ok_or_else(|| CodeError::WrongLength(code.to_owned()))
    }

    /// The place of stripped digits, as stored: 6, 9, 12, 15 or 19 of them.
    pub fn from_digits(digits: &str) -> Option<Self> {
        Level::of_digits(digits.len())?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut stored = [0; LONGEST];
        stored[..digits.len()].copy_from_slice(digits.as_bytes());
        Some(Self { digits: stored, length: u8::try_from(digits.len()).ok()? })
    }

    /// The stripped digits, as stored and compared.
    pub fn digits(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The code as files carry it: padded with zeros to 12 digits.
    pub fn code(&self) -> String {
        format!("{:0<STATISTICAL$}", self.digits())
    }

    /// The level that the number of digits stands for.
    pub fn level(&self) -> Level {
        Level::of_digits(usize::from(self.length)).unwrap_or(Level::Household)
    }

    /// Whether `other` is this place or lies in it.
    pub fn contains(&self, other: &Place) -> bool {
        other.bytes().starts_with(self.bytes())
    }

    /// The place of `level` that this one lies in, or itself; none when this one is wider.
    pub fn ancestor(&self, level: Level) -> Option<Self> {
        self.digits().get(..level.digits()).and_then(Self::from_digits)
    }

    /// The next wider place, none for a county.
    pub fn parent(&self) -> Option<Self> {
        match self.level() {
            Level::County => None,
            Level::Town => self.ancestor(Level::County),
            Level::Village => self.ancestor(Level::Town),
            Level::Group => self.ancestor(Level::Village),
            Level::Household => self.ancestor(Level::Group),
        }
    }

    /// The county this place lies in.
    pub fn county(&self) -> Self {
        self.ancestor(Level::County).unwrap_or(*self)
    }

    /// The half-open interval of the codes of everything in this place, in byte order.
    pub fn scope(&self) -> Scope {
        let mut high = self.digits().to_owned();
        if let Some(last) = high.pop() {
            high.push(char::from(u8::try_from(last).unwrap_or(b'9') + 1));
        }
        Scope { low: self.digits().to_owned(), high }
    }

    fn bytes(&self) -> &[u8] {
        &self.digits[..usize::from(self.length)]
    }
}

/// The codes of a place and all it contains: `low <= code < high`, compared by bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The place's own digits.
    pub low: String,
    /// The digits with the last one plus one (`:` follows `9`).
    pub high: String,
}

impl Scope {
    /// Whether the stored digits lie in the interval.
    pub fn contains(&self, digits: &str) -> bool {
        self.low.as_str() <= digits && digits < self.high.as_str()
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Place({})", self.digits())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.code())
    }
}

impl FromStr for Place {
    type Err = CodeError;

    fn from_str(code: &str) -> Result<Self, CodeError> {
        Self::parse_code(code)
    }
}

fn strip_unreached(code: &str) -> &str {
    let mut rest = code;
    while let Some(shorter) = rest.strip_suffix("000") {
        rest = shorter;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(code: &str) -> Place {
        Place::parse_code(code).expect("a literal code")
    }

    #[test]
    fn a_code_loses_the_triples_of_levels_it_does_not_reach() {
        assert_eq!(place("440229000000").digits(), "440229");
        assert_eq!(place("440229100000").digits(), "440229100");
        assert_eq!(place("440229100204").digits(), "440229100204");
        assert_eq!(place("440229100204001").level(), Level::Group);
        assert_eq!(place("4402291002040010007").level(), Level::Household);
    }

    #[test]
    fn a_code_is_written_back_with_twelve_digits() {
        assert_eq!(place("440229100000").to_string(), "440229100000");
    }

    #[test]
    fn codes_of_other_lengths_levels_and_characters_are_refused() {
        assert_eq!(Place::parse_code("44022"), Err(CodeError::WrongLength("44022".into())));
        assert_eq!(Place::parse_code("440000000000"), Err(CodeError::AboveCounty("440000000000".into())));
        assert!(matches!(Place::parse_code("44022910020a"), Err(CodeError::NotDigits(_))));
        assert!(matches!(Place::parse_code(""), Err(CodeError::NotDigits(_))));
    }

    #[test]
    fn a_town_contains_its_villages_and_not_the_neighbours() {
        let town = place("440229100000");
        assert!(town.contains(&place("440229100204")));
        assert!(town.contains(&town));
        assert!(!town.contains(&place("440229101204")));
        assert!(!town.contains(&place("440229000000")));
    }

    #[test]
    fn the_scope_of_a_code_ending_in_nine_ends_before_a_colon() {
        let scope = place("440229000000").scope();
        assert_eq!((scope.low.as_str(), scope.high.as_str()), ("440229", "44022:"));
    }

    proptest! {
        #[test]
        fn scope_and_prefix_say_the_same(a in "[1-9][0-9]{5}([0-9]{3}){0,3}", b in "[1-9][0-9]{5}([0-9]{3}){0,3}") {
            let (a, b) = (Place::from_digits(&a).expect("digits"), Place::from_digits(&b).expect("digits"));
            prop_assert_eq!(a.contains(&b), a.scope().contains(b.digits()));
        }

        #[test]
        fn parsing_any_text_never_panics(text in "\\PC{0,24}") {
            let _ = Place::parse_code(&text);
        }
    }
}
