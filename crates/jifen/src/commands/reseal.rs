//! `jifen reseal`

use anyhow::Result;
use authz::Reseal;
use records::sealing;
use serde_json::json;

use crate::arguments::{Common, ResealArguments};
use crate::context::Context;

/// Seals personal values anew under the newest key, which `--new-key` makes first.
///
/// # Errors
/// A value that no key opens.
pub async fn run(common: &Common, reseal: &ResealArguments) -> Result<()> {
    let mut context = Context::open(common).await?;
    if reseal.new_key {
        context.make_sealing_key().await?;
        context.close().await?;
        context = Context::open(common).await?;
    }
    let allowed = context.allow(Reseal, reseal.county, None)?;
    let mut connection = context.database.connection().await?;
    let sealer = &context.registrar.sealer;
    let done = sealing::reseal(&mut connection, &allowed, sealer, &context.moment).await;
    drop(connection);
    let key = context.registrar.sealer.current();
    context.close().await?;
    let done = done?;
    if common.json {
        let (households, tokens, accounts) = (done.households, done.tokens, done.accounts);
        println!(
            "{}",
            json!({ "key": key, "households": households, "tokens": tokens, "accounts": accounts })
        );
    } else {
        println!(
            "已用第 {key} 把密钥重新加密：花名册 {} 条、户码 {} 个、动态口令 {} 个；全部县都办完、备份也更新后，旧密钥可以销毁",
            done.households, done.tokens, done.accounts
        );
    }
    Ok(())
}
