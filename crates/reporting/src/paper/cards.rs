//! Household cards, their monthly labels, and blank scoring sheets.

use domain::catalogue::Catalogue;
use domain::closing::Tier;
use domain::forms::{BlankSheet, GroupMonth, HouseholdCard};
use domain::points::Points;
use domain::publication::{Masked, last_digits};
use serde_json::{Value, json};

use super::{Sheet, qr};

/// The cards of a group's households for a year; `url` is the address below which their pages are.
pub fn household_cards(cards: &[HouseholdCard], year: i32, url: &str, phone: &str) -> Sheet {
    let phone = if phone.is_empty() { String::new() } else { format!("村委会电话 {phone}") };
    let card = |card: &HouseholdCard| {
        json!({
            "village": card.village_name,
            "group": card.group_name,
            "number": last_digits(&card.household),
            "head": card.head,
            "year": format!("{year}年"),
            "qr": qr(&format!("{url}/h/{}", card.token)),
            "phone": phone,
        })
    };
    let data = json!({ "title": "家庭积分卡", "cards": cards.iter().map(card).collect::<Vec<_>>() });
    Sheet { template: "card.typ", data }
}

/// The labels of a group's month, to be stuck on the cards.
pub fn labels(month: &GroupMonth) -> Sheet {
    let labels: Vec<Value> = month
        .rows
        .iter()
        .map(|row| {
            let result = &row.result;
            json!({
                "number": last_digits(&result.household),
                "head": Masked::name(&row.head).to_string(),
                "score": result.score.map_or_else(|| result.status.title().to_owned(), Points::short),
                "rank": result.rank_in_group.map(|rank| format!("第{rank}名")).unwrap_or_default(),
                "tier": result.tier.map(Tier::title).unwrap_or_default(),
                "total": format!("累计 {}", result.year_total.short()),
            })
        })
        .collect();
    let data = json!({
        "title": format!("{}{}积分标签", month.place_name, month.month.title()),
        "month": month.month.title(),
        "preview": !month.published,
        "labels": labels,
    });
    Sheet { template: "labels.typ", data }
}

/// A blank scoring sheet to be filled by hand.
pub fn blank_sheet(sheet: &BlankSheet) -> Sheet {
    let row = |(household, head): &(domain::place::Place, String)| json!({ "number": last_digits(household), "head": head });
    let data = json!({
        "title": format!("{}家庭积分评分表", sheet.place_name),
        "month": sheet.month.title(),
        "panel": sheet.panel.as_deref().unwrap_or("（未设评分组）"),
        "rules": rules(&sheet.catalogue),
        "rows": sheet.households.iter().map(row).collect::<Vec<_>>(),
    });
    Sheet { template: "blank.typ", data }
}

fn rules(catalogue: &Catalogue) -> Value {
    let item = |item: &domain::catalogue::Item| {
        let rules: Vec<String> = item
            .rules
            .iter()
            .map(|rule| {
                format!(
                    "{} {} {} 分/{}",
                    rule.code,
                    rule.text,
                    rule.points.short(),
                    rule.unit.trim_start_matches('每')
                )
            })
            .collect();
        json!({
            "category": item.category.title(),
            "item": item.name,
            "full": item.full.short(),
            "rules": rules.join("；"),
        })
    };
    catalogue.items.iter().map(item).collect()
}
