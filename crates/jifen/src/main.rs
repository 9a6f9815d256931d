//! `jifen`: the village points system of a county, one subcommand per process or task.

mod arguments;
mod commands;
mod context;
mod keys;
mod output;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

/// Warnings; that a cookie has outlived its session is none.
const DEFAULT_LOG: &str = "warn,tower_sessions_core=error";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("JIFEN_LOG").unwrap_or_else(|_| DEFAULT_LOG.into()),
        )
        .with_writer(std::io::stderr)
        // Whoever closes our standard error, as a launcher may, closes nothing else.
        .log_internal_errors(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("无法启动：{error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(&error);
            ExitCode::FAILURE
        }
    }
}
