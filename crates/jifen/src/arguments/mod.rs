//! The command line.

mod bench;
mod export;
mod user;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::month::Month;
use domain::place::Place;

pub use bench::{Bench, BenchClose, BenchImport, BenchPermission, BenchWhat};
pub use export::{Export, Format, PaperSize, What};
pub use user::{User, UserAdd, UserGrant, UserPasswd, UserRevoke, UserWhat};

/// 乡村治理积分制：一个县的村级积分，从花名册到可核对的结账。
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Arguments {
    /// 要做的事
    #[command(subcommand)]
    pub command: Command,
    /// 各命令通用的选项
    #[command(flatten)]
    pub common: Common,
}

/// 通用选项
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// 私有数据库所在的目录
    #[arg(long, global = true, value_name = "DIR", default_value = "./var")]
    pub data: PathBuf,
    /// 配置目录，其中的文件替换内置的同名文件
    #[arg(long, global = true, value_name = "DIR")]
    pub config: Option<PathBuf>,
    /// 以此时刻（RFC 3339）代替时钟
    #[arg(long, global = true, value_name = "TS")]
    pub now: Option<DateTime<Utc>>,
    /// 以一个 JSON 对象输出
    #[arg(long, global = true)]
    pub json: bool,
}

/// 要做的事
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 在私有数据库上启动全部服务
    #[command(after_help = "例：jifen up --demo")]
    Up(Up),
    /// 网页服务（DATABASE_URL 指定数据库）
    #[command(after_help = "例：jifen serve --listen 0.0.0.0:8080")]
    Serve(Serve),
    /// 工作进程：按日程结账、公示、提醒
    #[command(after_help = "例：jifen work")]
    Work,
    /// 立即办理在 --now 时刻到期的全部任务，并等它们结束
    #[command(after_help = "例：jifen run-due --now 2026-11-04T00:30:00+08:00")]
    RunDue,
    /// 列出任务，或重做已放弃的任务
    #[command(after_help = "例：jifen jobs --county 440229000000 --again 12")]
    Jobs(Jobs),
    /// 把数据库结构升级到本版本（所有者角色）
    #[command(after_help = "例：DATABASE_OWNER_URL=postgresql://jifen_owner@/jifen jifen migrate")]
    Migrate,
    /// 导入 CSV 或 XLSX，全部成功或全部不动
    #[command(after_help = "例：jifen import households 农户.xlsx --county 440229000000 --dry-run")]
    Import(Import),
    /// 结账：全县或一个镇、村的一个月
    #[command(after_help = "例：jifen close --county 440229000000 --month 2026-10")]
    Close(Close),
    /// 公示已结账的月份
    #[command(after_help = "例：jifen publish --county 440229000000 --month 2026-10")]
    Publish(Publish),
    /// 计算年终评比
    #[command(after_help = "例：jifen awards --county 440229000000 --year 2026")]
    Awards(Awards),
    /// 导出结果
    #[command(
        after_help = "例：jifen export results --county 440229000000 --month 2026-10 --format csv --out 结果.csv"
    )]
    Export(Export),
    /// 由原始积分卡重算每个结账版本，核对全部校验链
    #[command(after_help = "例：jifen verify --county 440229000000")]
    Verify(Verify),
    /// 生成演示数据，同一种子总是同样的县
    #[command(after_help = "例：jifen demo --county 440229000000 --households 1200 --months 3 --seed 1")]
    Demo(Demo),
    /// 测速，并在同一次运行里与参照相比
    #[command(after_help = "例：jifen bench close --households 100000 --json")]
    Bench(Bench),
    /// 更换密钥：把电话、地址、户码和动态口令用最新的密钥重新加密
    #[command(after_help = "例：jifen reseal")]
    Reseal(ResealArguments),
    /// 账号：第一次登录和救急
    #[command(
        after_help = "例：jifen user add zhang.san --name 张三 --place 440229000000 --role county_administrator"
    )]
    User(User),
    /// 检查本机和配置，说出问题和办法
    #[command(after_help = "例：jifen doctor")]
    Doctor,
}

/// 启动
#[derive(Debug, Args)]
pub struct Up {
    /// 装入演示县
    #[arg(long)]
    pub demo: bool,
    /// 监听地址
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// 网页服务
#[derive(Debug, Args)]
pub struct Serve {
    /// 监听地址
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// 导入的种类
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// 行政区划
    Divisions,
    /// 农户
    Households,
    /// 评分组
    Panels,
    /// 积分项目
    Catalogue,
    /// 积分卡
    Scorecards,
    /// 更正
    Corrections,
    /// 核定的常住户数
    GroupFacts,
    /// 联系人
    Contacts,
    /// 规则设置（TOML）
    Rulebook,
    /// 张贴登记
    Postings,
}

/// 导入
#[derive(Debug, Args)]
pub struct Import {
    /// 种类
    pub kind: Kind,
    /// 文件
    pub file: PathBuf,
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 只检查，不写入
    #[arg(long)]
    pub dry_run: bool,
    /// 积分项目、规则所属的县、镇或村（默认为县）
    #[arg(long, value_name = "CODE")]
    pub division: Option<Place>,
    /// 积分项目的年度
    #[arg(long, value_name = "YYYY")]
    pub year: Option<i32>,
    /// 积分项目、规则从哪个月起生效
    #[arg(long, value_name = "YYYY-MM")]
    pub from: Option<Month>,
    /// 年内调整积分项目的原因
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// 积分卡已由组长签字
    #[arg(long)]
    pub signed: bool,
}

/// 任务
#[derive(Debug, Args)]
pub struct Jobs {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 重做这个已放弃的任务
    #[arg(long, value_name = "ID")]
    pub again: Option<i64>,
    /// 至多列出几个
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: i64,
}

/// 结账
#[derive(Debug, Args)]
pub struct Close {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 月份
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Month,
    /// 只结一个镇或村
    #[arg(long, value_name = "CODE")]
    pub division: Option<Place>,
    /// 不等未签字的评分组，写明原因；其农户为未评
    #[arg(long, value_name = "REASON")]
    pub without_unsigned: Option<String>,
}

/// 公示
#[derive(Debug, Args)]
pub struct Publish {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 月份
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Month,
    /// 只公示一个镇或村
    #[arg(long, value_name = "CODE")]
    pub division: Option<Place>,
}

/// 年终评比
#[derive(Debug, Args)]
pub struct Awards {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 年度
    #[arg(long, value_name = "YYYY")]
    pub year: i32,
}

/// 核对
#[derive(Debug, Args)]
pub struct Verify {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 只核对一个月
    #[arg(long, value_name = "YYYY-MM")]
    pub month: Option<Month>,
    /// 与另外记下的链末校验码比对（每行：名称 校验码）；文件不存在时写出
    #[arg(long, value_name = "FILE")]
    pub heads: Option<PathBuf>,
}

/// 演示数据
#[derive(Debug, Args)]
pub struct Demo {
    /// 县代码
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 户数
    #[arg(long, value_name = "N", default_value_t = 1200)]
    pub households: u32,
    /// 月数
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub months: u32,
    /// 种子
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// 第一个月
    #[arg(long, value_name = "YYYY-MM", default_value = "2026-01")]
    pub from: Month,
}

/// 更换密钥
#[derive(Debug, Args)]
pub struct ResealArguments {
    /// 只在私有数据库上生成下一把密钥；重启全部进程后，再不加此项运行一次
    #[arg(long)]
    pub new_key: bool,
}
