//! Keys that may stand in a file only once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use crate::row::{Noted, Row};

/// The keys seen so far (已出现) with their lines.
#[derive(Debug)]
pub(crate) struct Seen<K> {
    lines: HashMap<K, u32>,
}

impl<K: Eq + Hash> Seen<K> {
    /// No keys yet.
    pub(crate) fn new() -> Self {
        Self { lines: HashMap::new() }
    }

    /// Notes a problem of the row's field when an earlier row has the same key.
    pub(crate) fn once(&mut self, row: &mut Row<'_>, field: &'static str, key: K) -> Result<(), Noted> {
        match self.lines.entry(key) {
            Entry::Occupied(earlier) => {
                let line = earlier.get();
                Err(row.note(field, format!("与第 {line} 行重复：同一份文件里只能有一行，请删去多余的")))
            }
            Entry::Vacant(free) => {
                free.insert(row.line());
                Ok(())
            }
        }
    }
}
