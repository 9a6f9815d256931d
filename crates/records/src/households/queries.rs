//! The town's queries whether a household may take part (参评资格质询): asked, answered, closed.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Act, Allowed, QueryEligibility, RegisterHouseholds};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Date, Integer, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::households::{QueryAbout, QueryFacts, QueryState, QueryStep, check_query_step, query_state};
use domain::objections::check_words;
use domain::place::{Level, Place};
use serde_json::json;

use super::load::{RegisterEntry, register_entry};
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::objections::doer;
use crate::places::lock_villages;
use crate::schema::{household, household_query, household_query_step};
use crate::sealing::Salts;
use crate::tenancy::{self, Mode, all_written};

/// A step on a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryStepTaken {
    /// What.
    pub kind: QueryStep,
    /// Why; none when lawfully erased.
    pub reason: Option<String>,
    /// The log-in of whoever did it.
    pub by: String,
    /// The local date.
    pub on: NaiveDate,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its row number.
    pub id: i64,
    /// The household.
    pub household: Place,
    /// The group where it is now.
    pub group: Place,
    /// What is asked.
    pub about: QueryAbout,
    /// Why it is asked; none when lawfully erased.
    pub words: Option<String>,
    /// The log-in of whoever asked.
    pub asked_by: String,
    /// The local date.
    pub asked_on: NaiveDate,
    /// What followed.
    pub steps: Vec<QueryStepTaken>,
    /// The register's revision when it was asked.
    revision: i32,
}

impl Query {
    fn kinds(&self) -> Vec<QueryStep> {
        self.steps.iter().map(|step| step.kind).collect()
    }

    /// Where it stands.
    pub fn state(&self) -> QueryState {
        query_state(&self.kinds())
    }
}

/// Asks a village about a household. The same question is one query while it is open. Returns its row number.
///
/// # Errors
/// A household that is not registered, words that cannot stand, another query about the same that is open.
pub async fn ask_eligibility(
    connection: &mut Connection,
    allowed: &Allowed<QueryEligibility>,
    household: &Place,
    (about, words): (QueryAbout, &str),
    salts: &Salts,
    moment: &Moment,
) -> Result<i64> {
    let village = household.ancestor(Level::Village).ok_or_else(|| unknown(household))?;
    let allowed = &allowed.narrow(village)?;
    let words = check_words(words).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry = register_entry(connection, household).await?.ok_or_else(|| unknown(household))?;
        unless_erased(&entry)?;
        let earlier = queries_of_household(connection, &entry).await?;
        let open = earlier.iter().find(|one| one.about == about && one.state().is_open());
        if let Some(open) = open {
            if open.words.as_deref() == Some(words.as_str()) {
                return Ok(open.id);
            }
            let message = "这一户已有一件同样的质询没有办结，请在那一件里再问";
            return Err(Refusal::message(message));
        }
        let of = format!("质询 {} {} {}", household.digits(), about.name(), earlier.len() + 1);
        let salt = salts.salt(&of)?;
        let digest = Digest::salted(&salt, &words);
        let by = doer(connection, allowed.actor()).await?;
        let id = insert(connection, &entry, about, (&words, salt, &digest), &by, moment).await?;
        let detail = json!({
            "query": id, "household": household.digits(), "about": about.name(), "words": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(id)
    })
    .await
}

/// Refuses new words about a household whose personal values are lawfully erased.
fn unless_erased(entry: &RegisterEntry) -> Result<()> {
    let erased = || Refusal::message("这一户已退出并依法删除个人信息，不能再质询或答复");
    entry.head_name.as_ref().map(drop).ok_or_else(erased)
}

fn unknown(household: &Place) -> Error {
    Refusal::missing(format!("农户 {household} 没有登记，请核对代码"))
}

#[derive(diesel::QueryableByName)]
struct Inserted {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

async fn insert(
    connection: &mut Connection,
    entry: &RegisterEntry,
    about: QueryAbout,
    (words, salt, digest): (&str, [u8; 16], &Digest),
    by: &str,
    moment: &Moment,
) -> Result<i64> {
    let inserted: Option<Inserted> = diesel::sql_query(
        "insert into household_query (county_code, place, household_id, about, revision, words, salt, words_digest,
            asked_by, asked_on, asked_at)
         select h.county_code, h.place, h.id, $3, $4, $5, $6, $7, $8, $9, $10
         from household h where h.county_code = $1 and h.id = $2
         returning id",
    )
    .bind::<Text, _>(entry.household.county().digits())
    .bind::<BigInt, _>(entry.household_id)
    .bind::<SmallInt, _>(about.number())
    .bind::<Integer, _>(entry.revision)
    .bind::<Text, _>(words)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .get_result(connection)
    .await
    .optional()?;
    inserted.map(|row| row.id).ok_or_else(|| Error::Corrupt("质询未写入".into()))
}

