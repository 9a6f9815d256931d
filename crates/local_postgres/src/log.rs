//! The server's log: where it is written, and its end for those who ask why.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::ClusterError;
use crate::files::{at, open_private, rename, with_suffix};
use crate::layout::Site;

/// A log longer than this is set aside at the next start; one older log is kept.
const LONGEST: u64 = 16 * 1024 * 1024;
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 8 * 1024;

/// Makes the log for the next start and returns its length.
pub(crate) fn prepare(site: &Site) -> Result<u64, ClusterError> {
    let path = site.log();
    if fs::metadata(&path).is_ok_and(|found| found.len() > LONGEST) {
        rename(&path, &with_suffix(&path, ".old"))?;
    }
    let log = open_private(&path, site.server)?;
    Ok(log.metadata().map_err(at(&path))?.len())
}

/// What was written behind `start`.
pub(crate) fn written_since(site: &Site, start: u64) -> String {
    read_from(&site.log(), start)
}

/// The last lines.
pub(crate) fn tail(site: &Site) -> String {
    let path = site.log();
    let length = fs::metadata(&path).map_or(0, |found| found.len());
    let text = read_from(&path, length.saturating_sub(TAIL_BYTES));
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(TAIL_LINES);
    lines.into_iter().skip(first).collect::<Vec<_>>().join("\n")
}

/// A log that cannot be read says nothing: it only ever explains another failure.
fn read_from(path: &Path, start: u64) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut log| {
        log.seek(SeekFrom::Start(start))?;
        log.read_to_end(&mut bytes)
    });
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}
