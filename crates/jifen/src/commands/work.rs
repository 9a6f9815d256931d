//! `jifen work`

use std::sync::Arc;

use anyhow::{Context as _, Result};
use worker::{Clock, Mailer, Robots, Worker};

use super::serve::{now, photos, stopped};
use crate::arguments::Common;
use crate::context::Context;

/// Works until told to stop.
///
/// # Errors
/// A configuration that cannot be used.
pub async fn run(common: &Common) -> Result<()> {
    let context = Context::open(common).await?;
    let clock = match common.now {
        Some(_) => Clock::Stated(context.moment),
        None => Clock::Wall(now()),
    };
    let worker = worker(&context, common, clock, &context.settings.http.public_url)?;
    eprintln!("工作进程 {} 已启动（Ctrl-C 停止）", worker.name);
    let worked = worker::work(worker, stopped()).await;
    context.close().await?;
    worked.context("工作进程停止")
}

/// A worker of this process.
///
/// # Errors
/// A configuration that cannot be used, a folder of photos among it.
pub fn worker(context: &Context, common: &Common, clock: Clock, url: &str) -> Result<Worker> {
    let settings = &context.settings;
    Ok(Worker {
        database: context.database.clone(),
        guard: Arc::clone(&context.guard),
        settings: Arc::new(settings.worker.clone()),
        closing: Arc::new(settings.database.clone()),
        mailer: Arc::new(Mailer::new(&settings.mail, &common.data.join("mail"), url)?),
        robots: Arc::new(Robots::new(url)),
        photos: photos(context, common)?,
        clock,
        zone: context.moment.zone,
        name: format!("{}-{}", host(), std::process::id()),
    })
}

/// The name of this machine, for people who look for a worker.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "worker".to_owned() } else { name.trim().to_owned() }
}
