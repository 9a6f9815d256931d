//! The command line of `jifen export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::month::Month;
use domain::place::Place;

/// 导出的内容
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// 月度结果
    Results,
    /// 年终评比
    Awards,
    /// 附件2 家庭积分情况统计表（--household --year）
    Form2,
    /// 附件3 小组家庭积分情况汇总表（--group，--month 或 --year）
    Form3,
    /// 附件4 小组家庭积分兑换表（--group --month）
    Form4,
    /// 公示（--village --month；不写 --village 则每村一份，--out 为文件夹）
    Notice,
    /// 微信群图片（--village --month）
    Picture,
    /// 大喇叭播音稿（--village --month）
    Loudspeaker,
    /// 光荣榜（--village --month）
    Honours,
    /// 家庭积分卡，带二维码（--group --year）
    Cards,
    /// 积分卡的当月标签（--group --month）
    Labels,
    /// 空白评分表（--group --month）；xlsx 填好后可直接导入
    Sheets,
}

/// 导出的格式
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 给程序
    Csv,
    /// 给人
    Xlsx,
    /// 给分析
    Parquet,
    /// 打印
    Pdf,
    /// 图片
    Png,
    /// 文字
    Txt,
}

impl Format {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Txt => "txt",
        }
    }
}

/// 公示的纸张
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaperSize {
    /// 横向，张贴用
    A3,
    /// 纵向
    A4,
}

/// 导出
#[derive(Debug, Args)]
pub struct Export {
    /// 内容
    pub what: What,
    /// 县代码；写明了村、小组或农户时可以省去
    #[arg(long, value_name = "CODE")]
    pub county: Option<Place>,
    /// 只导出一个镇、村或小组
    #[arg(long, value_name = "CODE")]
    pub division: Option<Place>,
    /// 村代码
    #[arg(long, value_name = "CODE")]
    pub village: Option<Place>,
    /// 小组代码
    #[arg(long, value_name = "CODE")]
    pub group: Option<Place>,
    /// 农户代码
    #[arg(long, value_name = "CODE")]
    pub household: Option<Place>,
    /// 月份
    #[arg(long, value_name = "YYYY-MM", required_if_eq("what", "results"))]
    pub month: Option<Month>,
    /// 年度
    #[arg(long, value_name = "YYYY", required_if_eq("what", "awards"))]
    pub year: Option<i32>,
    /// 格式；不写时表格为 csv，打印件为 pdf
    #[arg(long)]
    pub format: Option<Format>,
    /// 公示的纸张
    #[arg(long, default_value = "a3")]
    pub paper: PaperSize,
    /// 文件
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
