//! A copy of the log outside the database: a line of JSON for each row, written before the row is committed, so that no
//! row is in the database that is not in the copy. The environment asks for it, and the database cannot switch it off.
//!
//! A transaction that fails at the commit itself leaves a line whose number comes again; the later one holds.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::canonical::Digest;
use serde_json::json;

use super::Event;
use crate::error::{Error, Result};

/// Where copies go.
enum Target {
    /// A file, to whose end lines are written.
    File(File),
    /// A syslog socket.
    Syslog(UnixDatagram),
}

/// How long a syslog that does not take a line is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

static TARGET: OnceLock<Mutex<Target>> = OnceLock::new();

tokio::task_local! {
    /// The rows that the transaction of this task wrote.
    static ROWS: RefCell<Vec<String>>;
}

/// The log cannot be copied to where the environment says.
#[derive(Debug, thiserror::Error)]
#[error("日志副本 {address}：{reason}；应为 file:/路径 或 syslog:/dev/log")]
pub struct CopyError {
    address: String,
    reason: String,
}

/// Copies every row of the log from now on: `file:/var/log/jifen/log.jsonl` or `syslog:/dev/log`.
///
/// # Errors
/// An address that is neither, or that cannot be opened.
pub fn copy_to(address: &str) -> std::result::Result<(), CopyError> {
    let error = |reason: String| CopyError { address: address.to_owned(), reason };
    let opened = match address.split_once(':') {
        Some(("file", path)) => OpenOptions::new().create(true).append(true).open(path).map(Target::File),
        Some(("syslog", path)) => UnixDatagram::unbound().and_then(|socket| {
            socket.connect(path)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(Target::Syslog(socket))
        }),
        _ => return Err(error("地址无法识别".into())),
    };
    let target = opened.map_err(|fault| error(fault.to_string()))?;
    TARGET.set(Mutex::new(target)).map_err(|_| error("已经设置过".into()))
}

/// Runs a transaction's work and gathers the rows it writes.
pub(crate) async fn gathered<R>(work: impl Future<Output = R>) -> (R, Vec<String>) {
    ROWS.scope(RefCell::default(), async {
        let done = work.await;
        (done, ROWS.with(RefCell::take))
    })
    .await
}

/// Remembers a row for the copy, where one is asked for.
pub(super) fn gather(event: &Event, hash: &Digest) {
    if TARGET.get().is_none() {
        return;
    }
    let line = json!({
        "county": event.place.county().digits(),
        "number": event.number,
        "place": event.place.digits(),
        "act": event.act,
        "actor": event.actor,
        "detail": event.detail,
        "stated_at": event.stated_at.to_rfc3339(),
        "recorded_at": event.recorded_at.to_rfc3339(),
        "previous": event.previous.hex(),
        "hash": hash.hex(),
    });
    // Rows are recorded in transactions of ours only, which gather.
    let _gathered = ROWS.try_with(|rows| rows.borrow_mut().push(line.to_string()));
}

/// Writes the gathered rows. What cannot be copied is not committed either.
pub(crate) fn write_copies(rows: &[String]) -> Result<()> {
    let Some(target) = TARGET.get().filter(|_| !rows.is_empty()) else { return Ok(()) };
    let mut target = target.lock().unwrap_or_else(PoisonError::into_inner);
    let written = match &mut *target {
        Target::File(file) => {
            let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
            file.write_all(lines.as_bytes())
        }
        // Facility 13, the audit log, and severity 6, informational (RFC 5424).
        Target::Syslog(socket) => {
            rows.iter().try_for_each(|row| socket.send(format!("<110>jifen: {row}").as_bytes()).map(drop))
        }
    };
    written.map_err(|error| Error::Corrupt(format!("日志副本写不下去，操作已撤回：{error}")))
}
