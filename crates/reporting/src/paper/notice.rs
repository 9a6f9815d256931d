//! The notice on paper, as a picture for chat groups, and as a text for the loudspeaker (大喇叭).

use domain::closing::Tier;
use domain::points::Points;
use domain::publication::{Change, Honours, Notice, NoticeGroup, NoticeRow, ObjectionOutcome, Praised};
use serde_json::{Value, json};

use super::{Sheet, date, points, qr};

/// The paper of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// Landscape, for the notice board.
    A3,
    /// Portrait.
    A4,
}

/// How many of a group a picture and the loudspeaker name.
const TOP: usize = 3;

/// The notice for the board; `url` is the address of the same page, `phone` the one for complaints.
pub fn notice(notice: &Notice, paper: Paper, url: &str, phone: &str) -> Sheet {
    let paper = match paper {
        Paper::A3 => "a3",
        Paper::A4 => "a4",
    };
    let mut data = facts(notice, url, phone);
    data["paper"] = json!(paper);
    let [best, total, improved] = notice.village_praise().map(|names| names.join("、"));
    data["praise"] = json!({ "best": best, "total": total, "full": "", "improved": improved });
    data["groups"] = notice.groups.iter().map(group).collect();
    data["changes"] = notice.changes.iter().map(change).collect();
    data["outcomes"] = notice.outcomes.iter().map(outcome).collect();
    data["reason"] = json!(notice.reason.as_deref().unwrap_or_default());
    data["hash"] = json!(notice.hash.hex());
    let provenance = notice.provenance.lines().into_iter().map(|(words, digits)| format!("{words} {digits}"));
    data["provenance"] = json!(provenance.collect::<Vec<_>>());
    data["totals"] = json!(format!("合计 {} 户 / {} 已评", notice.taking_part, notice.scored));
    data["closed"] = json!(format!("结账时间 {}", date(Some(notice.closed_on))));
    Sheet { template: "notice.typ", data }
}

/// The picture for chat groups: each group's first, with the code of the page that has everybody.
pub fn picture(notice: &Notice, url: &str) -> Sheet {
    let mut data = facts(notice, url, "");
    let top = |group: &NoticeGroup| {
        let rows: Vec<Value> = top(group).map(named).collect();
        json!({ "name": group.name, "facts": group_facts(group), "top": rows })
    };
    data["groups"] = notice.groups.iter().map(top).collect();
    Sheet { template: "picture.typ", data }
}

/// What the loudspeaker reads out: whole sentences, no house numbers, praise only.
pub fn loudspeaker(notice: &Notice) -> String {
    let mut text = format!(
        "各位村民请注意，现在播送{}{}{}的家庭积分情况。\n",
        notice.town_name,
        notice.village_name,
        notice.month.title()
    );
    if notice.is_preview() {
        text.insert_str(0, "（预览，公示前请勿播送）\n");
    }
    if !notice.carried_out {
        text.push_str("本月没有开展评分。\n");
        return text;
    }
    text.push_str(&format!("全村参与 {} 户，已评 {} 户。\n", notice.taking_part, notice.scored));
    if notice.version > 1 {
        text.push_str("本次公示含更正，以新公示的为准。\n");
    }
    for group in &notice.groups {
        let mean = group.mean.map(|mean| format!("，平均 {} 分", mean.short())).unwrap_or_default();
        text.push_str(&format!("{}：参与 {} 户{mean}。", group.name, group.taking_part));
        let heads = |praised: &[Praised]| -> String {
            praised.iter().map(|one| spoken(&one.head.to_string())).collect::<Vec<_>>().join("、")
        };
        if !group.honours.full.is_empty() {
            text.push_str(&format!("本月满分的是{}。", heads(&group.honours.full)));
        } else if let Some(best) = group.honours.best.first() {
            text.push_str(&format!(
                "本月最高 {} 分，是{}。",
                best.points.short(),
                heads(&group.honours.best)
            ));
        }
        text.push('\n');
    }
    if let Some(until) = notice.object_until {
        text.push_str(&format!(
            "详细积分已在村务公开栏公示。对积分有异议的，请在{}前到村委会登记。\n",
            date(Some(until))
        ));
    }
    text.push_str("播送完毕，谢谢大家。\n");
    text
}

