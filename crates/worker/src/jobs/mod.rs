//! What each kind of job does: one verb, and a sentence about what came of it.

mod award;
mod close;
mod publish;
mod remind;
mod retain;
mod send;
mod urge;

use domain::month::Month;
use domain::schedule::Kind;
use records::jobs::Claimed;
use records::{Error, Moment, Refusal};

use crate::Worker;

/// Why a job did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// A verb refused, or a fault of the database.
    #[error(transparent)]
    Records(#[from] Error),
    /// Something outside the database, which may be better later.
    #[error("{0}")]
    Outside(String),
}

/// Does a job. Returns what was done, in words.
pub(crate) async fn run(worker: &Worker, job: &Claimed, moment: &Moment) -> Result<String, JobError> {
    match job.kind {
        Kind::Close => close::close(worker, job, moment).await,
        Kind::Publish => publish::publish(worker, job, moment).await,
        Kind::Remind => remind::remind(worker, job, moment).await,
        Kind::Award => award::award(worker, job, moment).await,
        Kind::Send => send::send(worker, job, moment).await,
        Kind::Retain => retain::retain(worker, job, moment).await,
        Kind::Urge => urge::urge(worker, job, moment).await,
    }
}

/// The month of a job's period.
fn month_of(job: &Claimed) -> Result<Month, JobError> {
    Ok(Month::parse(&job.period).map_err(|error| Refusal::message(error.to_string()))?)
}

/// The number of a job's period: a year, or a row.
fn number_of<T: std::str::FromStr>(job: &Claimed) -> Result<T, JobError> {
    let refused = |_| Refusal::message(format!("任务的期间“{}”不是数", job.period));
    Ok(job.period.parse().map_err(refused)?)
}

/// Villages that were left out, with their reasons, as many as a person reads.
fn told(blocked: &[records::closing::Blocked]) -> String {
    const SHOWN: usize = 20;
    let mut text = String::new();
    for one in blocked.iter().take(SHOWN) {
        text.push_str(&format!("；村 {}：{}", one.village, one.reasons.join("，")));
    }
    if blocked.len() > SHOWN {
        text.push_str(&format!("；还有 {} 个村", blocked.len() - SHOWN));
    }
    text
}
