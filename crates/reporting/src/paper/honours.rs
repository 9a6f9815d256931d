//! The honour roll (光荣榜) of a village's month.

use domain::publication::{Honours, Notice, Praised};
use serde_json::{Value, json};

use super::Sheet;

/// The honour roll.
pub fn honour_roll(notice: &Notice) -> Sheet {
    let group = |group: &domain::publication::NoticeGroup| {
        let mut praise = praise(&group.honours);
        praise["name"] = json!(group.name);
        praise
    };
    let [best, total, improved] = notice.village_praise();
    let data = json!({
        "title": format!("{}{}光荣榜", notice.town_name, notice.village_name),
        "period": notice.month.title(),
        "preview": notice.is_preview(),
        "village": { "best": best, "total": total, "full": [], "improved": improved },
        "groups": notice.groups.iter().map(group).collect::<Vec<_>>(),
    });
    Sheet { template: "honours.typ", data }
}

fn praise(honours: &Honours) -> Value {
    let scored = |one: &Praised| format!("{} {} {} 分", one.number(), one.head, one.points.short());
    let named = |one: &Praised| format!("{} {}", one.number(), one.head);
    json!({
        "best": honours.best.iter().map(scored).collect::<Vec<_>>(),
        "total": honours.total.iter().map(scored).collect::<Vec<_>>(),
        "full": honours.full.iter().map(named).collect::<Vec<_>>(),
        "improved": honours.improved.iter().map(Praised::gain).collect::<Vec<_>>(),
    })
}
