//! `jifen reseal`

use anyhow::Result;
use authz::Reseal;
use records::jobs::counties;
use records::sealing::{self, Resealed, retire_earlier};
use serde_json::json;

use crate::arguments::{Common, ResealArguments};
use crate::context::Context;

/// Seals the personal values of every county anew under the newest key; with `--new-key` only makes that key.
///
/// # Errors
/// A value that no key opens.
pub async fn run(common: &Common, reseal: &ResealArguments) -> Result<()> {
    let context = Context::open(common).await?;
    let done = match reseal.new_key {
        true => new_key(&context, common).await,
        false => all(&context, common).await,
    };
    context.close().await?;
    done
}

async fn new_key(context: &Context, common: &Common) -> Result<()> {
    let number = context.make_sealing_key().await?;
    if common.json {
        println!("{}", json!({ "key": number }));
    } else {
        println!("已生成第 {number} 把密钥。请重启 jifen up 等全部进程，再运行 jifen reseal");
    }
    Ok(())
}

async fn all(context: &Context, common: &Common) -> Result<()> {
    let sealer = &context.registrar.sealer;
    let mut done = Resealed::default();
    for county in counties(&context.database).await? {
        let allowed = context.allow(Reseal, county, None)?;
        let mut connection = context.database.connection().await?;
        let one = sealing::reseal(&mut connection, &allowed, sealer, &context.moment).await?;
        done.households += one.households;
        done.tokens += one.tokens;
        done.objections += one.objections;
        done.samples += one.samples;
        done.accounts += one.accounts;
    }
    retire_earlier(&mut *context.database.connection().await?, sealer).await?;
    let (key, Resealed { households, tokens, accounts, objections, samples }) = (sealer.current(), done);
    if common.json {
        println!(
            "{}",
            json!({ "key": key, "households": households, "tokens": tokens, "accounts": accounts,
                "objections": objections, "samples": samples })
        );
    } else {
        println!(
            "已用第 {key} 把密钥重新加密：花名册 {households} 条、户码 {tokens} 个、异议电话 {objections} 个、抽查密数 {samples} 个、动态口令 {accounts} 个。\
             旧密钥请留到只用新密钥运行 jifen verify 通过、并有了新的备份以后"
        );
    }
    Ok(())
}
