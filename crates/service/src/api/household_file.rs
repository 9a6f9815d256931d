//! Everything that is known of one household, as it is taken out.

use domain::month::Month;
use domain::scoring::{Pictured, write_findings};
use records::households::HouseholdFile;
use records::photos::KeptPhoto;
use records::suggestions::{Answer, OwnSuggestion};
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that is known of a household.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileOfHousehold {
    /// 农户代码
    household_code: String,
    /// 村小组
    group_code: String,
    /// 户主
    head: Option<String>,
    /// 电话
    phone: Option<String>,
    /// 地址
    address: Option<String>,
    /// 户籍人口
    members_registered: u16,
    /// 常住人口
    members_resident: u16,
    /// 常住户
    resident: bool,
    /// 本村
    local: bool,
    /// 加入月份
    joined_month: Option<String>,
    /// 退出月份
    left_month: Option<String>,
    /// 历次登记的户主
    heads: Vec<TextOfMonth>,
    /// 积分卡上的原因、备注和决定人
    remarks: Vec<TextOfMonth>,
    /// 各月
    months: Vec<MonthOfHousehold>,
    /// 从本户页面提出的建议和投诉；投诉村干部和评分的不让村里看到，由镇以上导出时才列
    suggestions: Vec<SuggestionOfHousehold>,
    /// 保存着的照片
    photos: Vec<PhotoOfHousehold>,
}

/// What came from the household's page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionOfHousehold {
    /// 编号
    #[schema(example = "意2026-11-003")]
    suggestion_no: String,
    /// suggestion 建议、complaint 投诉
    kind: String,
    /// 事项
    topic: String,
    /// 提出的日期
    filed_on: String,
    /// 内容；依法删除后为空
    words: Option<String>,
    /// 留下的姓名
    name: Option<String>,
    /// 留下的电话
    phone: Option<String>,
    /// 历次答复，以最后一次为准
    answers: Vec<AnswerToHousehold>,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerToHousehold {
    /// 内容；依法删除后为空
    words: Option<String>,
    /// 答复的日期
    on: String,
    /// 是否公开
    published: bool,
}

/// A photo that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PhotoOfHousehold {
    /// 月份
    month: String,
    /// 照片内容的 SHA-256
    sha256: String,
    /// 拍的是什么：项目代码，或扣分如 H1a+H7a；拍的是整户即为空
    items: Vec<String>,
}

impl From<OwnSuggestion> for SuggestionOfHousehold {
    fn from(one: OwnSuggestion) -> Self {
        let answer = |answer: Answer| AnswerToHousehold {
            words: answer.words,
            on: answer.on.to_string(),
            published: answer.published,
        };
        Self {
            suggestion_no: one.number,
            kind: one.kind.name().to_owned(),
            topic: one.topic.name().to_owned(),
            filed_on: one.filed_on.to_string(),
            words: one.words,
            name: one.name,
            phone: one.phone,
            answers: one.answers.into_iter().map(answer).collect(),
        }
    }
}

impl From<KeptPhoto> for PhotoOfHousehold {
    fn from(photo: KeptPhoto) -> Self {
        let item = |pictured: Pictured| match pictured {
            Pictured::House => None,
            Pictured::Item(code) | Pictured::Act(code) => Some(code),
        };
        Self {
            month: photo.month.to_string(),
            sha256: photo.hash.hex(),
            items: photo.pictured.into_iter().filter_map(item).collect(),
        }
    }
}

/// A text that holds from, or for, a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TextOfMonth {
    /// 月份
    month: String,
    /// 内容；依法删除后为空
    text: Option<String>,
}

/// A closed month of a household.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MonthOfHousehold {
    /// 月份
    month: String,
    /// 状态
    status: String,
    /// 得分
    score: Option<String>,
    /// 组内名次
    rank_in_group: Option<u32>,
    /// 年度累计
    year_total: String,
    /// 扣分
    findings: String,
}

impl From<HouseholdFile> for FileOfHousehold {
    fn from(file: HouseholdFile) -> Self {
        let entry = file.entry;
        let months = file.years.into_iter().flat_map(|year| year.months).map(|month| MonthOfHousehold {
            month: month.month.to_string(),
            status: month.result.status.name().to_owned(),
            score: month.result.score.map(|score| score.to_string()),
            rank_in_group: month.result.rank_in_group,
            year_total: month.result.year_total.to_string(),
            findings: write_findings(&month.findings),
        });
        let text = |(month, text): (Month, Option<String>)| TextOfMonth { month: month.to_string(), text };
        Self {
            heads: file.heads.into_iter().map(text).collect(),
            remarks: file.remarks.into_iter().map(|(month, remark)| text((month, Some(remark)))).collect(),
            household_code: entry.household.code(),
            group_code: entry.group.code(),
            head: entry.head_name,
            phone: file.phone,
            address: file.address,
            members_registered: entry.members_registered,
            members_resident: entry.members_resident,
            resident: entry.resident,
            local: entry.local,
            joined_month: entry.participation.joined.map(|month| month.to_string()),
            left_month: entry.participation.left.map(|month| month.to_string()),
            months: months.collect(),
            suggestions: file.suggestions.into_iter().map(SuggestionOfHousehold::from).collect(),
            photos: file.photos.into_iter().map(PhotoOfHousehold::from).collect(),
        }
    }
}
