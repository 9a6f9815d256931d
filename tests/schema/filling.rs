//! Two neighbouring counties with a row in every table: closed, published, and the rest by hand.

use authz::{Close, Publish};
use domain::place::Place;
use local_postgres::Role;
use records::closing::{Request, close_month};
use records::publication::publish_month;
use testkit::{County, TestDatabase, guard, moment, operator};

use super::connect;

/// What a month's closing does not fill.
const THE_REST: &str = "
    insert into rulebook (county_code, place, effective_month, settings)
        select county_code, place, 202601, '' from division where length(place) <= 12;
    insert into contact (county_code, place, name, duty)
        select county_code, place, '联系人', '村干部' from division;
    insert into card_remark (county_code, month, card_id, place, salt)
        select county_code, month, id, place, '' from card on conflict do nothing;
    insert into month_difference (county_code, closing_id, household_id, place)
        select county_code, closing_id, household_id, place from month_result;
    insert into posting (county_code, place, month, revision, version, posted_on, board, posted_by, recorded_at)
        select county_code, place, month, 1, version, published_on, '公告栏', '赖文', published_at from publication;
    insert into household_token (county_code, place, household_id, revision, token_hash, token_sealed, issued_at)
        select h.county_code, h.place, h.id, 1, sha256(h.code::bytea), '', now() from household h;
    insert into job_run (county_code, place, kind, period, revision, due_at, not_before)
        select county_code, place, 'close', '2026-01', 0, now(), now() from division where length(place) <= 12;
    insert into message (county_code, place, day, channel, address, name, message_id)
        select county_code, place, '2026-02-08', 'mail', place || '@jifen.example', '联系人', place from division;
    insert into group_fact (county_code, place, year, revision, resident_households, source, certified_by)
        select county_code, place, 2026, 1, 20, '户籍表', '村委会' from division where length(place) = 15;
    insert into account (county_code, place, login, name, password_hash, must_change, created_at)
        select county_code, place, 'u' || place, '赖文', '-', false, now() from division;
    insert into role_grant (county_code, place, account_id, role, valid_from, granted_by, granted_at)
        select a.county_code, a.place, a.id, 'village_administrator', '2026-01-01', 'operator:tester', now()
        from account a;
    insert into delegation (county_code, place, revision, allowed, decided_by, decided_at)
        select county_code, place, 1, true, 'operator:tester', now() from division where length(place) = 9;
    insert into machine_token (county_code, place, role, name, token_hash, expires_at, issued_by, issued_at)
        select county_code, place, 'machine', '平台', sha256(place::bytea), '2026-12-31', 'operator:tester', now()
        from division where length(place) <= 12;
    insert into award_run
        (county_code, place, year, version, closing_ids, rulebook_ids, seed, digest, computed_at)
        select county_code, place, 2026, 1, array[id], '{}', seed, hash, closed_at from month_closing;
    insert into award_quota
        (county_code, run_id, place, base, certified, nominal, eligible, total, first, second, third)
        select r.county_code, r.id, d.place, 20, true, 6, 20, 6, 1, 2, 3
        from award_run r join division d on starts_with(d.place, r.place) and length(d.place) = 15;
    insert into award_result
        (county_code, run_id, household_id, place, position, months_counted, year_total, findings,
            environment, rank_in_group)
        select r.county_code, r.id, h.id, h.place, 1, 1, 1000, 0, 500, 1
        from award_run r join household h on starts_with(h.place, r.place);
    insert into objection (county_code, place, village, household_id, month, version, number, via, in_time, about, salt,
            words_digest, filed_on, filed_at)
        select h.county_code, h.place, p.place, h.id, p.month, p.version,
            row_number() over (partition by p.place, p.month order by h.code), 1, true, '', '', sha256(''),
            p.published_on, p.published_at
        from household h join publication p on p.county_code = h.county_code and starts_with(h.place, p.place);
    insert into objection_step (county_code, objection_id, number, place, kind, salt, reason_digest, by_name, taken_on,
            taken_at)
        select county_code, id, 1, place, 1, '', sha256(''), 'operator:tester', filed_on, filed_at from objection;
    insert into household_change (county_code, household_id, revision, place, kind, salt, by_name, recorded_at)
        select county_code, household_id, revision, place, 1, '', 'clerk', now() from household_version;
    insert into household_query (county_code, place, household_id, about, revision, salt, words_digest, asked_by,
            asked_on, asked_at)
        select county_code, place, id, 1, 1, '', sha256(''), 'town', '2026-01-28', now() from household;
    insert into household_query_step (county_code, query_id, number, place, kind, salt, reason_digest, by_name,
            taken_on, taken_at)
        select county_code, id, 1, place, 1, '', sha256(''), 'clerk', asked_on, now() from household_query;
    insert into sheet (county_code, place, month, household_id, household_code, account, key, by_login, panel_name,
            base_revision, scored_on, status, findings, seen_on_paper, outcome, received_at)
        select county_code, place, 202601, id, code, 1, '00000000-0000-4000-8000-' || right(code, 12), 'clerk',
            '第一评分组', 0, '2026-01-28', 0, '', false, 4, now() from household;
    insert into sheet_photo (county_code, sheet_id, number, place, client_hash)
        select county_code, id, 1, place, sha256(household_code::bytea) from sheet;
    insert into sheet_decision (county_code, sheet_id, place, taken, by_login, salt, reason_digest, decided_at)
        select county_code, id, place, false, 'leader', '', sha256(''), now() from sheet;
    insert into photo (county_code, place, household_id, client_hash, hash, month, bytes, width, height, taken_by,
            received_at)
        select county_code, place, id, sha256(code::bytea), sha256(code::bytea), 202601, 1, 1, 1, 'clerk', now()
        from household;
    insert into photo_publication (county_code, household_id, hash, number, place, month, kind, caption, consent_by,
            consent_how, consent_on, by_login, taken_at)
        select county_code, household_id, hash, 1, place, month, 1, '整洁的院子', '户主', '当面同意', '2026-02-05', 'clerk', now()
        from photo;
    insert into catalogue_submission
        (county_code, place, year, effective_month, rows, digest, attendance, submitted_by, submitted_at)
        select county_code, place, 2026, 202601, '[]', sha256(place::bytea), '', 'u' || place, now()
        from division where length(place) in (9, 12);
    insert into submission_step (county_code, submission_id, number, place, kind, reason, by_login, taken_at)
        select county_code, id, 1, place, 1, '请改', 'u' || county_code, now() from catalogue_submission;
    insert into suggestion (county_code, place, village, month, number, kind, topic, salt, words_digest, code_hash,
            filed_on, filed_at)
        select county_code, left(place, office), place, 202601, row_number() over (partition by left(place, office)
            order by place), 1, 1, '', sha256(''), sha256((place || office)::bytea), '2026-01-28', now()
        from division cross join (values (9), (12)) as offices (office) where length(place) = 12;
    insert into suggestion_answer (county_code, suggestion_id, number, place, salt, words_digest, published, by_name,
            answered_on, answered_at)
        select county_code, id, 1, place, '', sha256(''), true, 'operator:tester', filed_on, filed_at from suggestion;
    insert into lock_exception
        (county_code, place, month, opens, open_until, salt, reason_digest, reason, asked_by, asked_at)
        select county_code, place, 202601, place, '2026-02-06', '', sha256(''), '外出', 'u' || place, now()
        from division where length(place) = 12;
    insert into exception_step (county_code, exception_id, place, kind, salt, reason_digest, by_login, taken_at)
        select county_code, id, place, 1, '', sha256(''), 'u' || county_code, now() from lock_exception;
    insert into sample_commitment
        (county_code, place, month, size, commitment, secret_sealed, fixed_by, fixed_at)
        select county_code, place, 202601, 1, sha256('x'), 'x', 'u' || county_code, now()
        from division where length(place) = 12;
    insert into sample_draw (county_code, place, month, secret, signed, last_card_id, drawn_by, drawn_at)
        select county_code, place, month, sha256('x'), sha256('y'), 1, fixed_by, now() from sample_commitment;
    insert into sample_household (county_code, month, household_id, place, number)
        select county_code, 202601, id, place, 1 from household;
    insert into sample_card
        (county_code, month, household_id, place, checked_on, status, findings, by_login, handed_in_at)
        select county_code, month, household_id, place, '2026-02-05', 0, '', 'u' || county_code, now()
        from sample_household;";

