//! The zip archive around a workbook, judged before the workbook is opened.

use std::io::{BufRead, BufReader, Cursor};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::file_problem::FileFault;
use crate::limits::Limits;

/// The most distinct texts of a workbook: some for each cell of a full sheet of households.
const MOST_SHARED_TEXTS: u64 = 16_000_000;

/// The attribute by which a workbook announces how many distinct texts it has.
const ANNOUNCEMENT: &[u8] = b"uniqueCount";

/// Refuses an archive that would not fit into memory once it is read as a workbook.
///
/// The archive's directory says how large everything is, and nothing unpacks to more than it says.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), FileFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut unpacked: u64 = 0;
    let mut shared_texts = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(broken)?;
        unpacked = unpacked.saturating_add(entry.size());
        if entry.name().map_err(broken)?.to_ascii_lowercase().ends_with("sharedstrings.xml") {
            shared_texts.push(index);
        }
    }
    if unpacked > limits.unpacked_bytes {
        return Err(FileFault::Unpacks { bytes: unpacked, limit: limits.unpacked_bytes });
    }
    for index in shared_texts {
        check_shared_texts(BufReader::new(archive.by_index(index).map_err(broken)?))?;
    }
    Ok(())
}

/// Refuses an announcement of so many texts that making room for them would fail.
fn check_shared_texts(mut xml: impl BufRead) -> Result<(), FileFault> {
    let mut tag = Vec::new();
    loop {
        tag.clear();
        let read =
            xml.read_until(b'>', &mut tag).map_err(|error| FileFault::BrokenWorkbook(error.to_string()))?;
        if read == 0 {
            return Ok(());
        }
        if tag.contains(&0) {
            return Err(FileFault::BrokenWorkbook("共享文本不是 UTF-8".into()));
        }
        let mut rest = tag.as_slice();
        while let Some(at) = rest.windows(ANNOUNCEMENT.len()).position(|part| part == ANNOUNCEMENT) {
            rest = rest.get(at + ANNOUNCEMENT.len()..).unwrap_or_default();
            if announced(rest) > MOST_SHARED_TEXTS {
                return Err(FileFault::BrokenWorkbook("自称的文本数太多".into()));
            }
        }
    }
}

/// The number in `="123"`, zero where there is none.
fn announced(value: &[u8]) -> u64 {
    let is_before = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'' | b'+');
    let digits = value.iter().copied().skip_while(|byte| is_before(*byte)).take_while(u8::is_ascii_digit);
    digits.fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

fn broken(error: ZipError) -> FileFault {
    FileFault::BrokenWorkbook(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_xml(xml: &str) -> bool {
        check_shared_texts(xml.as_bytes()).is_ok()
    }

    #[test]
    fn an_announcement_that_no_memory_holds_is_refused_wherever_it_stands() {
        assert!(check_xml(r#"<sst count="3" uniqueCount="2"><si><t>uniqueCount</t></si></sst>"#));
        assert!(!check_xml(r#"<!-- > --><sst count="1" uniqueCount = '99999999999999999999'/>"#));
        assert!(!check_xml("<sst uniqueCount=\"100000000000\">"));
        assert!(!check_xml("<\0s\0s\0t\0"));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let refused = check(b"PK\x03\x04nonsense", &Limits::default()).expect_err("refused");
        assert!(matches!(refused, FileFault::BrokenWorkbook(_)));
    }
}
