//! Finds households in the register as it is now, a page at a time.

use diesel::sql_types::{BigInt, Bool, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;
use domain::households::Participation;
use domain::month::Month;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;

/// Whether a household takes part in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakingPart {
    /// 参与
    Yes,
    /// 未参与: not yet, or never.
    Not,
    /// 已退出
    Left,
}

impl TakingPart {
    /// Every one, in the order of lists.
    pub const ALL: [Self; 3] = [Self::Yes, Self::Not, Self::Left];

    /// Whether a household with these dates does.
    pub fn of(dates: Participation, month: Month) -> Self {
        match dates.joined {
            Some(joined) if joined <= month && dates.covers(month) => Self::Yes,
            Some(joined) if joined <= month => Self::Left,
            _ => Self::Not,
        }
    }

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Not => "not",
            Self::Left => "left",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Yes => "参与",
            Self::Not => "未参与",
            Self::Left => "已退出",
        }
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Which households are looked for; all of them where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterSearch {
    /// 户号, the whole code, or a part of the head's name as the reader sees it.
    pub text: String,
    /// Whether the reader sees heads' names in full; otherwise what is looked for is held against masked ones.
    pub sees_names: bool,
    /// Whether they take part.
    pub taking_part: Option<TakingPart>,
    /// 常住户 or not.
    pub resident: Option<bool>,
}

impl RegisterSearch {
    /// What is looked for as number, as code and as name; one of them, the others empty.
    fn words(&self) -> (String, &str, &str) {
        let text = self.text.trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match (is_number, text.len()) {
            (true, 1..=4) => (format!("{text:0>4}"), "", ""),
            (true, _) => (String::new(), text, ""),
            (false, _) => (String::new(), "", text),
        }
    }
}

/// A household as the register lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterLine {
    /// The household.
    pub household: Place,
    /// Its group.
    pub group: Place,
    /// 户主; none when lawfully erased.
    pub head_name: Option<String>,
    /// 户籍人口 and 常住人口.
    pub members: (u16, u16),
    /// 常住户
    pub resident: bool,
    /// 本村
    pub local: bool,
    /// From when to when it takes part.
    pub participation: Participation,
}

/// The latest revision of every household of an interval of codes, before what is asked of them. Most households have
/// one revision: to look for a later one is cheaper than to sort them all.
macro_rules! of_latest {
    ($asked:literal) => {
        concat!(
            "with latest as (
                select h.code, v.place, v.head_name, v.members_registered, v.members_resident,
                    v.resident, v.local, v.joined_month, v.left_month
                from household_version v
                join household h on h.county_code = v.county_code and h.id = v.household_id
                where v.county_code = $1 and v.place >= $2 and v.place < $3 and h.place >= $2 and h.place < $3
                    and not exists (select from household_version n
                        where n.county_code = $1 and n.place >= $2 and n.place < $3 and n.revision > 1
                            and n.household_id = v.household_id and n.revision > v.revision)
            ) ",
            $asked
        )
    };
}

pub(super) use of_latest;

#[derive(diesel::QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Nullable<Text>)]
    head_name: Option<String>,
    #[diesel(sql_type = SmallInt)]
    members_registered: i16,
    #[diesel(sql_type = SmallInt)]
    members_resident: i16,
    #[diesel(sql_type = Bool)]
    resident: bool,
    #[diesel(sql_type = Bool)]
    local: bool,
    #[diesel(sql_type = Nullable<Integer>)]
    joined_month: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    left_month: Option<i32>,
    #[diesel(sql_type = BigInt)]
    found: i64,
}

/// So many households inside `scope` that are looked for, after the first `offset`, in the order of codes, and how many
/// there are in all (0 beyond the last).
///
/// # Errors
/// Faults of the database.
pub async fn search_register(
    connection: &mut Connection,
    scope: &Place,
    month: Month,
    search: &RegisterSearch,
    (limit, offset): (u32, u32),
) -> Result<(Vec<RegisterLine>, u32)> {
    let (interval, (number, code, name)) = (scope.scope(), search.words());
    let resident = search.resident.map_or("", |resident| if resident { "yes" } else { "no" });
    let rows: Vec<FoundRow> = diesel::sql_query(of_latest!(
        "select l.code, l.place, l.head_name, l.members_registered, l.members_resident, l.resident, l.local,
            l.joined_month, l.left_month, count(*) over () as found
         from latest l
         where ($5 = '' or right(l.code, 4) = $5) and ($6 = '' or l.code = $6)
            and ($7 = '' or l.head_name is not null and strpos(case
                when $12 then l.head_name
                when char_length(btrim(l.head_name)) < 2 then '*'
                when char_length(btrim(l.head_name)) = 2 then left(btrim(l.head_name), 1) || '*'
                else left(btrim(l.head_name), 1) || repeat('*', char_length(btrim(l.head_name)) - 2)
                    || right(btrim(l.head_name), 1) end, $7) > 0)
            and ($9 = '' or l.resident = ($9 = 'yes'))
            and ($8 = '' or $8 = case
                when l.joined_month is null or l.joined_month > $4 then 'not'
                when l.left_month <= $4 then 'left'
                else 'yes' end)
         order by l.code limit $10 offset $11"
    ))
    .bind::<Text, _>(scope.county().digits().to_owned())
    .bind::<Text, _>(interval.low)
    .bind::<Text, _>(interval.high)
    .bind::<Integer, _>(month.number())
    .bind::<Text, _>(number)
    .bind::<Text, _>(code.to_owned())
    .bind::<Text, _>(name.to_owned())
    .bind::<Text, _>(search.taking_part.map_or("", TakingPart::name))
    .bind::<Text, _>(resident)
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<BigInt, _>(i64::from(offset))
    .bind::<Bool, _>(search.sees_names)
    .load(connection)
    .await?;
    let found = rows.as_slice().first().map_or(0, |row| codec::rows(row.found));
    Ok((rows.into_iter().map(line).collect::<Result<_>>()?, found))
}

fn line(row: FoundRow) -> Result<RegisterLine> {
    Ok(RegisterLine {
        household: codec::place(&row.code)?,
        group: codec::place(&row.place)?,
        head_name: row.head_name,
        members: (codec::small(row.members_registered), codec::small(row.members_resident)),
        resident: row.resident,
        local: row.local,
        participation: Participation {
            joined: row.joined_month.map(codec::month).transpose()?,
            left: row.left_month.map(codec::month).transpose()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: (&str, &str, &str)) {
        let search = RegisterSearch { text: text.to_owned(), ..RegisterSearch::default() };
        let (number, code, name) = search.words();
        assert_eq!((number.as_str(), code, name), words, "{text}");
    }

    #[test]
    fn short_digits_are_a_number_long_ones_a_code_and_the_rest_a_name() {
        check(" 7 ", ("0007", "", ""));
        check("4402291002040010007", ("", "4402291002040010007", ""));
        check("李四", ("", "", "李四"));
        check("", ("", "", ""));
    }

    #[test]
    fn whoever_left_takes_part_no_longer_and_whoever_joins_later_not_yet() {
        let month = |text: &str| Month::parse(text).ok();
        let of = |joined: &str, left: &str| {
            let dates = Participation { joined: month(joined), left: month(left) };
            TakingPart::of(dates, Month::parse("2026-05").expect("a month"))
        };
        assert_eq!(of("2026-05", ""), TakingPart::Yes);
        assert_eq!(of("2026-01", "2026-05"), TakingPart::Left);
        assert_eq!(of("2026-06", ""), TakingPart::Not);
        assert_eq!(of("", ""), TakingPart::Not);
    }
}
