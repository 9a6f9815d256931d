//! `jifen verify`

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use records::verify::{Verified, verify};
use serde_json::json;

use crate::arguments::{Common, Verify};
use crate::context::Context;
use crate::output::Progress;

/// The most differences that are printed.
const SHOWN: usize = 20;

/// Recomputes and checks everything.
///
/// # Errors
/// Something does not agree; the first difference is the error.
pub async fn run(common: &Common, wanted: &Verify) -> Result<()> {
    let context = Context::open(common).await?;
    let allowed = context.allow(authz::Verify, wanted.county, None)?;
    let progress = Progress::new("核对", common.json);
    let sealer = Some(&context.registrar.sealer);
    let verified =
        verify(&context.database, &allowed, wanted.month, sealer, |done, of| progress.at(done, of)).await;
    context.close().await?;
    let mut verified = verified?;
    if let Some(file) = &wanted.heads {
        compare_heads(file, &mut verified)?;
    }
    report(common, &verified);
    let Some(first) = verified.mismatches.first() else { return Ok(()) };
    for mismatch in verified.mismatches.iter().skip(1).take(SHOWN) {
        eprintln!("{mismatch}");
    }
    bail!("核对不符，第一处：{first}");
}

fn report(common: &Common, verified: &Verified) {
    if common.json {
        let mismatches: Vec<_> = verified.mismatches.iter().map(ToString::to_string).collect();
        let done = json!({
            "versions": verified.versions, "results": verified.results, "events": verified.events,
            "erased": verified.erased, "mismatches": mismatches, "heads": verified.heads,
        });
        println!("{done}");
        return;
    }
    let (versions, results, events) = (verified.versions, verified.results, verified.events);
    println!(
        "重算 {versions} 个结账版本、{results} 户结果，核对日志 {events} 条，{} 处不符",
        verified.mismatches.len()
    );
    if verified.erased > 0 {
        println!("{} 处姓名或备注已依法删除，校验链完整", verified.erased);
    }
}

/// Compares the ends of the chains with those noted outside; writes them when nothing was noted yet.
fn compare_heads(file: &Path, verified: &mut Verified) -> Result<()> {
    if !file.exists() {
        let text: String = verified.heads.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
        return fs::write(file, text).with_context(|| format!("无法写入 {}", file.display()));
    }
    let text = fs::read_to_string(file).with_context(|| format!("无法读取 {}", file.display()))?;
    let noted: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.trim().split_once(' ')).collect();
    verified.compare_heads(&noted);
    Ok(())
}
