//! Columns that stand twice must agree: row by row, by SQL.

use std::collections::BTreeSet;

use diesel::sql_types::{Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::month::Month;
use domain::place::Place;

use crate::codec;
use crate::database::Connection;
use crate::error::Result;
use crate::verify::Verified;

/// What must hold, and a query for the first row of a village for which it does not.
///
/// `$1` is the county, `$2` and `$3` the interval of the village.
const RULES: &[(&str, &str)] = &[
    (
        "扣分记录的编号或地方与积分卡不符",
        "select c.month, '积分卡' as subject from card c
         join finding f on f.county_code = c.county_code and f.month = c.month and f.card_id = c.id
         where c.county_code = $1 and c.place >= $2 and c.place < $3
         group by c.month, c.id, c.place
         having max(f.number) <> count(*) or min(f.number) <> 1 or bool_or(f.place <> c.place)",
    ),
    (
        "积分卡与农户的村小组不符",
        "select null::int as month, h.code as subject from household h
         join card c on c.county_code = h.county_code and c.household_id = h.id
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and not exists (select from household_version v where v.county_code = h.county_code
                and v.household_id = h.id and v.place = c.place)",
    ),
    (
        "花名册与农户的村小组不符",
        "select null::int as month, h.code as subject from household h
         join household_version v on v.county_code = h.county_code and v.household_id = h.id
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and (left(v.place, 12) <> left(h.code, 12) or (v.revision = 1 and v.place <> left(h.code, 15)))",
    ),
    (
        "农户所在的村小组与花名册不符",
        "select null::int as month, h.code as subject from household h
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and h.place is distinct from (select v.place from household_version v
                where v.county_code = h.county_code and v.household_id = h.id order by v.revision desc limit 1)",
    ),
    (
        "花名册的登记次数不连续",
        "select null::int as month, h.code as subject from household h
         join household_version v on v.county_code = h.county_code and v.household_id = h.id
         where h.county_code = $1 and h.place >= $2 and h.place < $3
         group by h.code having max(v.revision) <> count(*)",
    ),
    (
        "备注与积分卡的村小组不符",
        "select c.month, '备注' as subject from card c
         join card_remark r on r.county_code = c.county_code and r.month = c.month and r.card_id = c.id
         where c.county_code = $1 and c.place >= $2 and c.place < $3 and (r.place <> c.place or c.remark_digest is null)",
    ),
    (
        "评委与评分组的村不符，或编号不连续",
        "select null::int as month, p.name as subject from panel p
         join panel_member m on m.county_code = p.county_code and m.panel_id = p.id
         where p.county_code = $1 and p.place >= $2 and p.place < $3
         group by p.id, p.name, p.place having max(m.number) <> count(*) or bool_or(m.place <> p.place)",
    ),
    (
        "评分组的登记次数不连续",
        "select null::int as month, name as subject from panel where county_code = $1 and place >= $2 and place < $3
         group by name having max(revision) <> count(*)",
    ),
    (
        "签字与评分组的村不符",
        "select null::int as month, p.name as subject from panel p
         join signature s on s.county_code = p.county_code and s.panel_id = p.id
         where p.county_code = $1 and p.place >= $2 and p.place < $3 and s.place <> p.place",
    ),
    (
        "年终名单的顺序不连续，或地方与评比不符",
        "select null::int as month, coalesce(r.year::text, '') || ' 年终名单' as subject from award_result a
         left join award_run r on r.county_code = a.county_code and r.id = a.run_id
         where a.county_code = $1 and a.place >= $2 and a.place < $3
         group by r.id, r.year, r.place, a.place
         having max(a.position) <> count(*) or count(distinct a.position) <> count(*)
            or min(a.position) <> 1 or r.place is distinct from left(a.place, 12)",
    ),
    (
        "差异与结果的村小组不符",
        "select null::int as month, h.code as subject from household h
         join month_difference d on d.county_code = h.county_code and d.household_id = h.id
         where h.county_code = $1 and h.place >= $2 and h.place < $3
            and not exists (select from household_version v where v.county_code = h.county_code
                and v.household_id = h.id and v.place = d.place)",
    ),
];

#[derive(diesel::QueryableByName)]
struct Subject {
    #[diesel(sql_type = Nullable<Integer>)]
    month: Option<i32>,
    #[diesel(sql_type = Text)]
    subject: String,
}

#[derive(diesel::QueryableByName)]
struct MonthRow {
    #[diesel(sql_type = Integer)]
    month: i32,
}

pub(super) async fn check_rows(
    connection: &mut Connection,
    village: &Place,
    verified: &mut Verified,
) -> Result<()> {
    let scope = village.scope();
    for (difference, query) in RULES {
        let found: Vec<Subject> =
            diesel::sql_query(format!("select month, subject from ({query} limit 1) found"))
                .bind::<Text, _>(village.county().digits())
                .bind::<Text, _>(&scope.low)
                .bind::<Text, _>(&scope.high)
                .load(connection)
                .await?;
        for Subject { month, subject } in found {
            match month.map(codec::month).transpose()? {
                Some(month) => verified.fail_in(month, *village, subject, *difference),
                None => verified.fail(*village, subject, *difference),
            }
        }
    }
    Ok(())
}

/// The months for which a village has cards, signatures or versions.
pub(super) async fn months(connection: &mut Connection, village: &Place) -> Result<BTreeSet<Month>> {
    let scope = village.scope();
    let rows: Vec<MonthRow> = diesel::sql_query(
        "select month from card where county_code = $1 and place >= $2 and place < $3
         union select month from signature where county_code = $1 and place >= $2 and place < $3
         union select month from month_closing where county_code = $1 and place >= $2 and place < $3",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(scope.low)
    .bind::<Text, _>(scope.high)
    .load(connection)
    .await?;
    rows.into_iter().map(|row| codec::month(row.month)).collect()
}