/// Who may take which steps on a query.
pub trait MayFollow: Act {
    /// Whether a step belongs to whoever has this permission.
    fn takes(step: QueryStep) -> bool;
}

impl MayFollow for QueryEligibility {
    fn takes(step: QueryStep) -> bool {
        !step.answers()
    }
}

impl MayFollow for RegisterHouseholds {
    fn takes(step: QueryStep) -> bool {
        step.answers()
    }
}

/// Answers, closes or repeats a query about a household.
///
/// # Errors
/// A query that is not there, a step that does not follow or belongs to others, words that cannot stand.
pub async fn take_step<A: MayFollow>(
    connection: &mut Connection,
    allowed: &Allowed<A>,
    (household, id): (&Place, i64),
    (step, reason): (QueryStep, &str),
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let village = household.ancestor(Level::Village).ok_or_else(|| unknown(household))?;
    let allowed = &allowed.narrow(village)?;
    if !A::takes(step) {
        let who = if step.answers() { "村里" } else { "镇里" };
        return Err(Refusal::message(format!("“{}”由{who}办理", step.title())));
    }
    let reason = check_words(reason).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        lock_villages(connection, &BTreeSet::from([village])).await?;
        let entry = register_entry(connection, household).await?.ok_or_else(|| unknown(household))?;
        // Of whoever is erased nothing new is written; what is open can still be closed.
        let reason = match unless_erased(&entry) {
            Ok(()) => reason,
            Err(_) if step == QueryStep::Closed => "依法删除后办结".to_owned(),
            Err(refusal) => return Err(refusal),
        };
        let found = queries_of_household(connection, &entry).await?.into_iter().find(|one| one.id == id);
        let query = found.ok_or_else(|| Refusal::message("这一户没有这件质询，请刷新后查看"))?;
        let by = doer(connection, allowed.actor()).await?;
        let kinds = query.kinds();
        let facts = QueryFacts {
            steps: &kinds,
            asked_by: &query.asked_by,
            register_changed: entry.revision > query.revision,
        };
        check_query_step(&facts, step, &by).map_err(|problem| Refusal::message(problem.to_string()))?;
        let digest = insert_step(connection, &entry, &query, (step, &reason), &by, salts, moment).await?;
        let detail = json!({
            "query": id, "household": household.digits(), "step": step.name(), "reason": digest.hex(),
        });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(())
    })
    .await
}

async fn insert_step(
    connection: &mut Connection,
    entry: &RegisterEntry,
    query: &Query,
    (step, reason): (QueryStep, &str),
    by: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<Digest> {
    let number = i16::try_from(query.steps.len() + 1)
        .map_err(|_| Error::Corrupt(format!("质询 {} 的步骤过多", query.id)))?;
    let salt = salts.salt(&format!("质询 {} {} {number}", entry.household.digits(), query.id))?;
    let digest = Digest::salted(&salt, reason);
    let written = diesel::sql_query(
        "insert into household_query_step (county_code, query_id, number, place, kind, reason, salt, reason_digest,
            by_name, taken_on, taken_at)
         select q.county_code, q.id, $3, q.place, $4, $5, $6, $7, $8, $9, $10
         from household_query q where q.county_code = $1 and q.id = $2",
    )
    .bind::<Text, _>(entry.household.county().digits())
    .bind::<BigInt, _>(query.id)
    .bind::<SmallInt, _>(number)
    .bind::<SmallInt, _>(step.number())
    .bind::<Text, _>(reason)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}

/// The queries about a household, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn queries_of_household(connection: &mut Connection, entry: &RegisterEntry) -> Result<Vec<Query>> {
    let village = entry.household.ancestor(Level::Village).unwrap_or(entry.household);
    load(connection, &village, Which::Of(entry.household_id)).await
}

/// The queries inside `scope` on which somebody has to act, the latest first.
///
/// # Errors
/// Faults of the database.
pub async fn open_queries(connection: &mut Connection, scope: &Place) -> Result<Vec<Query>> {
    load(connection, scope, Which::Open).await
}

