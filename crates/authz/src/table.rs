//! `policy/roles.csv`: acts down, roles across, 是 where a role may do an act. Readable in any spreadsheet.

use std::collections::BTreeSet;

use crate::act::NAMES;
use crate::role::Role;

const ROLES: &str = include_str!("../policy/roles.csv");

/// The roles that nobody is given: actors that are what they are.
const FIXED: &[&str] = &["person", "operator", "schedule", "holder", "visitor"];

/// Which role may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name and title of every role.
    roles: Vec<(String, String)>,
    /// Name and title of every act, and for each role whether it may do it.
    acts: Vec<(String, String, Vec<bool>)>,
}

/// `roles.csv` does not fit the program.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no table.
    #[error("权限表有误：{0}")]
    Csv(#[from] csv::Error),
    /// Its acts or roles are not those of the program.
    #[error("权限表中的“{0}”不是程序里的操作或角色，或缺少它")]
    Unknown(String),
}

impl Table {
    /// The table that is part of the program.
    pub(crate) fn embedded() -> Result<Self, TableError> {
        Self::read(ROLES)
    }

    fn read(text: &str) -> Result<Self, TableError> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers()?.iter().skip(2).map(str::to_owned).collect();
        let expected = Role::ALL.iter().map(|role| role.name()).chain(FIXED.iter().copied());
        same(expected, names.iter().map(String::as_str))?;
        let mut rows = reader.records();
        let titles = rows.next().transpose()?.unwrap_or_default();
        let titles = titles.iter().skip(2).map(str::to_owned);
        let roles: Vec<_> = names.into_iter().zip(titles).collect();
        let mut acts = Vec::new();
        for row in rows {
            let row = row?;
            let cell = |at| row.get(at).unwrap_or_default().to_owned();
            acts.push((cell(0), cell(1), row.iter().skip(2).map(|cell| cell == "是").collect()));
        }
        same(NAMES.iter().copied(), acts.iter().map(|(act, ..)| act.as_str()))?;
        Ok(Self { roles, acts })
    }

    /// Name and title of every role, in the order of the columns.
    pub fn roles(&self) -> &[(String, String)] {
        &self.roles
    }

    /// Name and title of every act, and whether each role may do it, in the order of the columns.
    pub fn acts(&self) -> &[(String, String, Vec<bool>)] {
        &self.acts
    }

    /// The name of a role for people.
    pub fn role_title<'a>(&'a self, name: &'a str) -> &'a str {
        self.roles.iter().find(|(role, _)| role == name).map_or(name, |(_, title)| title)
    }

    /// The name of an act for people.
    pub fn act_title<'a>(&'a self, name: &'a str) -> &'a str {
        self.acts.iter().find(|(act, ..)| act == name).map_or(name, |(_, title, _)| title)
    }

    /// What a role may do.
    pub fn acts_of(&self, role: &str) -> BTreeSet<&str> {
        let column = self.roles.iter().position(|(name, _)| name == role);
        let may = |marks: &[bool]| column.is_some_and(|column| marks.get(column).copied().unwrap_or(false));
        self.acts.iter().filter(|(.., marks)| may(marks)).map(|(act, ..)| act.as_str()).collect()
    }

    /// Every act with the roles that may do it.
    pub(crate) fn roles_by_act(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.acts.iter().map(|(act, _, marks)| {
            let holders = self.roles.iter().zip(marks).filter(|(_, may)| **may);
            (act.as_str(), holders.map(|((role, _), _)| role.as_str()))
        })
    }
}

fn same<'a>(
    expected: impl Iterator<Item = &'a str>,
    found: impl Iterator<Item = &'a str>,
) -> Result<(), TableError> {
    let (expected, found): (BTreeSet<_>, BTreeSet<_>) = (expected.collect(), found.collect());
    match expected.symmetric_difference(&found).next() {
        None => Ok(()),
        Some(name) => Err(TableError::Unknown((*name).to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_lacks_a_role_or_names_an_unknown_act_is_refused() {
        assert!(Table::embedded().is_ok());
        let without = ROLES.replace(",auditor,", ",inspector,");
        assert!(matches!(Table::read(&without), Err(TableError::Unknown(_))));
        let unknown = ROLES.replace("\nclose,", "\nshut,");
        assert!(matches!(Table::read(&unknown), Err(TableError::Unknown(_))));
    }

    #[test]
    fn titles_in_the_table_are_those_of_the_program() {
        let table = Table::embedded().expect("the table");
        for role in Role::ALL {
            assert_eq!(table.role_title(role.name()), role.title());
        }
    }
}
