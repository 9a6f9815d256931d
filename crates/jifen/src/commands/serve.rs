//! `jifen serve`

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use records::accounts::initial_password;
use records::photos::PhotoStore;
use serde_json::json;
use tokio::sync::Semaphore;

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
    let code = setup_code(&context).await?;
    if common.json {
        println!("{}", json!({ "url": url, "setup": code }));
    } else {
        println!("{url}");
        tell_setup(&url, code.as_deref());
    }
    let mut state = state(&context, common, &url)?;
    state.setup = code.as_deref().map(|code| Arc::new(service::Setup::new(code)));
    let (served, operated) = tokio::join!(
        service::serve(listener, state, stopped()),
        operations(&context, common, &address, &url)
    );
    context.close().await?;
    operated?;
    Ok(served?)
}

/// The code of the first start, which makes the first administrator in the browser; none where somebody has a role.
///
/// # Errors
/// Faults of the database.
pub async fn setup_code(context: &Context) -> Result<Option<String>> {
    let nobody = service::nobody_has_a_role(&context.database, &context.guard, &context.operator).await?;
    Ok(if nobody { Some(initial_password()?) } else { None })
}

/// Tells whoever started the program how to go on where nobody can log in.
pub fn tell_setup(url: &str, code: Option<&str>) {
    let Some(code) = code else { return };
    println!("还没有人可以登录。请在浏览器里打开 {url}/setup ，建立本县和第一位县管理员。");
    println!("一次性设置码（只在这里显示，建好即作废）：{code}");
}

/// Serves the operations page on its own address until told to stop; an address that is in use is told, and
/// stops nothing else.
///
/// # Errors
/// The listener fails.
pub async fn operations(context: &Context, common: &Common, address: &str, url: &str) -> Result<()> {
    let configured = &context.settings.http.operations;
    if configured.is_empty() {
        return Ok(());
    }
    // Whoever takes a free port for the pages, as tests do, gets one for this page too.
    let free = address.ends_with(":0");
    let wanted = if free { "127.0.0.1:0" } else { configured };
    match service::listen(wanted).await {
        Ok((listener, bound)) => {
            eprintln!("任务页：http://{bound}");
            Ok(service::serve_operations(listener, state(context, common, url)?, stopped()).await?)
        }
        Err(error) => {
            eprintln!("任务页没有启动：{configured} {error}（设置 http.operations）");
            Ok(())
        }
    }
}

/// The clock on the wall.
#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
pub fn now() -> fn() -> DateTime<Utc> {
    Utc::now
}

/// What the handlers reach. With `--now` every page sees that time, as every command does; where no public address
/// is set, people reach the pages at the address that is listened on.
///
/// # Errors
/// A folder of photos that cannot be used.
pub fn state(context: &Context, common: &Common, url: &str) -> Result<service::State> {
    let clock = match common.now {
        Some(stated) => service::Clock::Stated(stated, now()),
        None => service::Clock::Wall(now()),
    };
    let mut http = context.settings.http.clone();
    if http.public_url.is_empty() {
        url.clone_into(&mut http.public_url);
    }
    Ok(service::State {
        database: context.database.clone(),
        guard: Arc::clone(&context.guard),
        http: Arc::new(http),
        closing: Arc::new(context.settings.database.clone()),
        operator: context.operator.clone(),
        registrar: context.registrar.clone(),
        photos: photos(context, common)?,
        setup: None,
        decoding: Arc::new(Semaphore::new(usize::try_from(context.settings.photos.at_once.max(1))?)),
        clock,
        zone: context.moment.zone,
    })
}

/// The store of photos.
///
/// # Errors
/// A folder that cannot be used.
pub fn photos(context: &Context, common: &Common) -> Result<PhotoStore> {
    let folder = match context.settings.photos.folder.as_str() {
        "" => common.data.join("photos"),
        folder => folder.into(),
    };
    Ok(PhotoStore::in_folder(&folder)?)
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
