//! 农户: the register with search, import and dated changes, and each household's file.

mod change;
mod dated;
mod file;
mod forms;
mod history;
mod import;
mod list;
mod months;
mod papers;
mod query;
mod register;

use axum::http::StatusCode;
use domain::input::{Household, Line, Problem as RowProblem};
use domain::place::{Level, Place};
use domain::publication::last_digits;
use intake::Limits;
use records::Refusal;

use crate::error::PageError;
use crate::http::input::Pairs;
use crate::problem::{Problem, dates_in_words};
use crate::shell::refused;

pub(crate) use change::{change, reveal};
pub(crate) use dated::{merges, moves, splits};
pub(crate) use file::show as file;
pub(crate) use import::{LIMITS, UPLOAD_BYTES, Upload, import, show as import_form, upload};
pub(crate) use list::show;
pub(crate) use papers::{cards, cards_file, form2, reissue, year_taken};
pub(crate) use query::{answer, query};
pub(crate) use register::{form, register, sample};

/// The columns of the file of households, in English and as people read them.
const COLUMNS: [(&str, &str); 11] = [
    ("group_code", "小组代码"),
    ("number", "户号"),
    ("head_name", "户主"),
    ("phone", "电话"),
    ("members_registered", "户籍人口"),
    ("members_resident", "常住人口"),
    ("resident", "常住户"),
    ("local", "本村"),
    ("address", "地址"),
    ("joined_month", "加入月份"),
    ("left_month", "退出月份"),
];

/// A choice of a list.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) title: String,
    pub(crate) selected: bool,
}

/// What was typed of one household.
#[derive(Debug, Clone, Default)]
struct Typed {
    group: String,
    number: String,
    head_name: String,
    phone: String,
    members_registered: String,
    members_resident: String,
    resident: bool,
    local: bool,
    address: String,
    joined_month: String,
    left_month: String,
}

impl Typed {
    fn of(form: &Pairs) -> Self {
        let text = |name| form.first(name).trim().to_owned();
        let ticked = |name| form.first(name) == "1";
        Self {
            group: text("group"),
            number: text("number"),
            head_name: text("head_name"),
            phone: text("phone"),
            members_registered: text("members_registered"),
            members_resident: text("members_resident"),
            resident: ticked("resident"),
            local: ticked("local"),
            address: text("address"),
            joined_month: text("joined_month"),
            left_month: text("left_month"),
        }
    }

    /// The cells of a row of the file.
    fn cells(self) -> [String; 11] {
        let truth = |value| if value { "1" } else { "0" }.to_owned();
        let number = if self.number.is_empty() { self.number } else { format!("{:0>4}", self.number) };
        [
            self.group,
            number,
            self.head_name,
            self.phone,
            self.members_registered,
            self.members_resident,
            truth(self.resident),
            truth(self.local),
            self.address,
            self.joined_month,
            self.left_month,
        ]
    }
}

/// The household that was typed, checked as a row of a file is.
///
/// # Errors
/// What is wrong, in words.
fn household_typed(typed: Typed) -> Result<Household, String> {
    let text = csv_text([typed.cells()])?;
    let table = intake::read_bytes("表单", text.into_bytes(), &Limits::default());
    let parsed = table.and_then(|table| intake::households(&table)).map_err(|problem| problem.to_string())?;
    match parsed.rows.into_iter().next() {
        Some(Line { row, .. }) if parsed.problems.is_empty() => Ok(row),
        _ => Err(in_words(&parsed.problems)),
    }
}

/// The cells of a household, as a file carries them.
fn cells_of(row: &Household) -> [String; 11] {
    let month =
        |month: Option<domain::month::Month>| month.map(|month| month.to_string()).unwrap_or_default();
    Typed {
        group: row.group.code(),
        number: last_digits(&row.household).to_owned(),
        head_name: row.head_name.clone(),
        phone: row.phone.clone().unwrap_or_default(),
        members_registered: row.members_registered.to_string(),
        members_resident: row.members_resident.to_string(),
        resident: row.resident,
        local: row.local,
        address: row.address.clone().unwrap_or_default(),
        joined_month: month(row.participation.joined),
        left_month: month(row.participation.left),
    }
    .cells()
}

/// Rows as the text of a file with Chinese headings.
fn csv_text(rows: impl IntoIterator<Item = [String; 11]>) -> Result<String, String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heading = writer.write_record(COLUMNS.map(|(_, title)| title));
    let written = heading.and_then(|()| rows.into_iter().try_for_each(|row| writer.write_record(&row)));
    written.map_err(|error| error.to_string())?;
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The Chinese name of a column.
fn heading(field: &str) -> &str {
    COLUMNS.iter().find(|(name, _)| *name == field).map_or("整行", |(_, title)| title)
}

/// What is wrong with one row, a line for each field.
fn in_words(problems: &[RowProblem]) -> String {
    let words =
        problems.iter().map(|one| format!("{}：{}", heading(one.field), dates_in_words(&one.message)));
    words.collect::<Vec<_>>().join("\n")
}

/// What is wrong with what was typed.
fn wrong_words(words: String) -> (StatusCode, String) {
    (StatusCode::UNPROCESSABLE_ENTITY, words)
}

/// Why the verb refused one household, in words.
fn refused_row(error: records::Error) -> Result<(StatusCode, String), PageError> {
    match error {
        records::Error::Refused(Refusal::Problems(problems)) => Ok(wrong_words(in_words(&problems))),
        other => refused(other.into()),
    }
}

/// Where the households of a place are registered: its village, or itself where it is wider.
fn registered_at(place: &str) -> Result<Place, Problem> {
    let place: Place = place.parse().map_err(|_| Problem::not_found())?;
    Ok(place.ancestor(Level::Village).unwrap_or(place))
}

/// The household of a code in an address, with its group and village.
fn household_of(code: &str) -> Result<(Place, Place, Place), Problem> {
    let household: Place = code.parse().map_err(|_| Problem::not_found())?;
    let (group, village) = (household.parent(), household.ancestor(Level::Village));
    match (group, village) {
        (Some(group), Some(village)) if household.level() == Level::Household => {
            Ok((household, group, village))
        }
        _ => Err(Problem::not_found()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(number: &str, head: &str) -> Typed {
        Typed {
            group: "440229100204001".to_owned(),
            number: number.to_owned(),
            head_name: head.to_owned(),
            members_registered: "3".to_owned(),
            members_resident: "2".to_owned(),
            resident: true,
            ..Typed::default()
        }
    }

    #[test]
    fn what_was_typed_is_read_as_a_row_of_a_file() {
        let household = household_typed(typed("7", "李四")).expect("a household");
        assert_eq!(household.household.code(), "4402291002040010007");
        assert_eq!((household.resident, household.local, household.members_resident), (true, false, 2));
        assert_eq!(csv_text([cells_of(&household)]), csv_text([typed("0007", "李四").cells()]));
    }

    #[test]
    fn what_is_wrong_is_named_as_the_form_names_it() {
        assert_eq!(household_typed(typed("7", "")).err().as_deref(), Some("户主：不能为空：请填写"));
    }
}
