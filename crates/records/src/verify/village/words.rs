//! Words that can be lawfully erased, against the salted digests that stay.

use diesel::sql_types::{Binary, Nullable, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::place::Place;

use crate::database::Connection;
use crate::error::Result;
use crate::verify::Verified;

#[derive(diesel::QueryableByName)]
struct Worded {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Nullable<Text>)]
    words: Option<String>,
    #[diesel(sql_type = Binary)]
    salt: Vec<u8>,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

const WORDS: &str = "
    select '建议或投诉 ' || id as what, words, salt, words_digest as digest from suggestion
        where county_code = $1 and village >= $2 and village < $3
    union all select '答复 ' || a.suggestion_id || '-' || a.number, a.words, a.salt, a.words_digest
        from suggestion_answer a join suggestion s on s.county_code = a.county_code and s.id = a.suggestion_id
        where s.county_code = $1 and s.village >= $2 and s.village < $3
    union all select '登记变动 ' || household_id || '-' || revision, reason, salt, reason_digest
        from household_change where county_code = $1 and place >= $2 and place < $3 and reason_digest is not null
    union all select '质询 ' || id, words, salt, words_digest
        from household_query where county_code = $1 and place >= $2 and place < $3
    union all select '质询 ' || query_id || '-' || number, reason, salt, reason_digest
        from household_query_step where county_code = $1 and place >= $2 and place < $3
    union all select '补录申请 ' || id, reason, salt, reason_digest
        from lock_exception where county_code = $1 and place >= $2 and place < $3
    union all select '补录审批 ' || exception_id, reason, salt, reason_digest
        from exception_step where county_code = $1 and place >= $2 and place < $3
    union all select '签字说明 ' || id, case when few_reason is null and on_behalf is null then null
            else coalesce(few_reason, '') || chr(10) || coalesce(on_behalf, '') end,
            coalesce(said_salt, ''), coalesce(said_digest, '')
        from signature where county_code = $1 and place >= $2 and place < $3
            and (few_reason is not null or on_behalf is not null or said_salt is not null or said_digest is not null)";

/// An empty salt says that words were erased; any others, none among them, are those that were written.
pub(super) async fn check(
    connection: &mut Connection,
    village: &Place,
    verified: &mut Verified,
) -> Result<()> {
    let scope = village.scope();
    let rows: Vec<Worded> = diesel::sql_query(WORDS)
        .bind::<Text, _>(village.county().digits())
        .bind::<Text, _>(scope.low)
        .bind::<Text, _>(scope.high)
        .load(connection)
        .await?;
    for row in rows {
        let fits = if row.salt.is_empty() {
            row.words.is_none()
        } else {
            let words = row.words.as_deref().unwrap_or_default();
            Digest::salted(&row.salt, words).0.as_slice() == row.digest.as_slice()
        };
        if !fits {
            verified.fail(*village, row.what, "写下的内容与存的校验码不符");
        }
    }
    Ok(())
}
