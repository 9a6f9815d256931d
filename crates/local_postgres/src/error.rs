//! What can go wrong with the private cluster, each with its remedy.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why the private cluster could not be used; the text names the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No PostgreSQL 15 or newer on this machine.
    #[error(
        "没有找到 PostgreSQL 15 或更新的服务器程序（initdb、pg_ctl、postgres）。\
         安装：apt-get install postgresql；已装在别处时，用环境变量 JIFEN_PG_BIN 指出它的 bin 目录"
    )]
    NoBinaries,
    /// `JIFEN_PG_BIN` names a folder without the programs.
    #[error(
        "环境变量 JIFEN_PG_BIN 指向 {}，那里没有 PostgreSQL 15 或更新的 initdb、pg_ctl 和 postgres。请改正或去掉这个变量",
        .0.display()
    )]
    NoBinariesAt(PathBuf),
    /// The data were made by a major version that is not installed: the folder and the version.
    #[error(
        "{} 里的数据由 PostgreSQL {} 建立，本机没有这个版本。安装：apt-get install postgresql-{}",
        .0.display(), .1, .1
    )]
    OtherMajor(PathBuf, String),
    /// Root has nobody to run the server as.
    #[error(
        "PostgreSQL 不能以 root 身份运行，本机又没有 postgres 或 nobody 用户。\
         请建立一个：adduser --system --group postgres"
    )]
    NoAccount,
    /// A file or folder of the cluster belongs to the user with this number.
    #[error(
        "{} 属于用户号 {}，不属于运行数据库的用户。请用那个用户（或 root）运行，或者移走它，或者换一个数据目录",
        .0.display(), .1
    )]
    ForeignOwner(PathBuf, u32),
    /// The cluster belongs to root, so no server can use it.
    #[error("{} 属于 root，PostgreSQL 不能使用。请交还给普通用户：chown -R postgres: {}", .0.display(), .0.display())]
    OwnedByRoot(PathBuf),
    /// The cluster lies where its own user cannot go.
    #[error("运行数据库的用户（用户号 {}）进不了 {}。请放开上级目录的进入权限（chmod o+x）", .1, .0.display())]
    Unreachable(PathBuf, u32),
    /// The folder was moved or copied away from its cluster: where that is, where it should be.
    #[error(
        "数据目录被移动或复制过：它的数据库在 {}，按现在的位置应当在 {}。请移回原处；确认只剩这一份时，把前者改名为后者并改写 cluster-location.txt",
        .0.display(), .1.display()
    )]
    Moved(PathBuf, PathBuf),
    /// The path holds characters that the server programs pass on to a shell or cannot read.
    #[error(
        "路径 {} 含有数据库程序不能安全处理的字符（双引号、$、反引号、反斜线、控制字符或非 UTF-8 字节）。请换一个数据目录",
        .0.display()
    )]
    AwkwardPath(PathBuf),
    /// The folder of the cluster holds something else.
    #[error("{} 不是完整的 PostgreSQL 数据目录。请移走它，或者从备份恢复", .0.display())]
    NotACluster(PathBuf),
    /// A password file is gone while its cluster exists.
    #[error("缺少密码文件 {}，没有它就连不上已有的数据库。请从备份恢复 secrets 目录", .0.display())]
    SecretMissing(PathBuf),
    /// A secret is not what this program wrote.
    #[error("密钥文件 {} 的内容已损坏。请从备份恢复 secrets 目录", .0.display())]
    SecretDamaged(PathBuf),
    /// The operating system gave no random bytes.
    #[error("系统没有给出随机数：{0}")]
    Random(String),
    /// A name that is not lower-case letters, digits and underscores, or is too long.
    #[error("名称“{0}”不可用：只能用小写字母、数字和下划线，长 1 到 54 个字符")]
    InvalidName(String),
    /// A file operation failed.
    #[error("{}：{source}。请检查目录的权限和剩余空间", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A PostgreSQL program could not be run at all.
    #[error("运行 {} 失败：{source}。请检查 PostgreSQL 的安装", .program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `initdb` failed and said this.
    #[error("建立数据库失败，initdb 的输出：\n{0}")]
    NotInitialised(String),
    /// The server did not start; the end of its log.
    #[error("数据库服务器没有启动，日志 {} 的末尾：\n{tail}", .log.display())]
    NotStarted {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server neither answered nor ended in time.
    #[error("数据库服务器长时间没有应答。请看日志 {}，必要时结束它的进程再试。日志末尾：\n{tail}", .log.display())]
    NotAnswering {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server did not stop; what `pg_ctl` said.
    #[error("数据库服务器没有停下：{0}。请再试一次，或者用 kill -INT 结束它")]
    NotStopped(String),
    /// Another server answers on our socket; where its data are.
    #[error("在我们的套接字上应答的是另一个数据库（{0}）。请先停止它")]
    Stranger(String),
    /// The server refuses the superuser's password.
    #[error("数据库拒绝了 secrets 里的密码。请从备份恢复 secrets 目录")]
    PasswordRefused,
    /// The server answered with an error.
    #[error("数据库回答了错误：{}", explain(.0))]
    Database(#[source] tokio_postgres::Error),
    /// The builder of a template database failed.
    #[error("建立模板数据库 {name} 失败：{source}")]
    Template {
        /// The template.
        name: String,
        /// What its builder said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No runtime for talking to the server.
    #[error("无法准备与数据库的通信：{0}")]
    Runtime(#[source] io::Error),
    /// The thread that did the work ended early.
    #[error("启动或停止数据库的工作被中断：{0}")]
    Interrupted(String),
}

impl From<tokio_postgres::Error> for ClusterError {
    fn from(failure: tokio_postgres::Error) -> Self {
        Self::Database(failure)
    }
}

/// The server's own sentence where there is one: the client's says only that there was an error.
fn explain(failure: &tokio_postgres::Error) -> String {
    match failure.as_db_error() {
        Some(answer) => answer.to_string(),
        None => match failure.source() {
            Some(cause) => format!("{failure}: {cause}"),
            None => failure.to_string(),
        },
    }
}
