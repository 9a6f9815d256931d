//! From a file to its table, told apart by content.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::cells::Cells;
use crate::encoding;
use crate::file_problem::{FileFault, FileProblem};
use crate::limits::Limits;
use crate::table::Table;
use crate::{comma_text, workbook};

/// How zip archives begin, XLSX among them; the second one is empty, the third in parts.
const ZIP: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];

/// How XLS and workbooks with a password begin.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Reads a CSV, or the first sheet of an XLSX, from disk.
///
/// # Errors
///
/// A path that is no file, and everything [`read_bytes`] refuses.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Table, FileProblem> {
    let name = path.display().to_string();
    match load(path, limits) {
        Ok(bytes) => read_bytes(&name, bytes, limits),
        Err(fault) => Err(FileProblem::new(name, fault)),
    }
}

/// Reads a CSV, or the first sheet of an XLSX, that was uploaded under a name.
///
/// # Errors
///
/// A file that is empty, too large, damaged, in another encoding or no table at all, with the remedy.
pub fn read_bytes(name: &str, bytes: Vec<u8>, limits: &Limits) -> Result<Table, FileProblem> {
    let table = check_size(&bytes, limits).and_then(|()| {
        if ZIP.iter().any(|start| bytes.starts_with(start)) {
            return Table::of_sheet(name, workbook::read(&bytes, limits)?, limits);
        }
        Table::of_text(name, read_text_cells(name, bytes, limits)?, limits)
    });
    table.map_err(|fault| FileProblem::new(name, fault))
}

/// Reads a text file that is no table, such as a rulebook.
///
/// # Errors
///
/// A path that is no file, and a file that is empty, too large or no text.
pub fn read_text(path: &Path, limits: &Limits) -> Result<String, FileProblem> {
    let text = load(path, limits).and_then(|bytes| {
        check_size(&bytes, limits)?;
        encoding::decode(bytes)
    });
    text.map_err(|fault| FileProblem::new(path.display().to_string(), fault))
}

fn load(path: &Path, limits: &Limits) -> Result<Vec<u8>, FileFault> {
    let about = fs::metadata(path).map_err(fault_of)?;
    if about.is_dir() {
        return Err(FileFault::Folder);
    }
    if about.len() > limits.bytes {
        return Err(FileFault::TooLarge { bytes: about.len(), limit: limits.bytes });
    }
    let mut bytes = Vec::new();
    // One byte more tells a file that has grown, or a pipe, from one that just fits.
    let mut start = File::open(path).map_err(fault_of)?.take(limits.bytes.saturating_add(1));
    start.read_to_end(&mut bytes).map_err(fault_of)?;
    Ok(bytes)
}

fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), FileFault> {
    if bytes.is_empty() {
        return Err(FileFault::Empty);
    }
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > limits.bytes {
        return Err(FileFault::TooLarge { bytes: length, limit: limits.bytes });
    }
    Ok(())
}

fn read_text_cells(name: &str, bytes: Vec<u8>, limits: &Limits) -> Result<Cells, FileFault> {
    if bytes.starts_with(COMPOUND) {
        return Err(FileFault::OldWorkbook);
    }
    let extension = Path::new(name).extension();
    if extension.is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx")) {
        return Err(FileFault::NotAWorkbook);
    }
    comma_text::read(&encoding::decode(bytes)?, limits)
}

fn fault_of(error: io::Error) -> FileFault {
    match error.kind() {
        io::ErrorKind::NotFound => FileFault::Absent,
        io::ErrorKind::IsADirectory => FileFault::Folder,
        _ => FileFault::Unreadable(error.to_string()),
    }
}