/// The database of the counties 440229 (60 households) and 440230 (12 households) in January 2026.
pub async fn filled() -> TestDatabase {
    let database = TestDatabase::empty().await;
    let mut neighbour = County::new(12, "2026-01", 1);
    neighbour.plan.county = Place::parse_code("440230000000").expect("a code");
    for county in [County::new(60, "2026-01", 1), neighbour] {
        fill(&database, &county).await;
    }
    let owner = connect(&database, Role::Owner).await;
    owner.batch_execute(THE_REST).await.expect("the rest");
    database
}

async fn fill(database: &TestDatabase, county: &County) {
    let mut connection = database.database.connection().await.expect("a connection");
    let (guard, actor, month) = (guard().await, operator(), county.plan.first_month);
    county.register(&mut connection).await;
    county.score(&mut connection, month).await;

    let allowed = guard.allow(&actor, Close, county.plan.county).expect("allowed");
    let (request, now) = (Request::of(month), moment("2026-02-04 08:00"));
    let closed = close_month(&database.database, &allowed, &request, &now, |_, _| {}).await.expect("closed");
    assert!(closed.blocked.is_empty() && !closed.closed.is_empty(), "{closed:?}");

    let allowed = guard.allow(&actor, Publish, county.plan.county).expect("allowed");
    let now = moment("2026-02-08 08:00");
    let published = publish_month(&mut connection, &allowed, month, &now).await.expect("published");
    assert_eq!(published.published.len(), closed.closed.len());
}
