//! Runs workers: until told to stop, or until nothing is due.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{ParallelizeExt, WorkerBuilder, WorkerBuilderExt, WorkerContext, WorkerError};

use crate::backend::{JobRuns, Until};
use crate::{Worker, handle, schedule};

/// How long jobs under way may go on after a stop is asked for.
const DRAIN: Duration = Duration::from_secs(30);

/// Works until `stop` resolves: then nothing new is begun, and what is under way has half a minute to end. What
/// does not end then is begun again by another worker when its lease is over.
///
/// # Errors
/// apalis cannot run.
pub async fn work(
    worker: Worker,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WorkerError> {
    let worker = Arc::new(worker);
    let planning = tokio::spawn(schedule::keep_planning(Arc::clone(&worker)));
    let apalis = WorkerContext::new(&worker.name);
    let mut running = std::pin::pin!(runner(&worker, Until::Stopped, &apalis));
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = stop => {
            planning.abort();
            // Not running yet is no fault.
            let _ = apalis.stop();
            tokio::time::timeout(DRAIN, running).await.unwrap_or_else(|_| {
                tracing::warn!("jobs were still under way and are left to the next worker");
                Ok(())
            })
        }
    };
    planning.abort();
    ended
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// Jobs that the schedule wrote now.
    pub planned: usize,
}

/// Does everything that is due at the worker's stated time, what that brings about included, and returns when
/// nothing more is due: what failed is deferred.
///
/// # Errors
/// The schedule cannot be asked, or apalis cannot run.
pub async fn run_due(worker: Worker) -> Result<Ran, RunError> {
    let worker = Arc::new(worker);
    let mut ran = Ran::default();
    loop {
        let planned = schedule::plan(&worker).await?;
        ran.planned += planned.written;
        runner(&worker, Until::Drained, &WorkerContext::new(&worker.name)).await?;
        if planned.written == 0 {
            return match planned.failed {
                None => Ok(ran),
                Some((county, error)) => Err(RunError::Planning(county, error)),
            };
        }
    }
}

/// Why what is due could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database.
    #[error(transparent)]
    Records(#[from] records::Error),
    /// A county's schedule; what was due in the others was done.
    #[error("县 {0} 的日程不能推算：{1}")]
    Planning(domain::place::Place, records::Error),
    /// apalis.
    #[error("任务没有跑完：{0}")]
    Worker(#[from] WorkerError),
}

async fn runner(worker: &Arc<Worker>, until: Until, apalis: &WorkerContext) -> Result<(), WorkerError> {
    WorkerBuilder::new(apalis)
        .backend(JobRuns::new(Arc::clone(worker), until))
        .concurrency(worker.settings.concurrency.max(1))
        .parallelize(tokio::spawn)
        .data(Arc::clone(worker))
        .build(handle::handle)
        .run()
        .await
}
