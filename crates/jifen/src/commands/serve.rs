//! `jifen serve`

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::arguments::{Common, Serve};
use crate::context::Context;

/// Serves pages until told to stop.
///
/// # Errors
/// The address cannot be used.
pub async fn run(common: &Common, serve: &Serve) -> Result<()> {
    let context = Context::open(common).await?;
    let address = serve.listen.as_deref().unwrap_or(&context.settings.http.listen).to_owned();
    let (listener, bound) = service::listen(&address).await.with_context(|| format!("无法监听 {address}"))?;
    let url = format!("http://{bound}");
    if common.json {
        println!("{}", json!({ "url": url }));
    } else {
        println!("{url}");
    }
    service::serve(listener, state(&context), stopped()).await?;
    context.close().await
}

/// The clock on the wall.
#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
pub fn now() -> fn() -> DateTime<Utc> {
    Utc::now
}

/// What the handlers reach.
pub fn state(context: &Context) -> service::State {
    service::State {
        database: context.database.clone(),
        guard: Arc::clone(&context.guard),
        http: Arc::new(context.settings.http.clone()),
        now: now(),
        zone: context.moment.zone,
    }
}

/// Resolves on Ctrl-C or SIGTERM.
pub async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}
