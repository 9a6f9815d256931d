//! Why a file as a whole cannot be read, and how to mend it.

/// What helps with most files that cannot be read.
const SAVE_AGAIN: &str = "请在表格软件里打开，另存为 UTF-8 CSV 或 XLSX";

/// A file that cannot be read as a table, in Chinese, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("文件“{file}”{fault}")]
pub struct FileProblem {
    /// The file, as the caller named it.
    pub file: String,
    /// What is wrong with it.
    pub fault: FileFault,
}

impl FileProblem {
    pub(crate) fn new(file: impl Into<String>, fault: FileFault) -> Self {
        Self { file: file.into(), fault }
    }
}

/// What is wrong with a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("不存在：请核对路径和文件名")]
    Absent,
    /// It is a folder.
    #[error("是文件夹：请指明其中的一个 CSV 或 XLSX 文件")]
    Folder,
    /// The system does not hand it out.
    #[error("读不出来（{0}）：请检查文件权限，或复制到本机再试")]
    Unreadable(String),
    /// Nothing in it.
    #[error("是空的：请核对是否选错了文件，第一行应是表头")]
    Empty,
    /// More bytes than the limit.
    #[error("有 {bytes} 字节，超过上限 {limit} 字节：请按镇或村分成几个文件")]
    TooLarge {
        /// The file's bytes.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More bytes than the limit once unpacked.
    #[error("解压后有 {bytes} 字节，超过上限 {limit} 字节：请删去图片和多余的工作表，或按镇、村分成几个文件")]
    Unpacks {
        /// The bytes of everything in it.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More rows than the limit.
    #[error("超过 {limit} 行：请按镇或村分成几个文件")]
    TooManyRows {
        /// The limit.
        limit: u32,
    },
    /// More columns or cells than a table of ours has.
    #[error("的格子太多（至多 {columns} 列）：请删去多余的列和行")]
    TooManyCells {
        /// The most columns.
        columns: usize,
    },
    /// Its name says XLSX and its content does not.
    #[error("名为 XLSX，内容却不是：{again}", again = SAVE_AGAIN)]
    NotAWorkbook,
    /// A zip archive that is no workbook, or a damaged one.
    #[error("不是完好的 XLSX 工作簿（{0}）：{again}", again = SAVE_AGAIN)]
    BrokenWorkbook(String),
    /// A workbook of the old format, or one with a password.
    #[error("是旧版 XLS 或加了密码的工作簿：请去掉密码，另存为 UTF-8 CSV 或 XLSX")]
    OldWorkbook,
    /// A workbook without a sheet to read.
    #[error("里没有可见的工作表：请把数据放在第一张工作表")]
    NoSheet,
    /// UTF-16.
    #[error("是 UTF-16（Unicode）文本：请另存为 UTF-8 CSV 或 XLSX")]
    Utf16,
    /// Bytes that no text has.
    #[error("含有二进制内容，不是表格：{again}", again = SAVE_AGAIN)]
    Binary,
    /// Neither UTF-8 nor GB18030.
    #[error("第 {line} 行有编码错误，既不是 UTF-8 也不是 GB18030：请另存为 UTF-8 CSV 或 XLSX")]
    Encoding {
        /// The line of the first wrong byte.
        line: u32,
    },
    /// A line that no table has.
    #[error("第 {line} 行长得不像表格的一行：请核对是否选错了文件，或{again}", again = SAVE_AGAIN)]
    LongLine {
        /// The line.
        line: u32,
    },
    /// A quote that swallows the rest of the file.
    #[error("第 {line} 行起有双引号没有配对：请补上或删去，或另存为 XLSX")]
    OpenQuote {
        /// The line where the swallowing row begins.
        line: u32,
    },
    /// Columns apart by something else than commas.
    #[error("用分号或制表符分列：请另存为以逗号分列的 UTF-8 CSV，或另存为 XLSX")]
    OtherSeparator,
    /// A first row in which no column is known.
    #[error("的第一行不像表头（{found}）：请在第一行写列名，须有 {wanted}")]
    NoHeader {
        /// What stands there.
        found: String,
        /// The columns that have to be there.
        wanted: String,
    },
    /// A header without columns that have to be there.
    #[error("缺少列 {missing}；表头现有 {found}：请补上缺少的列")]
    MissingColumns {
        /// The missing ones, in both languages.
        missing: String,
        /// What the header has.
        found: String,
    },
    /// A column that stands twice in the header.
    #[error("的表头里列 {0} 出现了两次：请只留一列")]
    ColumnTwice(String),
}
