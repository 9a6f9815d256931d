//! `jifen migrate`

use anyhow::Result;
use serde_json::json;

use crate::arguments::Common;
use crate::context;

/// Brings the schema up to date.
///
/// # Errors
/// A migration that fails.
pub async fn run(common: &Common) -> Result<()> {
    let applied = context::migrate(common).await?;
    if common.json {
        println!("{}", json!({ "applied": applied }));
    } else if applied.is_empty() {
        println!("数据库结构已是最新");
    } else {
        applied.iter().for_each(|name| println!("已应用 {name}"));
    }
    Ok(())
}
