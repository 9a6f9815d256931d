//! What people read on a terminal, and what scripts read.

use std::io::IsTerminal;
use std::sync::Mutex;

use anyhow::Error;
use domain::input::Problem;
use indicatif::{ProgressBar, ProgressStyle};

/// The most problems that are printed line by line.
const SHOWN: usize = 50;

/// Prints why a command failed: problems by line, then one clear line.
pub fn failure(error: &Error) {
    if let Some(records::Error::Refused(records::Refusal::Problems(found))) =
        error.downcast_ref::<records::Error>()
    {
        problems(found);
    }
    eprintln!("{error:#}");
}

/// Prints problems by line and field.
pub fn problems(found: &[Problem]) {
    for problem in found.iter().take(SHOWN) {
        eprintln!("{problem}");
    }
    if found.len() > SHOWN {
        eprintln!("…… 还有 {} 处", found.len() - SHOWN);
    }
}

/// Shows how far long work is: a bar on a terminal, a line for every tenth otherwise.
pub struct Progress {
    bar: Option<ProgressBar>,
    title: &'static str,
    told: Mutex<usize>,
}

impl Progress {
    /// Progress of work that is named.
    pub fn new(title: &'static str, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}");
            ProgressBar::new(0)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(title)
        });
        Self { bar, title, told: Mutex::new(if quiet { usize::MAX } else { 0 }) }
    }

    /// So much is done of so much.
    pub fn at(&self, done: usize, of: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(u64::try_from(of).unwrap_or(0));
            bar.set_position(u64::try_from(done).unwrap_or(0));
            if done >= of {
                bar.finish_and_clear();
            }
            return;
        }
        let tenth = (done * 10).checked_div(of).unwrap_or(10);
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *told < tenth && of >= 20 {
            *told = tenth;
            eprintln!("{} {done}/{of}", self.title);
        }
    }
}
