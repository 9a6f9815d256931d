//! Answering a suggestion or complaint, and correcting an answer by another.

use std::collections::BTreeSet;

use authz::{Allowed, DecideObjection};
use diesel::sql_types::{BigInt, Binary, Bool, Date, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::objections::check_words;
use domain::place::Place;
use domain::suggestions::may_answer;
use serde_json::json;

use super::stored::{Stored, Which, load};
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::objections::doer;
use crate::places::lock_villages;
use crate::sealing::Salts;
use crate::tenancy::{self, Mode, all_written};

/// What an office answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// The answer.
    pub words: String,
    /// Whether the notice board shows it, without the villager's words.
    pub published: bool,
    /// How many answers there were when it was written: nobody's is corrected unseen.
    pub seen: usize,
}

/// Answers a suggestion or complaint that the permission's place reaches; after an answer it corrects that one. The same
/// answer again is success and leaves nothing behind.
///
/// # Errors
/// One that is not there, an office below the one that answers, words that cannot stand, words of the villager that were
/// erased, and an answer that somebody else gave meanwhile.
pub async fn answer_suggestion(
    connection: &mut Connection,
    allowed: &Allowed<DecideObjection>,
    id: i64,
    new: &NewAnswer,
    salts: &Salts,
    moment: &Moment,
) -> Result<()> {
    let words = check_words(&new.words).map_err(|problem| Refusal::message(problem.to_string()))?;
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let scope = allowed.place();
        let one = locked(connection, &scope, id).await?;
        may_answer(scope.level(), one.office.level())
            .map_err(|refusal| Refusal::message(refusal.to_string()))?;
        if one.words.is_none() {
            return Err(Refusal::message("内容已依法删除，不用再答复"));
        }
        let said = |last: &super::Answer| {
            last.words.as_deref() == Some(words.as_str()) && last.published == new.published
        };
        if one.answers.last().is_some_and(said) {
            return Ok(());
        }
        if one.answers.len() != new.seen {
            return Err(Refusal::message("这一件刚刚已有答复，请刷新后查看；要更正的，再提交一次"));
        }
        let by = doer(connection, allowed.actor()).await?;
        let digest = insert(connection, &one, &words, new.published, &by, salts, moment).await?;
        let detail = json!({
            "suggestion": one.number_text(), "village": one.village.digits(), "answer": digest.hex(),
            "published_answer": new.published,
        });
        // At the office's place: the log of a village tells nothing of what the town answers.
        crate::audit::record(connection, &allowed.narrow(one.office)?, detail, moment).await
    })
    .await
}

/// The one of a number inside `scope`, with its office locked.
pub(super) async fn locked(connection: &mut Connection, scope: &Place, id: i64) -> Result<Stored> {
    let which = Which { id: Some(id), ..Which::default() };
    let missing = || Refusal::missing("没有这一件，或不在您的范围内");
    let found = load(connection, scope, &which).await?.pop().ok_or_else(missing)?;
    lock_villages(connection, &BTreeSet::from([found.office])).await?;
    // Read again: somebody may have answered it while we waited for the lock.
    load(connection, scope, &which).await?.pop().ok_or_else(missing)
}

async fn insert(
    connection: &mut Connection,
    one: &Stored,
    words: &str,
    published: bool,
    by: &str,
    salts: &Salts,
    moment: &Moment,
) -> Result<Digest> {
    let number = i16::try_from(one.answers.len() + 1)
        .map_err(|_| Error::Corrupt(format!("{} 的答复过多", one.number_text())))?;
    let salt = salts.salt(&format!("{} {} {number}", one.office.digits(), one.number_text()))?;
    let digest = Digest::salted(&salt, words);
    let written = diesel::sql_query(
        "insert into suggestion_answer (county_code, suggestion_id, number, place, words, salt, words_digest, published,
            by_name, answered_on, answered_at)
         select s.county_code, s.id, $3, s.place, $4, $5, $6, $7, $8, $9, $10
         from suggestion s where s.county_code = $1 and s.id = $2",
    )
    .bind::<Text, _>(one.village.county().digits())
    .bind::<BigInt, _>(one.id)
    .bind::<SmallInt, _>(number)
    .bind::<Text, _>(words)
    .bind::<Binary, _>(salt.as_slice())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Bool, _>(published)
    .bind::<Text, _>(by)
    .bind::<Date, _>(moment.local().date())
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}