/// A masked name as it can be read out: `张*明` is 张某明.
fn spoken(head: &str) -> String {
    head.replace('*', "某")
}

fn facts(notice: &Notice, url: &str, phone: &str) -> Value {
    let object = match notice.object_until {
        Some(until) => format!("对积分有异议的，请在 {} 前到村委会登记。", date(Some(until))),
        None => "公示后，在公示期内可提出异议。".to_owned(),
    };
    let published = match notice.published_on {
        Some(on) => format!("公示日期 {}", date(Some(on))),
        None => String::new(),
    };
    json!({
        "title": notice.title(),
        "preview": notice.is_preview(),
        "version": format!("第{}版", notice.version),
        "corrected": notice.version > 1,
        "published": published,
        "phone": if phone.is_empty() { String::new() } else { format!("监督电话 {phone}") },
        "facts": format!("参与 {} 户，已评 {} 户", notice.taking_part, notice.scored),
        "carried_out": notice.carried_out,
        "object": object,
        "qr": qr(url),
        "url": url,
        "check": format!("校验码 {}", notice.hash.short()),
    })
}

fn group_facts(group: &NoticeGroup) -> String {
    let mean = group.mean.map(|mean| format!("，平均 {}", mean.short())).unwrap_or_default();
    format!("参与 {} 户，已评 {} 户{mean}", group.taking_part, group.scored)
}

fn group(group: &NoticeGroup) -> Value {
    let rows: Vec<Value> = group.rows.iter().map(named).collect();
    let unscored: Vec<String> =
        group.unscored.iter().map(|(number, status)| format!("{number} {}", status.title())).collect();
    json!({
        "name": group.name,
        "facts": group_facts(group),
        "rows": rows,
        "unscored": unscored.join("、"),
        "praise": praise(&group.honours),
    })
}

fn named(row: &NoticeRow) -> Value {
    let placed = row.placed.as_ref();
    json!({
        "rank": placed.map(|placed| placed.rank.to_string()).unwrap_or_default(),
        "tied": placed.is_some_and(|placed| placed.tied),
        "number": row.number,
        "head": placed.map(|placed| placed.head.to_string()).unwrap_or_default(),
        "score": row.score.short(),
        "total": placed.map(|placed| placed.total.short()).unwrap_or_default(),
        "tier": placed.and_then(|placed| placed.tier).map(Tier::title).unwrap_or_default(),
    })
}

fn top(group: &NoticeGroup) -> impl Iterator<Item = &NoticeRow> {
    group.rows.iter().filter(|row| row.placed.is_some()).take(TOP)
}

/// A praise line by line; a line without anybody is empty.
fn praise(honours: &Honours) -> Value {
    let [best, total, full, improved] = honours.lines().map(|(_, line)| line);
    json!({ "best": best, "total": total, "full": full, "improved": improved })
}

fn change(change: &Change) -> Value {
    let both = |(before, after): (String, String)| format!("{before} → {after}");
    let scores = (points(change.score.0), points(change.score.1));
    let rank = |rank: Option<u32>| rank.map(|rank| rank.to_string()).unwrap_or_else(|| "/".to_owned());
    let tier = |tier: Option<Tier>| tier.map_or("/".to_owned(), |tier| tier.title().to_owned());
    json!({
        "group": change.group,
        "number": change.number,
        "score": both(scores),
        "rank": both((rank(change.rank.0), rank(change.rank.1))),
        "tier": both((tier(change.tier.0), tier(change.tier.1))),
    })
}

fn outcome(one: &ObjectionOutcome) -> Value {
    json!({
        "number": one.number,
        "about": one.subject(),
        "outcome": one.outcome,
        "on": date(Some(one.decided_on)),
    })
}

/// The mean as sheets print it.
pub(super) fn mean(mean: Option<Points>) -> String {
    mean.map(Points::short).unwrap_or_else(|| "—".to_owned())
}
