//! What a page is told after a form: what was done, or why it was not.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::error::PageError;

/// What a page is told after a form: which act was done.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    #[serde(default)]
    pub(crate) done: Option<String>,
}

/// The words after an act; an address may name no others.
pub(super) fn done(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "closed" => "已结账。请核对公示预览，然后公示。",
        "published" => "已公示。请把公示单张贴到村务公开栏，并登记张贴。",
        "posted" => "张贴已登记。",
        "signed" => "已签字。",
        "saved" => "已保存。",
        "submitted" => "已提交，等待上一级审批。",
        "approved" => "已批准，从生效月份起执行。",
        "sent-back" => "已退回修改。",
        "exception-granted" => "已批准补录，到截止日当天为止可以录入。",
        "exception-refused" => "已记录为不批准，村里会看到原因。",
        "sample-fixed" => "抽查已定下，校验码已记录；全部签字后可以抽签。",
        "sample-drawn" => "已抽签，密数已公开。请打印名单，上门复核。",
        "sample-corrected" => "积分卡已按镇复核更正，本月已成新版本。请公示新版本。",
        "withdrawn" => "已撤回。",
        "decided" => "异议已办结。",
        "corrected" => "异议已办结，本月已更正为新版本。请公示新版本。",
        "answered" => "已答复，村民凭查询码可以看到。",
        "card-reissued" => "旧户卡已作废。请打印新户卡，交给这一户。",
        "erased" => "已依法删除。",
        "moved" => "迁组已登记。",
        "split" => "分户已登记。分出来的一户在花名册里。",
        "merged" => "并户已登记。",
        "asked" => "质询已发出，等村里答复。",
        "query-answered" => "已答复，等镇里办结。",
        "query-closed" => "质询已办结。",
        "registered" => "已登记。",
        "imported" => "农户已导入。",
        "awarded" => "年终评比名单已得出；没有变化的，保留原来的名单。",
        "noted" => "已记录。",
        "granted" => "角色已授予。",
        "switched-off" => "账号已停用，现有的登录已结束。",
        "switched-on" => "账号已启用。",
        "token-revoked" => "令牌已收回，立即生效。",
        "photo-proposed" => "照片已提出，由另一人审核后上公示栏。",
        "photo-approved" => "照片已上公示栏。",
        "photo-taken-down" => "照片已从公示栏撤下。",
        "consent-withdrawn" => "同意已撤回，照片不在公示栏上了。",
        "revoked" => "角色已收回，立即生效。",
        _ => "",
    }
}

/// After a form: back to a page, which tells what was done.
pub(crate) fn done_at(address: &str, code: &str) -> Response {
    let joint = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{joint}done={code}")).into_response()
}

/// What the words of a refusal say of the field of a title; empty where they are about something else.
pub(crate) fn said_of<'a>(words: &'a str, title: &str) -> &'a str {
    let about = |line: &'a str| line.strip_prefix(title)?.strip_prefix('：');
    words.lines().find_map(about).unwrap_or_default()
}

/// The status of a page that tells why a form was not done, and its words.
pub(crate) fn refused(error: PageError) -> Result<(StatusCode, String), PageError> {
    match error {
        PageError::Problem(problem) => Ok((problem.status(), problem.sentence())),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_at_the_field_that_they_name() {
        let words = "内容有误，没有保存\n同意日期：请选择日期";
        assert_eq!(said_of(words, "同意日期"), "请选择日期");
        assert_eq!(said_of(words, "照片说明"), "");
        assert_eq!(said_of("同意日期在今天之后", "同意日期"), "");
    }
}
