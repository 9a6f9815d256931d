//! Writes households and their revisions in bulk.
//!
//! Each statement joins the values to a table that is already there, so that `place` comes from it and
//! never from a file, and so that the same statement is pushed down to one shard where there are several.

use diesel::sql_types::{Array, Binary, Bool, Integer, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;
use domain::canonical::Digest;
use domain::input::Household;
use domain::month::Month;
use domain::place::Place;

use super::{Registrar, Version};
use crate::database::Connection;
use crate::error::Result;
use crate::sealing::Field;
use crate::tenancy::all_written;

/// Rows of one statement.
const CHUNK: usize = 10_000;

pub(super) async fn households(
    connection: &mut Connection,
    scope: &Place,
    rows: &[&Household],
) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let written = diesel::sql_query(
            "insert into household (county_code, place, code)
             select d.county_code, d.place, u.code
             from division d join unnest($2, $3) u(place, code) on u.place = d.place
             where d.county_code = $1 order by u.code",
        )
        .bind::<Text, _>(scope.county().digits())
        .bind::<Array<Text>, _>(chunk.iter().map(|row| row.group.digits()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(chunk.iter().map(|row| row.household.digits()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        all_written(written, chunk.len())?;
    }
    Ok(())
}

pub(super) async fn versions(
    connection: &mut Connection,
    scope: &Place,
    rows: &[Version<'_>],
    registrar: &Registrar,
) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let mut columns = Columns::default();
        for version in chunk {
            columns.push(version, registrar)?;
        }
        let written = columns.insert(connection, scope).await?;
        all_written(written, chunk.len())?;
    }
    Ok(())
}

#[derive(Default)]
struct Columns<'a> {
    codes: Vec<&'a str>,
    groups: Vec<String>,
    revisions: Vec<i32>,
    effective: Vec<i32>,
    names: Vec<&'a str>,
    salts: Vec<Vec<u8>>,
    digests: Vec<Vec<u8>>,
    phones: Vec<Option<Vec<u8>>>,
    indexes: Vec<Option<Vec<u8>>>,
    addresses: Vec<Option<Vec<u8>>>,
    registered: Vec<i16>,
    members_resident: Vec<i16>,
    resident: Vec<bool>,
    local: Vec<bool>,
    joined: Vec<Option<i32>>,
    left: Vec<Option<i32>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, version: &Version<'a>, registrar: &Registrar) -> Result<()> {
        let row = version.household;
        let place = &row.household;
        let salt = registrar.salts.salt(&format!("{} {}", place.digits(), version.revision))?;
        let seal = |field, value: &Option<String>| {
            value.as_deref().map(|value| registrar.sealer.seal(place, field, value)).transpose()
        };
        self.codes.push(place.digits());
        self.groups.push(version.group.digits().to_owned());
        self.revisions.push(version.revision);
        self.effective.push(version.effective.number());
        self.names.push(&row.head_name);
        self.digests.push(Digest::salted(&salt, &row.head_name).0.to_vec());
        self.salts.push(salt.to_vec());
        self.phones.push(seal(Field::Phone, &row.phone)?);
        self.addresses.push(seal(Field::Address, &row.address)?);
        let index = |phone: &String| registrar.sealer.index(&place.county(), Field::Phone, phone);
        self.indexes.push(row.phone.as_ref().map(index));
        self.registered.push(i16::try_from(row.members_registered).unwrap_or(i16::MAX));
        self.members_resident.push(i16::try_from(row.members_resident).unwrap_or(i16::MAX));
        self.resident.push(row.resident);
        self.local.push(row.local);
        self.joined.push(row.participation.joined.map(Month::number));
        self.left.push(row.participation.left.map(Month::number));
        Ok(())
    }

    async fn insert(self, connection: &mut Connection, scope: &Place) -> Result<usize> {
        let written = diesel::sql_query(
            "insert into household_version (county_code, place, household_id, revision, effective_month, head_name,
                name_salt, name_digest, phone_sealed, phone_index, address_sealed, members_registered,
                members_resident, resident, local, joined_month, left_month)
             select h.county_code, d.place, h.id, u.revision, u.effective_month, u.head_name, u.name_salt,
                u.name_digest, u.phone_sealed, u.phone_index, u.address_sealed, u.members_registered,
                u.members_resident, u.resident, u.local, u.joined_month, u.left_month
             from household h
             join unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
                u(code, revision, effective_month, head_name, name_salt, name_digest, phone_sealed, phone_index,
                  address_sealed, members_registered, members_resident, resident, local, joined_month, left_month, place)
                on u.code = h.code
             join division d on d.county_code = h.county_code and d.place = u.place
             where h.county_code = $1 order by u.code",
        )
        .bind::<Text, _>(scope.county().digits())
        .bind::<Array<Text>, _>(self.codes)
        .bind::<Array<Integer>, _>(self.revisions)
        .bind::<Array<Integer>, _>(self.effective)
        .bind::<Array<Text>, _>(self.names)
        .bind::<Array<Binary>, _>(self.salts)
        .bind::<Array<Binary>, _>(self.digests)
        .bind::<Array<Nullable<Binary>>, _>(self.phones)
        .bind::<Array<Nullable<Binary>>, _>(self.indexes)
        .bind::<Array<Nullable<Binary>>, _>(self.addresses)
        .bind::<Array<SmallInt>, _>(self.registered)
        .bind::<Array<SmallInt>, _>(self.members_resident)
        .bind::<Array<Bool>, _>(self.resident)
        .bind::<Array<Bool>, _>(self.local)
        .bind::<Array<Nullable<Integer>>, _>(self.joined)
        .bind::<Array<Nullable<Integer>>, _>(self.left)
        .bind::<Array<Text>, _>(self.groups)
        .execute(connection)
        .await?;
        Ok(written)
    }
}
