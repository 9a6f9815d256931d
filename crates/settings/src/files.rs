//! The data files that are part of the program, each of which a folder can replace.

use std::path::Path;

/// The county document's rulebook.
pub const RULEBOOK: (&str, &str) = ("rulebook.toml", include_str!("../../../config/rulebook.toml"));

/// The default catalogue.
pub const DEFAULT_CATALOGUE: (&str, &str) =
    ("catalogue/default.csv", include_str!("../../../config/catalogue/default.csv"));

/// Public holidays and make-up working days.
pub const CALENDAR: (&str, &str) =
    ("calendar/2025-2026.csv", include_str!("../../../config/calendar/2025-2026.csv"));

/// The text of a data file: the folder's where it has one, else the one that is part of the program.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn embedded_or(folder: Option<&Path>, (name, embedded): (&str, &'static str)) -> std::io::Result<String> {
    match folder.map(|folder| folder.join(name)).filter(|file| file.exists()) {
        Some(file) => std::fs::read_to_string(file),
        None => Ok(embedded.to_owned()),
    }
}
