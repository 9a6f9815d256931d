//! Starting and stopping the server, whatever state the last one was left in.

use std::thread;
use std::time::{Duration, Instant};

use crate::command::{Programs, complaint, run};
use crate::configuration;
use crate::error::ClusterError;
use crate::layout::Site;
use crate::log;
use crate::process;
use crate::session::{self, Answer};
use crate::socket;

/// Long enough to recover after a crash in the middle of a large import.
const PATIENCE: Duration = Duration::from_secs(300);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// How long `pg_ctl` itself waits, in seconds; after a start we go on waiting.
const START_WAIT: &str = "60";
const STOP_WAIT: &str = "120";
/// What a server says while processes of a killed one still hold its memory.
const MEMORY_IN_USE: &str = "pre-existing shared memory block";

/// Joins the server that answers, or starts one; returns its process.
///
/// `url` is the superuser's. A server of another version than the programs is started anew when
/// we are `alone`, that is when nobody else uses it.
pub(crate) fn bring_up(programs: &Programs<'_>, url: &str, alone: bool) -> Result<u32, ClusterError> {
    let data = programs.site.cluster();
    let deadline = Instant::now() + PATIENCE;
    let mut may_renew = alone;
    loop {
        match who_answers(programs.site, url)? {
            Answer::Ours { version } if may_renew && version != programs.binaries.version() => {
                may_renew = false;
                stop(programs)?;
            }
            Answer::Ours { .. } => {
                if let Some(pid) = process::server(&data) {
                    return Ok(pid);
                }
            }
            Answer::Stranger(other) => return Err(ClusterError::Stranger(other)),
            Answer::Silent => start_unless_busy(programs)?,
        }
        if Instant::now() > deadline {
            return Err(ClusterError::NotAnswering {
                log: programs.site.log(),
                tail: log::tail(programs.site),
            });
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// Asks whoever answers on the socket.
///
/// Only in a folder of the server's own user: anybody may make one in `/tmp`, and a server of
/// theirs could ask us for the password.
pub(crate) fn who_answers(site: &Site, url: &str) -> Result<Answer, ClusterError> {
    if !socket::has_folder(site)? {
        return Ok(Answer::Silent);
    }
    session::block_on(session::ask(url, &site.cluster()))
}

/// Stops the server, ending the sessions that are left; one that does not run is as good.
pub(crate) fn stop(programs: &Programs<'_>) -> Result<(), ClusterError> {
    let data = programs.site.cluster();
    if process::server(&data).is_none() {
        return Ok(());
    }
    let mut pg_ctl = programs.command("pg_ctl")?;
    pg_ctl.args(["stop", "-s", "-w", "-m", "fast", "-t", STOP_WAIT]);
    pg_ctl.arg("-D").arg(&data);
    let output = run(pg_ctl)?;
    if !output.status.success() && process::server(&data).is_some() {
        return Err(ClusterError::NotStopped(complaint(&output)));
    }
    socket::tidy(programs.site, programs.starting);
    Ok(())
}

/// Starts a server where none is at work; one that comes up, goes down or recovers needs time.
fn start_unless_busy(programs: &Programs<'_>) -> Result<(), ClusterError> {
    let data = programs.site.cluster();
    if process::server(&data).is_some() {
        return Ok(());
    }
    let orphans = process::working_in(&data);
    if orphans.is_empty() {
        return start(programs);
    }
    orphans.into_iter().try_for_each(|pid| quit(programs, pid))
}

fn start(programs: &Programs<'_>) -> Result<(), ClusterError> {
    let site = programs.site;
    process::forget_dead_server(site, programs.starting)?;
    socket::prepare(site, programs.starting)?;
    configuration::renew(site)?;
    let log_start = log::prepare(site)?;

    let mut pg_ctl = programs.command("pg_ctl")?;
    pg_ctl.args(["start", "-s", "-w", "-t", START_WAIT]);
    pg_ctl.arg("-D").arg(site.cluster());
    pg_ctl.arg("-l").arg(site.log());
    let output = run(pg_ctl)?;

    let under_way = output.status.success() || process::server(&site.cluster()).is_some();
    if under_way || log::written_since(site, log_start).contains(MEMORY_IN_USE) {
        return Ok(());
    }
    Err(ClusterError::NotStarted { log: site.log(), tail: log::tail(site) })
}

/// Tells a process whose server was killed to end, as its server would have done.
fn quit(programs: &Programs<'_>, pid: u32) -> Result<(), ClusterError> {
    let mut pg_ctl = programs.command("pg_ctl")?;
    pg_ctl.args(["kill", "QUIT"]).arg(pid.to_string());
    // It may have ended by itself meanwhile; the next look tells.
    run(pg_ctl).map(drop)
}
