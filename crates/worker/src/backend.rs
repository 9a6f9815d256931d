//! apalis draws its tasks from our own table of jobs.
//!
//! A worker asks for a task only when it has a free hand, so that a claim never waits in a buffer while its
//! lease runs out. apalis takes an error of a backend as the end of the worker and of everything it has under way:
//! hence the claim loop answers with a job or waits, whatever happens; only a drained queue ends it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use apalis::prelude::{Backend, Task, WorkerContext};
use apalis_core::backend::BackendConfig;
use apalis_core::backend::finalize::Ephemeral;
use apalis_core::layers::Identity;
use domain::schedule::Kind;
use records::jobs::{Claim, Claimed, Ending, Lease, claim, end};

use crate::Worker;

/// Whether a worker goes on when nothing is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// It waits for more.
    Stopped,
    /// It ends.
    Drained,
}

/// How long a worker waits after finding nothing.
const IDLE: Duration = Duration::from_secs(1);

/// The same while others, or this worker's own jobs, may still bring more.
const DRAINING: Duration = Duration::from_millis(50);

/// How often in a row the database may not be asked before a drained queue is no longer waited for.
const MOST_FAULTS: u32 = 3;

/// How long a worker waits after the database could not be asked.
const AFTER_FAULT: Duration = Duration::from_secs(2);

/// The table of jobs as apalis sees it.
pub(crate) struct JobRuns {
    worker: Arc<Worker>,
    lease: Lease,
    until: Until,
    /// The claim under way: a task of its own, so that a worker that stops leaves no transaction half done.
    next: Option<tokio::task::JoinHandle<Option<Claimed>>>,
}

/// This backend has no error of its own: what goes wrong is logged, and the loop goes on.
#[derive(Debug, thiserror::Error)]
#[error("the table of jobs ended")]
pub(crate) struct Never;

impl JobRuns {
    pub(crate) fn new(worker: Arc<Worker>, until: Until) -> Self {
        let lease = Lease {
            worker: worker.name.clone(),
            kinds: Kind::ALL.to_vec(),
            length: worker.lease(),
            attempts: worker.settings.attempts,
        };
        Self { worker, lease, until, next: None }
    }
}

impl Backend for JobRuns {
    type Task = Task<Claimed>;
    type Error = Never;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        apalis: &WorkerContext,
    ) -> Poll<Option<Result<Task<Claimed>, Never>>> {
        loop {
            let (worker, lease, until) = (&self.worker, &self.lease, self.until);
            let next = self.next.get_or_insert_with(|| {
                tokio::spawn(next_job(Arc::clone(worker), lease.clone(), until, apalis.clone()))
            });
            let job = ready!(Pin::new(next).poll(context));
            self.next = None;
            match job {
                Ok(Some(job)) => return Poll::Ready(Some(Ok(Task::new(job)))),
                Ok(None) => {
                    // Without it, apalis waits for a stop that nobody asks for. Not running yet is no fault.
                    let _ = apalis.stop();
                    return Poll::Ready(None);
                }
                Err(panicked) => tracing::error!(%panicked, "claiming broke off and begins again"),
            }
        }
    }

    /// A claim that was under way when the worker was told to stop has given back what it got.
    fn poll_close(&mut self, context: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Never>> {
        if let Some(next) = &mut self.next {
            let job = ready!(Pin::new(next).poll(context));
            self.next = None;
            if let Ok(Some(job)) = job {
                tracing::warn!(job = job.id, "a claimed job is left to the next worker");
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for JobRuns {
    type Args = Claimed;
    type Id = i64;
    type Kind = Ephemeral;
    type Config = Until;
    type Layer = Identity;

    fn config(&self) -> &Until {
        &self.until
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

/// The next job, waited for; none when the worker stops, or when the queue is drained and that is all that was
/// wanted.
async fn next_job(worker: Arc<Worker>, lease: Lease, until: Until, apalis: WorkerContext) -> Option<Claimed> {
    let mut faults = 0;
    while !apalis.is_shutting_down() {
        match claim(&worker.database, &lease, worker.moment().now).await {
            Ok(Claim::Job(job)) if apalis.is_shutting_down() => give_back(&worker, &job).await,
            Ok(Claim::Job(job)) => return Some(job),
            Ok(Claim::GivenUp(job)) => {
                tracing::error!(
                    job = job.id,
                    kind = job.kind.name(),
                    period = job.period,
                    "a job is given up"
                );
            }
            Ok(Claim::Nothing { waiting: false }) if until == Until::Drained => return None,
            Ok(Claim::Nothing { .. }) => {
                tokio::time::sleep(if until == Until::Drained { DRAINING } else { IDLE }).await;
            }
            // Whoever waits for the queue to be drained is told that it cannot be.
            Err(_) if until == Until::Drained && faults == MOST_FAULTS => return None,
            Err(error) => {
                faults += 1;
                tracing::warn!(%error, "no job could be claimed");
                tokio::time::sleep(AFTER_FAULT).await;
            }
        }
    }
    None
}

/// Lets go of a job that was claimed while the worker was told to stop.
async fn give_back(worker: &Worker, job: &Claimed) {
    let again = Ending::Again("工作进程停止，未开始".to_owned(), worker.moment().now);
    if let Err(error) = end(&worker.database, job, &again).await {
        tracing::warn!(%error, job = job.id, "a claim could not be given back; its lease will end");
    }
}
