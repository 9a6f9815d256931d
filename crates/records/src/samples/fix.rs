//! Fixes the sample of every village before its panels sign: a secret of its own each, of which the hash is shown.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Allowed, Sample};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, SmallInt, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::month::Month;
use domain::place::Place;
use domain::scoring::{check_commitment, commitment};
use serde_json::json;

use crate::closing::open_months;
use crate::codec;
use crate::database::Connection;
use crate::error::{Error, Refusal, Result};
use crate::moment::Moment;
use crate::places::{lock_villages, villages_of};
use crate::schema::{sample_commitment, signature};
use crate::sealing::{Field, Sealer, random};
use crate::tenancy::{self, Mode, all_written};

/// Fixes the sample of a month for every village of the permission's place that still can; those fixed before stay as
/// they are. Returns how many are fixed anew.
///
/// # Errors
/// A size that is none; no village that can, with the reason of one of them.
pub async fn fix_samples(
    connection: &mut Connection,
    allowed: &Allowed<Sample>,
    month: Month,
    size: usize,
    by: &str,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<usize> {
    // What is fixed stays, so nobody fixes months that are far away.
    let this = Month::of(moment.local().date()).ok_or_else(|| Error::Corrupt("当前时间".into()))?;
    if month > this.next() {
        let message = format!("{}还太早，抽查最多提前一个月定", month.title());
        return Err(Refusal::message(message));
    }
    tenancy::transaction(connection, allowed, Mode::Apply, async |connection| {
        let scope = allowed.place();
        let villages: BTreeSet<Place> = villages_of(connection, &scope).await?.into_iter().collect();
        lock_villages(connection, &villages).await?;
        let known = fixed(connection, &scope, month).await?;
        let signed = signed(connection, &scope, month).await?;
        let open = open_months(connection, &scope).await?;
        let (mut digests, mut against) = (BTreeMap::new(), None);
        for village in villages.difference(&known) {
            let closed = open.get(village).is_some_and(|open| month < *open);
            match check_commitment(size, signed.contains(village), closed, month) {
                Ok(()) => {
                    let digest = insert(connection, village, month, size, by, sealer, moment).await?;
                    digests.insert(village.code(), digest.hex());
                }
                Err(problem) => against = Some(problem),
            }
        }
        if digests.is_empty() {
            return match against {
                Some(problem) => Err(Refusal::message(problem.to_string())),
                None => Ok(0),
            };
        }
        let count = digests.len();
        let detail = json!({ "month": month.to_string(), "fixed": digests, "size": size });
        crate::audit::record(connection, allowed, detail, moment).await?;
        Ok(count)
    })
    .await
}

async fn fixed(connection: &mut Connection, scope: &Place, month: Month) -> Result<BTreeSet<Place>> {
    let interval = scope.scope();
    let rows: Vec<String> = sample_commitment::table
        .filter(sample_commitment::county_code.eq(scope.county().digits()))
        .filter(sample_commitment::place.ge(interval.low))
        .filter(sample_commitment::place.lt(interval.high))
        .filter(sample_commitment::month.eq(month.number()))
        .select(sample_commitment::place)
        .load(connection)
        .await?;
    rows.iter().map(|digits| codec::place(digits)).collect()
}

/// The villages in which a panel has signed the month.
async fn signed(connection: &mut Connection, scope: &Place, month: Month) -> Result<BTreeSet<Place>> {
    let interval = scope.scope();
    let rows: Vec<String> = signature::table
        .filter(signature::county_code.eq(scope.county().digits()))
        .filter(signature::place.ge(interval.low))
        .filter(signature::place.lt(interval.high))
        .filter(signature::month.eq(month.number()))
        .select(signature::place)
        .distinct()
        .load(connection)
        .await?;
    rows.iter().map(|digits| codec::place(digits)).collect()
}

/// Fixes one village's sample under a secret of its own. Returns the hash of the secret.
async fn insert(
    connection: &mut Connection,
    village: &Place,
    month: Month,
    size: usize,
    by: &str,
    sealer: &Sealer,
    moment: &Moment,
) -> Result<Digest> {
    let mut secret = [0; 32];
    random(&mut secret)?;
    let digest = commitment(&secret);
    let sealed = sealer.seal(village, Field::SampleSecret(month.number()), &hex::encode(secret))?;
    let size = i16::try_from(size).map_err(|_| Error::Corrupt(format!("抽查户数 {size}")))?;
    let written = diesel::sql_query(
        "insert into sample_commitment (county_code, place, month, size, commitment, secret_sealed, fixed_by, fixed_at)
         select d.county_code, d.place, $3, $4, $5, $6, $7, $8
         from division d where d.county_code = $1 and d.place = $2",
    )
    .bind::<Text, _>(village.county().digits())
    .bind::<Text, _>(village.digits())
    .bind::<Integer, _>(month.number())
    .bind::<SmallInt, _>(size)
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Binary, _>(sealed)
    .bind::<Text, _>(by)
    .bind::<Timestamptz, _>(moment.now)
    .execute(connection)
    .await?;
    all_written(written, 1)?;
    Ok(digest)
}

/// The secret of a village's sample, which nobody sees before the draw.
pub(super) fn opened(sealer: &Sealer, village: &Place, month: Month, sealed: &[u8]) -> Result<[u8; 32]> {
    let field = Field::SampleSecret(month.number());
    let text = sealer
        .open(village, field, sealed)
        .map_err(|error| Error::Corrupt(format!("{village} {month} 的抽查密数：{error}")))?;
    let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Error::Corrupt(format!("{village} {month} 的抽查密数")))
}

/// Seals the secrets of a village anew that an earlier key sealed. Returns how many.
pub(crate) async fn reseal_secrets(
    connection: &mut Connection,
    village: &Place,
    sealer: &Sealer,
) -> Result<usize> {
    let county = village.county();
    let rows: Vec<(i32, Vec<u8>)> = sample_commitment::table
        .filter(sample_commitment::county_code.eq(county.digits()))
        .filter(sample_commitment::place.eq(village.digits()))
        .select((sample_commitment::month, sample_commitment::secret_sealed))
        .load(connection)
        .await?;
    let mut resealed = 0;
    for (number, sealed) in rows.into_iter().filter(|row| sealer.is_earlier(&row.1)) {
        let secret = opened(sealer, village, codec::month(number)?, &sealed)?;
        let anew = sealer.seal(village, Field::SampleSecret(number), &hex::encode(secret))?;
        diesel::update(sample_commitment::table.find((county.digits(), village.digits(), number)))
            .set(sample_commitment::secret_sealed.eq(anew))
            .execute(connection)
            .await?;
        resealed += 1;
    }
    Ok(resealed)
}
