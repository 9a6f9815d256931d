//! Does one claimed job, keeps its lease meanwhile, and says what became of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data};
use chrono::TimeDelta;
use futures_util::FutureExt;
use records::jobs::{Claimed, Ending, end, renew};
use records::{Error, Moment};

use crate::{Worker, jobs};

/// After which time a job that failed is tried again, by the number of its attempts.
const BACK_OFF_MINUTES: [i64; 7] = [1, 2, 5, 15, 60, 180, 360];

/// A job that failed, for apalis' events; the table of jobs holds the reason.
#[derive(Debug, thiserror::Error)]
#[error("{kind} {id}：{reason}")]
struct Failed {
    kind: &'static str,
    id: i64,
    reason: String,
}

/// Does a job; whatever becomes of it is written to its row, unless its lease was lost: then another worker has
/// it, and this one lets go.
pub(crate) async fn handle(job: Claimed, worker: Data<Arc<Worker>>) -> Result<(), BoxDynError> {
    let failed = |reason: String| Err(Failed { kind: job.kind.name(), id: job.id, reason }.into());
    let moment = Moment { due_at: Some(job.due_at), ..worker.moment() };
    let work = AssertUnwindSafe(jobs::run(&worker, &job, &moment)).catch_unwind();
    let done = tokio::select! {
        done = work => done,
        () = lease_lost(&worker, &job) => {
            return failed("its lease was lost, another worker has it".to_owned());
        }
    };
    let ending = match done {
        Ok(Ok(outcome)) => Ending::Done(outcome),
        Ok(Err(error)) => ending(&error, &job, &moment, worker.settings.attempts),
        Err(_panic) => again("程序出错".to_owned(), &job, &moment, worker.settings.attempts),
    };
    if !end(&worker.database, &job, &ending).await? {
        return failed("its lease was lost before its end was written".to_owned());
    }
    match ending {
        Ending::Done(_) => Ok(()),
        Ending::GivenUp(reason) | Ending::Again(reason, _) => failed(reason),
    }
}

/// A refusal is final; a fault may pass.
fn ending(error: &jobs::JobError, job: &Claimed, moment: &Moment, most: i32) -> Ending {
    match error {
        jobs::JobError::Records(Error::Refused(refusal)) => Ending::GivenUp(refusal.to_string()),
        error => again(error.to_string(), job, moment, most),
    }
}

fn again(reason: String, job: &Claimed, moment: &Moment, most: i32) -> Ending {
    if job.attempts >= most {
        return Ending::GivenUp(format!("{reason}；试了 {} 次，已放弃", job.attempts));
    }
    let tries = usize::try_from(job.attempts - 1).unwrap_or(0).min(BACK_OFF_MINUTES.len() - 1);
    Ending::Again(reason, moment.now + TimeDelta::minutes(BACK_OFF_MINUTES[tries]))
}

/// Renews the lease four times in its length; resolves when it could not be held.
async fn lease_lost(worker: &Worker, job: &Claimed) {
    let length = worker.lease();
    let mut held_until = tokio::time::Instant::now() + length;
    loop {
        tokio::time::sleep(length.div_f64(4.0).max(Duration::from_millis(50))).await;
        match renew(&worker.database, job, length).await {
            Ok(true) => held_until = tokio::time::Instant::now() + length,
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, job = job.id, "the lease could not be renewed");
                if tokio::time::Instant::now() >= held_until {
                    return;
                }
            }
        }
    }
}
