//! What every route is tried on: two counties, and a row of everything that an address can name.

use std::collections::{BTreeMap, BTreeSet};

use authz::{Role, SubmitCatalogue};
use domain::month::Month;
use records::Mode;
use records::catalogue::{Submission, submit_catalogue};
use testkit::{COUNTY, County, TestDatabase, guard};

use super::{Attempts, VILLAGE, place};
use crate::api::UNLIMITED;
use crate::people::{account, grant, token};
use crate::support::{Serving, succeed, superuser};

/// Two counties with a closed and published month, and a web process.
pub(super) async fn world() -> (TestDatabase, Attempts) {
    let database = TestDatabase::empty().await;
    let mut neighbour = County::new(12, "2026-01", 1);
    neighbour.plan.county = place("440230000000");
    let mut connection = database.database.connection().await.expect("a connection");
    for county in [County::new(60, "2026-01", 1), neighbour] {
        county.register(&mut connection).await;
        county.score(&mut connection, county.plan.first_month).await;
    }
    drop(connection);
    let beside = "insert into division (county_code, place, name) values ('440229', '440229101', '邻镇'),
        ('440229', '440229101201', '邻镇的村'), ('440229', '440229100202001', '邻村一组') on conflict do nothing";
    superuser(&database).await.batch_execute(beside).await.expect("places beside");
    let month = ["--county", COUNTY, "--month", "2026-01", "--now", "2026-02-04T00:30:00+08:00"];
    succeed(&database, &[&["close"], month.as_slice()].concat());
    succeed(&database, &[&["publish"], month.as_slice()].concat());
    let mut connection = database.database.connection().await.expect("a connection");
    let village = place(VILLAGE);
    let person = account(&mut connection, "somebody", village).await;
    let given = grant(&mut connection, person, Role::PanelMember, village).await;
    token(&mut connection, village).await;
    drop(connection);
    let owner = superuser(&database).await;
    let job = "insert into job_run (county_code, place, kind, period, revision, due_at, not_before)
        values ('440229', '440229100201', 'send', '77', 0, now(), now()) returning id";
    let job: i64 = owner.query_one(job, &[]).await.expect("a job").get(0);
    let issued: i64 =
        owner.query_one("select max(id) from machine_token", &[]).await.expect("a token").get(0);
    let mut rows = vec![("account", person), ("grant", given), ("token", issued), ("job", job)];
    for (name, insert) in [
        (
            "sheet",
            "insert into sheet (county_code, place, month, household_id, household_code, account, key, by_login,
                panel_name, base_revision, scored_on, status, findings, seen_on_paper, outcome, received_at)
             select county_code, place, 202601, id, code, 1, '00000000-0000-4000-8000-000000000000', 'clerk',
                '第一评分组', 0, '2026-01-28', 0, '', false, 4, now()
             from household where code = '4402291002010010001' returning id",
        ),
        (
            "objection",
            "insert into objection (county_code, place, village, household_id, month, version, number, via, in_time,
                about, salt, words_digest, filed_on, filed_at)
             select county_code, place, '440229100201', id, 202601, 1, 99, 1, true, '', '', sha256(''), '2026-02-05', now()
             from household where code = '4402291002010010001' returning id",
        ),
        (
            "suggestion",
            "insert into suggestion (county_code, place, village, month, number, kind, topic, words, salt, words_digest,
                code_hash, filed_on, filed_at)
             values ('440229', '440229100201', '440229100201', 202601, 99, 1, 5, 'x', '00', sha256('00x'), sha256(''),
                '2026-01-28', now()) returning id",
        ),
        (
            "exception",
            "insert into lock_exception (county_code, place, month, opens, open_until, salt, reason_digest, asked_by,
                asked_at)
             values ('440229', '440229100201', 202601, '440229100201', '2026-02-06', '', sha256(''), 'clerk', now())
             returning id",
        ),
    ] {
        let id: i64 = owner.query_one(insert, &[]).await.expect("a row").get(0);
        rows.push((name, id));
    }
    rows.push(("submission", submitted(&database).await));
    let serving = Serving::start_with(&database, UNLIMITED);
    let guard = guard().await;
    (
        database,
        Attempts {
            rows,
            serving,
            guard,
            made: 0,
            leaks: Vec::new(),
            form_tokens: BTreeMap::new(),
            reached: BTreeSet::new(),
        },
    )
}

/// A catalogue that the village has handed in.
async fn submitted(database: &TestDatabase) -> i64 {
    let allowed =
        guard().await.allow(&testkit::operator(), SubmitCatalogue, place(VILLAGE)).expect("allowed");
    let submission = Submission {
        catalogue: County::new(12, "2026-01", 1).catalogue,
        year: 2026,
        from: Month::parse("2026-03").expect("a month"),
        meeting_on: "2026-02-01".parse().ok(),
        attendance: "应到 45 人，实到 38 人".to_owned(),
        reason: Some("补充".to_owned()),
        builds_on: None,
        asks_override: false,
    };
    let mut connection = database.database.connection().await.expect("a connection");
    let now = testkit::moment("2026-02-04 08:00");
    submit_catalogue(&mut connection, &allowed, &submission, None, "somebody", Mode::Apply, &now)
        .await
        .expect("handed in")
}
