//! What phones hand in: photos by their content, then the sheets that name them.

use std::collections::BTreeMap;

use authz::{Allowed, EnterCards};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Level;
use domain::points::Points;
use domain::scoring::{Receipt, Status};
use records::photos::{NewPhoto, keep_photo};
use records::sheets::{HandedIn, Sheet, SheetPhoto, hand_in};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::FormToken;
use crate::caller::Caller;
use crate::http::input::{Input, Named, date, place_of, short, wrong};
use crate::problem::{Answered, Problem};
use crate::state::State;

/// `PUT /phone/photos/{household}/{month}/{sha256}`: the bytes of a photo.
pub(crate) async fn photo(
    Extract(state): Extract<State>,
    caller: Caller,
    Named((household, month, hash)): Named<(String, String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Answered<StatusCode> {
    let household = place_of("household", &household, Level::Household)?;
    let month = crate::http::input::month("month", &month)?;
    let village = household.ancestor(Level::Village).ok_or_else(Problem::not_found)?;
    let reach = caller.reach()?;
    let at = if village.contains(&reach) { reach } else { village };
    let allowed = caller.allow(EnterCards, at).await?;
    let token = headers.get("x-form-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
    FormToken::new(token).check(&caller)?;
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let client_hash = hex::decode(&hash).ok().and_then(|bytes| Digest::from_bytes(&bytes));
    let client_hash = client_hash.ok_or_else(|| wrong("sha256", "应是 64 位十六进制数".into()))?;
    // Only now is it read: nobody's photo takes memory.
    let bytes = Bytes::from_request(request, &state).await.map_err(|_| Problem::too_large())?;
    // Decoding takes memory: a few at a time, the others wait their turn.
    let _turn = state.decoding.acquire().await.map_err(|_| Problem::fault())?;
    let mut connection = state.database.connection().await?;
    let login = logged_in.identity.login.as_str();
    let photo = NewPhoto { household, month, client_hash, bytes: bytes.to_vec(), login };
    keep_photo(&mut connection, &allowed, &state.photos, photo, &state.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A sheet as the phone sends it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SentSheet {
    /// 36 个字符的编号，由发送方选定；同一张评分单重发时不变
    #[schema(min_length = 36, max_length = 36, example = "6f1d2c3b-4a59-4687-9786-a5b4c3d2e1f0")]
    key: String,
    /// 月份
    #[schema(example = "2026-10")]
    month: String,
    /// 农户代码
    #[schema(example = "4402291002010010001")]
    household_code: String,
    /// 评分组
    #[schema(max_length = 200, example = "第一评分组")]
    panel: String,
    /// 按哪一份积分项目算的分
    catalogue_id: Option<i64>,
    /// 填写时所见的积分卡是第几版；没有即 0
    #[schema(minimum = 0)]
    base_revision: i16,
    /// 评分日期
    #[schema(example = "2026-10-28")]
    scored_on: String,
    /// 状态：scored、away、refused、unreached
    #[schema(example = "scored")]
    status: String,
    /// 扣分，写法同导入文件
    #[serde(default)]
    #[schema(example = "H1a*2;H3b")]
    findings: String,
    /// 备注，至多 200 字
    #[serde(default)]
    note: Option<String>,
    /// 逾期原因，至多 200 字
    #[serde(default)]
    late_reason: Option<String>,
    /// 已上传的照片的 SHA-256
    #[serde(default)]
    #[schema(max_items = 40)]
    photos: Vec<String>,
    /// The items at which they were taken, by the photos' hashes; sheets that waited from before name none.
    #[serde(default)]
    photo_items: BTreeMap<String, String>,
}

/// Sheets that the phone hands in.
#[derive(Debug, Deserialize)]
pub(crate) struct SentSheets {
    form_token: String,
    sheets: Vec<SentSheet>,
}

/// How a sheet was received.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptLine {
    /// 评分单的编号
    key: String,
    /// entered 已入账、same 内容相同、conflict 冲突、late 迟到、unclear 待核实
    outcome: &'static str,
    /// 回执的话，写明要做什么
    message: String,
    /// 成为积分卡的第几版
    revision: Option<i16>,
    /// 得分；没有评分即为空
    score: Option<String>,
}

/// How every sheet was received.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    /// 每张评分单的回执
    receipts: Vec<ReceiptLine>,
}

/// `POST /phone/sheets`
pub(crate) async fn sheets(
    Extract(state): Extract<State>,
    caller: Caller,
    Input(sent): Input<SentSheets>,
) -> Answered<Json<Receipts>> {
    let allowed = caller.allow(EnterCards, caller.reach()?).await?;
    FormToken::new(&sent.form_token).check(&caller)?;
    received(&state, &caller, &allowed, sent.sheets).await.map(Json)
}

/// Hands sheets in, wherever they come from.
///
/// # Errors
/// What is wrong with a sheet, by its field, and what the verb refuses.
pub(crate) async fn received(
    state: &State,
    caller: &Caller,
    allowed: &Allowed<EnterCards>,
    sent: Vec<SentSheet>,
) -> Answered<Receipts> {
    let logged_in = caller.logged_in().ok_or_else(Problem::not_logged_in)?;
    let sheets = sent.into_iter().map(sheet).collect::<Result<Vec<_>, _>>()?;
    let identity = &logged_in.identity;
    let mut connection = state.database.connection().await?;
    let (salts, moment) = (&state.registrar.salts, state.moment());
    let handed_in =
        hand_in(&mut connection, allowed, identity.account, &identity.login, &sheets, salts, &moment).await?;
    Ok(Receipts { receipts: handed_in.into_iter().map(line).collect() })
}

fn sheet(sent: SentSheet) -> Result<Sheet, Problem> {
    short("panel", Some(&sent.panel))?;
    short("note", sent.note.as_deref())?;
    short("late_reason", sent.late_reason.as_deref())?;
    // Blanks say nothing, and stand for no evidence.
    let filled = |text: &String| !text.trim().is_empty();
    let photo = |hash: &String| {
        let client_hash = hex::decode(hash).ok().and_then(|bytes| Digest::from_bytes(&bytes));
        let client_hash = client_hash.ok_or_else(|| wrong("photos", format!("“{hash}”不是照片的校验码")))?;
        let item = sent.photo_items.get(hash).filter(|item| is_item_code(item)).cloned();
        Ok(SheetPhoto { client_hash, act: None, item })
    };
    Ok(Sheet {
        month: Month::parse(&sent.month).map_err(|error| wrong("month", error.to_string()))?,
        household: place_of("household_code", &sent.household_code, Level::Household)?,
        status: Status::stated(&sent.status)
            .ok_or_else(|| wrong("status", format!("“{}”不是状态", sent.status)))?,
        scored_on: date("scored_on", &sent.scored_on)?,
        photos: sent.photos.iter().map(photo).collect::<Result<_, Problem>>()?,
        key: sent.key,
        panel: sent.panel,
        findings: sent.findings,
        late_reason: sent.late_reason.filter(filled),
        note: sent.note.filter(filled),
        seen_on_paper: false,
        catalogue: sent.catalogue_id,
        base_revision: sent.base_revision,
    })
}

/// Whether a text can be the code of an item; another names none, and the photo shows the house.
fn is_item_code(text: &str) -> bool {
    (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn line(handed_in: HandedIn) -> ReceiptLine {
    let outcome = match handed_in.receipt {
        Receipt::Entered => "entered",
        Receipt::Same => "same",
        Receipt::Conflict => "conflict",
        Receipt::Late => "late",
        Receipt::Unclear => "unclear",
    };
    ReceiptLine {
        key: handed_in.key,
        outcome,
        message: handed_in.message,
        revision: handed_in.revision,
        score: handed_in.score.map(Points::short),
    }
}
