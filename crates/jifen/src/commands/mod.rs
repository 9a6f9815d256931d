//! One file per subcommand, without logic of its own.

mod awards;
mod bench;
mod close;
mod demo;
mod demo_logins;
mod doctor;
mod export;
mod import;
mod jobs;
mod migrate;
mod publish;
mod reseal;
mod run_due;
mod serve;
mod up;
mod user;
mod verify;
mod work;

use anyhow::Result;

use crate::arguments::{Arguments, BenchWhat, Command};

/// Runs a command.
///
/// # Errors
/// What it refuses, and faults: the exit code is 1.
pub async fn run(arguments: Arguments) -> Result<()> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Up(up) => up::run(common, up).await,
        Command::Serve(serve) => serve::run(common, serve).await,
        Command::Work => work::run(common).await,
        Command::RunDue => run_due::run(common).await,
        Command::Jobs(jobs) => jobs::run(common, jobs).await,
        Command::Migrate => migrate::run(common).await,
        Command::Import(import) => import::run(common, import).await,
        Command::Close(close) => close::run(common, close).await,
        Command::Publish(publish) => publish::run(common, publish).await,
        Command::Awards(awards) => awards::run(common, awards).await,
        Command::Export(export) => export::run(common, export).await,
        Command::Verify(verify) => verify::run(common, verify).await,
        Command::Demo(demo) => demo::run(common, demo).await,
        Command::Bench(bench) => match &bench.what {
            BenchWhat::Close(close) => bench::close::run(common, close).await,
            BenchWhat::Import(import) => bench::import::run(common, import).await,
            BenchWhat::Permission(permission) => bench::permission::run(common, permission).await,
        },
        Command::Reseal(reseal) => reseal::run(common, reseal).await,
        Command::User(user) => user::run(common, user).await,
        Command::Doctor => doctor::run(common).await,
    }
}