/// Which queries are asked for.
#[derive(Debug, Clone, Copy)]
enum Which {
    /// Of a household.
    Of(i64),
    /// Not closed.
    Open,
}

/// Without a step that closes it, as [`QueryStep::Closed`] is stored.
const NOT_CLOSED: &str = "not exists (select from household_query_step s
    where s.county_code = household_query.county_code and s.query_id = household_query.id and s.kind = 4)";

type Row = (i64, String, String, i16, i32, Option<String>, String, NaiveDate);

async fn load(connection: &mut Connection, scope: &Place, which: Which) -> Result<Vec<Query>> {
    let (county, interval) = (scope.county(), scope.scope());
    let mut asked = household_query::table
        .inner_join(
            household::table.on(household::county_code
                .eq(household_query::county_code)
                .and(household::id.eq(household_query::household_id))),
        )
        .filter(household_query::county_code.eq(county.digits().to_owned()))
        .filter(household_query::place.ge(interval.low))
        .filter(household_query::place.lt(interval.high))
        .order(household_query::id.desc())
        .select((
            household_query::id,
            household::code,
            household::place,
            household_query::about,
            household_query::revision,
            household_query::words,
            household_query::asked_by,
            household_query::asked_on,
        ))
        .into_boxed();
    asked = match which {
        Which::Of(id) => asked.filter(household_query::household_id.eq(id)),
        Which::Open => asked.filter(diesel::dsl::sql::<Bool>(NOT_CLOSED)),
    };
    let rows: Vec<Row> = asked.load(connection).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut steps = steps(connection, &county, &ids).await?;
    rows.into_iter()
        .map(|(id, code, group, about, revision, words, asked_by, asked_on)| {
            let known = QueryAbout::from_number(about);
            Ok(Query {
                id,
                household: codec::place(&code)?,
                group: codec::place(&group)?,
                about: known.ok_or_else(|| Error::Corrupt(format!("质询事项 {about}")))?,
                words,
                asked_by,
                asked_on,
                steps: steps.remove(&id).unwrap_or_default(),
                revision,
            })
        })
        .collect()
}

async fn steps(
    connection: &mut Connection,
    county: &Place,
    ids: &[i64],
) -> Result<BTreeMap<i64, Vec<QueryStepTaken>>> {
    let rows: Vec<(i64, i16, Option<String>, String, NaiveDate)> = household_query_step::table
        .filter(household_query_step::county_code.eq(county.digits()))
        .filter(household_query_step::query_id.eq_any(ids))
        .order((household_query_step::query_id, household_query_step::number))
        .select((
            household_query_step::query_id,
            household_query_step::kind,
            household_query_step::reason,
            household_query_step::by_name,
            household_query_step::taken_on,
        ))
        .load(connection)
        .await?;
    let mut steps: BTreeMap<i64, Vec<QueryStepTaken>> = BTreeMap::new();
    for (query, kind, reason, by, on) in rows {
        let kind = QueryStep::from_number(kind).ok_or_else(|| Error::Corrupt(format!("质询步骤 {kind}")))?;
        steps.entry(query).or_default().push(QueryStepTaken { kind, reason, by, on });
    }
    Ok(steps)
}

/// Erases the words of the queries about a household and of their steps; their salted digests stay. Returns how many.
pub(super) async fn erase_queries(
    connection: &mut Connection,
    county: &Place,
    household_id: i64,
) -> Result<usize> {
    let ids: Vec<i64> = household_query::table
        .filter(household_query::county_code.eq(county.digits()))
        .filter(household_query::household_id.eq(household_id))
        .select(household_query::id)
        .load(connection)
        .await?;
    let steps = household_query_step::table
        .filter(household_query_step::county_code.eq(county.digits()))
        .filter(household_query_step::query_id.eq_any(&ids))
        .filter(household_query_step::salt.ne(Vec::new()));
    let erased = diesel::update(steps)
        .set((household_query_step::reason.eq(None::<String>), household_query_step::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    let words = household_query::table
        .filter(household_query::county_code.eq(county.digits()))
        .filter(household_query::id.eq_any(&ids))
        .filter(household_query::salt.ne(Vec::new()));
    let queries = diesel::update(words)
        .set((household_query::words.eq(None::<String>), household_query::salt.eq(Vec::new())))
        .execute(connection)
        .await?;
    Ok(erased + queries)
}
