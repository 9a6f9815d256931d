//! `jifen bench`

use clap::{Args, Subcommand};

/// 测速
#[derive(Debug, Args)]
pub struct Bench {
    /// 测什么
    #[command(subcommand)]
    pub what: BenchWhat,
}

/// 测什么
#[derive(Debug, Subcommand)]
pub enum BenchWhat {
    /// 结账一个县的一个月
    Close(BenchClose),
    /// 导入农户
    Import(BenchImport),
    /// 判断一次权限
    Permission(BenchPermission),
}

/// 结账测速
#[derive(Debug, Args)]
pub struct BenchClose {
    /// 参与户数
    #[arg(long, default_value_t = 100_000)]
    pub households: u32,
    /// 轮数
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// 每个事务结账几个村
    #[arg(long)]
    pub slice: Option<usize>,
    /// 并行的连接数
    #[arg(long)]
    pub connections: Option<usize>,
}

/// 导入测速
#[derive(Debug, Args)]
pub struct BenchImport {
    /// 户数
    #[arg(long, default_value_t = 100_000)]
    pub households: u32,
    /// 轮数
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
}

/// 权限测速
#[derive(Debug, Args)]
pub struct BenchPermission {
    /// 用户数
    #[arg(long, default_value_t = 100_000)]
    pub users: u32,
    /// 轮数
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
}
