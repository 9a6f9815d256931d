//! `jifen doctor`

use anyhow::{Result, bail};
use chrono::Datelike as _;
use domain::calendar::{Calendar, DayKind};
use local_postgres::{Options, Probe};
use serde_json::json;
use settings::Settings;

use crate::arguments::Common;

/// One thing that was looked at.
struct Finding {
    title: &'static str,
    /// What is there.
    state: String,
    /// What to do about it; none when it is well.
    mend: Option<String>,
}

/// Says what is missing or wrong, and the mend.
///
/// # Errors
/// Something must be mended.
pub async fn run(common: &Common) -> Result<()> {
    let mut findings = vec![configuration(common), server_programs(), calendar(common), fonts()];
    findings.push(database(common).await);
    findings.push(partitions());
    let wrong = findings.iter().filter(|finding| finding.mend.is_some()).count();
    if common.json {
        let all: Vec<_> = findings
            .iter()
            .map(|one| json!({ "title": one.title, "state": one.state, "mend": one.mend }))
            .collect();
        println!("{}", json!({ "findings": all }));
    } else {
        for finding in &findings {
            let mark = if finding.mend.is_none() { "正常" } else { "注意" };
            println!("[{mark}] {}：{}", finding.title, finding.state);
            finding.mend.iter().for_each(|mend| println!("       办法：{mend}"));
        }
    }
    if wrong > 0 { bail!("{wrong} 处需要处理") } else { Ok(()) }
}

fn configuration(common: &Common) -> Finding {
    let title = "配置";
    match Settings::load(common.config.as_deref()) {
        Ok(settings) => Finding { title, state: format!("时区 {}", settings.clock.zone), mend: None },
        Err(error) => {
            Finding {
                title, state: error.to_string(), mend: Some("改正 jifen.toml 或环境变量".into())
            }
        }
    }
}

fn server_programs() -> Finding {
    let title = "PostgreSQL 程序";
    if std::env::var("DATABASE_URL").is_ok() {
        return Finding {
            title, state: "用 DATABASE_URL 指定的服务器，不需要".into(), mend: None
        };
    }
    match local_postgres::find_binaries() {
        Ok(binaries) => Finding { title, state: format!("版本 {}", binaries.version()), mend: None },
        Err(error) => Finding { title, state: "没有找到".into(), mend: Some(error.to_string()) },
    }
}

async fn database(common: &Common) -> Finding {
    let title = "数据库";
    if let Ok(url) = std::env::var("DATABASE_URL") {
        return match records::Database::connect(&url, 1).await {
            Ok(_) => {
                Finding { title, state: "可以连接，角色受行级安全约束".into(), mend: None }
            }
            Err(error) => Finding { title, state: "不能使用".into(), mend: Some(error.to_string()) },
        };
    }
    let options = Options { data: common.data.clone(), durable: true };
    let keys =
        format!("加密密钥在 {} 的 secrets 里，请另行备份：丢了密钥就丢了电话和地址", common.data.display());
    match local_postgres::Cluster::probe(&options).await {
        Ok(Probe::Absent) => {
            Finding { title, state: "还没有，第一次使用时建立".into(), mend: None }
        }
        Ok(Probe::Stopped) => Finding { title, state: format!("已建立，未运行；{keys}"), mend: None },
        Ok(Probe::Busy { pid }) => {
            Finding { title, state: format!("进程 {pid} 正在启动或停止"), mend: None }
        }
        Ok(Probe::Running { pid, version }) => {
            Finding {
                title, state: format!("运行中（进程 {pid}，版本 {version}）；{keys}"), mend: None
            }
        }
        Err(error) => Finding { title, state: "不能使用".into(), mend: Some(error.to_string()) },
    }
}

fn calendar(common: &Common) -> Finding {
    let title = "日历";
    let today = today();
    let text = settings::embedded_or(common.config.as_deref(), settings::CALENDAR).unwrap_or_default();
    match calendar_of(&text) {
        Some(calendar) => match calendar.warn_of(today) {
            None => Finding { title, state: format!("有 {} 年的放假安排", today.year()), mend: None },
            Some(missing) => {
                let mend = Some("在 --config 目录的 calendar/ 里补入".into());
                Finding { title, state: missing.to_string(), mend }
            }
        },
        None => {
            Finding {
                title, state: "日历文件读不懂".into(), mend: Some("每行应为 date,kind,name".into())
            }
        }
    }
}

fn calendar_of(text: &str) -> Option<Calendar> {
    let days: Option<Vec<_>> = text
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.split(',');
            let date = cells.next()?.parse().ok()?;
            match cells.next()? {
                "off" => Some((date, DayKind::Off)),
                "work" => Some((date, DayKind::Work)),
                _ => None,
            }
        })
        .collect();
    days.map(Calendar::new)
}

fn fonts() -> Finding {
    let title = "中文字体";
    let found = [
        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
        "/usr/share/fonts/noto-cjk/NotoSerifCJK-Regular.ttc",
    ]
    .iter()
    .any(|file| std::path::Path::new(file).exists());
    if found {
        Finding { title, state: "Noto CJK".into(), mend: None }
    } else {
        Finding {
            title,
            state: "没有找到 Noto CJK".into(),
            mend: Some("apt-get install fonts-noto-cjk".into()),
        }
    }
}

/// The tables of cards and results have a partition per year, 2020 to 2049: warned of two years ahead.
fn partitions() -> Finding {
    let (title, last) = ("分区", 2049);
    let mend = (today().year() + 2 > last).then(|| "升级到带有后续年份的版本".to_owned());
    Finding { title, state: format!("备到 {last} 年"), mend }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the clock is read")]
fn today() -> chrono::NaiveDate {
    chrono::Utc::now().date_naive()
}
