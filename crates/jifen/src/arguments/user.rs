//! `jifen user`

use authz::Role;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use domain::place::Place;

/// 账号
#[derive(Debug, Args)]
pub struct User {
    /// 做什么
    #[command(subcommand)]
    pub what: UserWhat,
}

/// 做什么
#[derive(Debug, Subcommand)]
pub enum UserWhat {
    /// 新建账号，打印一次初始密码
    #[command(
        after_help = "例：jifen user add zhang.san --name 张三 --place 440229000000 --role county_administrator"
    )]
    Add(UserAdd),
    /// 授予角色
    #[command(
        after_help = "例：jifen user grant zhang.san --role auditor --place 440229000000 --until 2027-12-31"
    )]
    Grant(UserGrant),
    /// 收回角色
    #[command(after_help = "例：jifen user revoke zhang.san --role auditor --place 440229000000")]
    Revoke(UserRevoke),
    /// 重设密码，打印一次；已登录的会话随即结束
    #[command(after_help = "例：jifen user passwd zhang.san --county 440229000000")]
    Passwd(UserPasswd),
}

/// 新建账号
#[derive(Debug, Args)]
pub struct UserAdd {
    /// 登录名：3 到 40 个小写字母、数字、点、横线或下划线
    pub login: String,
    /// 姓名
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// 属于哪个县、镇、村或村小组
    #[arg(long, value_name = "CODE")]
    pub place: Place,
    /// 同时在该地授予的角色
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Option<Role>,
    /// 从标准输入读密码（一行），不随机生成；首次登录仍须修改
    #[arg(long)]
    pub password_stdin: bool,
}

/// 授予角色
#[derive(Debug, Args)]
pub struct UserGrant {
    /// 登录名
    pub login: String,
    /// 角色
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Role,
    /// 在哪里
    #[arg(long, value_name = "CODE")]
    pub place: Place,
    /// 从哪天起（默认今天）
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<NaiveDate>,
    /// 到哪天止（含当天）
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<NaiveDate>,
}

/// 收回角色
#[derive(Debug, Args)]
pub struct UserRevoke {
    /// 登录名
    pub login: String,
    /// 角色
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Role,
    /// 在哪里
    #[arg(long, value_name = "CODE")]
    pub place: Place,
}

/// 重设密码
#[derive(Debug, Args)]
pub struct UserPasswd {
    /// 登录名
    pub login: String,
    /// 账号属于哪个县
    #[arg(long, value_name = "CODE")]
    pub county: Place,
    /// 从标准输入读密码（一行），不随机生成
    #[arg(long)]
    pub password_stdin: bool,
}

fn role(name: &str) -> Result<Role, String> {
    Role::of_name(name).ok_or_else(|| {
        let names: Vec<_> =
            Role::ALL.iter().map(|role| format!("{}（{}）", role.name(), role.title())).collect();
        format!("没有这个角色；可用：{}", names.join("、"))
    })
}
