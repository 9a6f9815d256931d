//! The tables as the migrations make them.
//!
//! Generated: `UPDATE=1 cargo test -p jifen --test acceptance schema`.

diesel::table! {
    account (id) {
        id -> BigInt,
        county_code -> Text,
        place -> Text,
        login -> Text,
        name -> Text,
        password_hash -> Text,
        must_change -> Bool,
        generation -> Integer,
        totp_sealed -> Nullable<Binary>,
        totp_step -> BigInt,
        created_at -> Timestamptz,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_event (county_code, number) {
        county_code -> Text,
        number -> BigInt,
        place -> Text,
        act -> Text,
        actor -> Text,
        detail -> Text,
        stated_at -> Timestamptz,
        recorded_at -> Timestamptz,
        previous -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    audit_head (county_code) {
        county_code -> Text,
        number -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    award_quota (county_code, run_id, place) {
        county_code -> Text,
        run_id -> BigInt,
        place -> Text,
        base -> Integer,
        certified -> Bool,
        nominal -> Integer,
        eligible -> Integer,
        total -> Integer,
        first -> Integer,
        second -> Integer,
        third -> Integer,
    }
}

diesel::table! {
    award_result (county_code, run_id, household_id) {
        county_code -> Text,
        run_id -> BigInt,
        household_id -> BigInt,
        place -> Text,
        position -> Integer,
        months_counted -> Integer,
        year_total -> Integer,
        findings -> Integer,
        environment -> Integer,
        rank_in_group -> Integer,
        prize -> Nullable<SmallInt>,
    }
}

diesel::table! {
    award_run (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        year -> Integer,
        version -> SmallInt,
        closing_ids -> Array<BigInt>,
        rulebook_ids -> Array<BigInt>,
        seed -> Binary,
        digest -> Binary,
        computed_at -> Timestamptz,
    }
}

diesel::table! {
    card (county_code, month, id) {
        county_code -> Text,
        month -> Integer,
        id -> BigInt,
        place -> Text,
        household_id -> BigInt,
        revision -> SmallInt,
        panel_id -> BigInt,
        scored_on -> Date,
        status -> SmallInt,
        is_correction -> Bool,
        remark_digest -> Nullable<Binary>,
    }
}

diesel::table! {
    card_remark (county_code, month, card_id) {
        county_code -> Text,
        month -> Integer,
        card_id -> BigInt,
        place -> Text,
        salt -> Binary,
        late_reason -> Nullable<Text>,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        decided_on -> Nullable<Date>,
        objection_no -> Nullable<Text>,
    }
}

diesel::table! {
    catalogue (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        year -> Integer,
        effective_month -> Integer,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    catalogue_item (county_code, catalogue_id, number) {
        county_code -> Text,
        place -> Text,
        catalogue_id -> BigInt,
        number -> SmallInt,
        code -> Text,
        category -> Text,
        name -> Text,
        full_points -> Integer,
    }
}

diesel::table! {
    catalogue_rule (county_code, catalogue_id, item_number, number) {
        county_code -> Text,
        place -> Text,
        catalogue_id -> BigInt,
        item_number -> SmallInt,
        number -> SmallInt,
        code -> Text,
        description -> Text,
        points -> Integer,
        unit -> Text,
        evidence -> Bool,
    }
}

diesel::table! {
    catalogue_submission (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        year -> Integer,
        effective_month -> Integer,
        rows -> Text,
        digest -> Binary,
        meeting_on -> Nullable<Date>,
        attendance -> Text,
        reason -> Nullable<Text>,
        builds_on -> Nullable<BigInt>,
        submitted_by -> Text,
        submitted_account -> Nullable<BigInt>,
        submitted_at -> Timestamptz,
    }
}

diesel::table! {
    contact (county_code, place, name) {
        county_code -> Text,
        place -> Text,
        name -> Text,
        duty -> Text,
        email -> Nullable<Text>,
        webhook -> Nullable<Text>,
        reminded -> Bool,
    }
}

diesel::table! {
    county_seal (county_code, month, revision) {
        county_code -> Text,
        place -> Text,
        month -> Integer,
        revision -> Integer,
        closing_ids -> Array<BigInt>,
        hash -> Binary,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    delegation (county_code, place, revision) {
        county_code -> Text,
        place -> Text,
        revision -> Integer,
        allowed -> Bool,
        decided_by -> Text,
        decided_at -> Timestamptz,
    }
}

diesel::table! {
    division (county_code, place) {
        county_code -> Text,
        place -> Text,
        name -> Text,
    }
}

diesel::table! {
    exception_step (county_code, exception_id) {
        county_code -> Text,
        exception_id -> BigInt,
        place -> Text,
        kind -> SmallInt,
        salt -> Binary,
        reason_digest -> Binary,
        reason -> Nullable<Text>,
        by_login -> Text,
        by_account -> Nullable<BigInt>,
        taken_at -> Timestamptz,
    }
}

diesel::table! {
    finding (county_code, month, card_id, number) {
        county_code -> Text,
        month -> Integer,
        card_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        act -> Text,
        times -> SmallInt,
    }
}

diesel::table! {
    group_fact (county_code, place, year, revision) {
        county_code -> Text,
        place -> Text,
        year -> Integer,
        revision -> Integer,
        resident_households -> Integer,
        source -> Text,
        certified_by -> Text,
    }
}

diesel::table! {
    household (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        code -> Text,
    }
}

diesel::table! {
    household_change (county_code, household_id, revision) {
        county_code -> Text,
        household_id -> BigInt,
        revision -> Integer,
        place -> Text,
        kind -> SmallInt,
        other_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        salt -> Binary,
        reason_digest -> Nullable<Binary>,
        by_name -> Text,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    household_query (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        household_id -> BigInt,
        about -> SmallInt,
        revision -> Integer,
        words -> Nullable<Text>,
        salt -> Binary,
        words_digest -> Binary,
        asked_by -> Text,
        asked_on -> Date,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    household_query_step (county_code, query_id, number) {
        county_code -> Text,
        query_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        kind -> SmallInt,
        reason -> Nullable<Text>,
        salt -> Binary,
        reason_digest -> Binary,
        by_name -> Text,
        taken_on -> Date,
        taken_at -> Timestamptz,
    }
}

diesel::table! {
    household_token (county_code, household_id, revision) {
        county_code -> Text,
        place -> Text,
        household_id -> BigInt,
        revision -> Integer,
        token_hash -> Binary,
        token_sealed -> Binary,
        issued_at -> Timestamptz,
    }
}

diesel::table! {
    household_version (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        household_id -> BigInt,
        revision -> Integer,
        effective_month -> Integer,
        head_name -> Nullable<Text>,
        name_salt -> Nullable<Binary>,
        name_digest -> Binary,
        phone_sealed -> Nullable<Binary>,
        phone_index -> Nullable<Binary>,
        address_sealed -> Nullable<Binary>,
        members_registered -> SmallInt,
        members_resident -> SmallInt,
        resident -> Bool,
        local -> Bool,
        joined_month -> Nullable<Integer>,
        left_month -> Nullable<Integer>,
    }
}

diesel::table! {
    idempotency_key (county_code, actor, method, route, key) {
        county_code -> Text,
        actor -> Text,
        method -> Text,
        route -> Text,
        key -> Text,
        request_digest -> Binary,
        begun_at -> Timestamptz,
        took_effect -> Bool,
        status -> Nullable<SmallInt>,
        content_type -> Nullable<Text>,
        answer -> Nullable<Binary>,
    }
}

diesel::table! {
    job_run (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        kind -> Text,
        period -> Text,
        revision -> Integer,
        lane -> Nullable<Text>,
        state -> Text,
        due_at -> Timestamptz,
        not_before -> Timestamptz,
        attempts -> Integer,
        fence -> BigInt,
        worker -> Nullable<Text>,
        lease_until -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    lock_exception (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        month -> Integer,
        opens -> Text,
        open_until -> Date,
        salt -> Binary,
        reason_digest -> Binary,
        reason -> Nullable<Text>,
        asked_by -> Text,
        asked_account -> Nullable<BigInt>,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    login_attempt (subject) {
        subject -> Binary,
        window_began_at -> Timestamptz,
        tries -> Integer,
        failures -> Integer,
        not_before -> Timestamptz,
    }
}

diesel::table! {
    machine_token (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        role -> Text,
        name -> Text,
        token_hash -> Binary,
        address_range -> Nullable<Text>,
        expires_at -> Timestamptz,
        issued_by -> Text,
        issued_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    message (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        day -> Date,
        channel -> Text,
        address -> Text,
        name -> Text,
        content -> Nullable<Text>,
        message_id -> Text,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    month_closing (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        month -> Integer,
        version -> SmallInt,
        ordinal -> Integer,
        recipe -> SmallInt,
        catalogue_id -> BigInt,
        rulebook_ids -> Array<BigInt>,
        panel_ids -> Array<BigInt>,
        summed_months -> Array<Integer>,
        summed_versions -> Array<SmallInt>,
        seed -> Binary,
        previous -> Binary,
        inputs -> Binary,
        results -> Binary,
        hash -> Binary,
        taking_part -> Integer,
        scored -> Integer,
        carried_out -> Bool,
        reason -> Nullable<Text>,
        closed_at -> Timestamptz,
    }
}

diesel::table! {
    month_difference (county_code, closing_id, household_id) {
        county_code -> Text,
        closing_id -> BigInt,
        household_id -> BigInt,
        place -> Text,
        score_before -> Nullable<Integer>,
        score_after -> Nullable<Integer>,
        rank_before -> Nullable<Integer>,
        rank_after -> Nullable<Integer>,
        total_before -> Nullable<Integer>,
        total_after -> Nullable<Integer>,
        qualified_before -> Nullable<Bool>,
        qualified_after -> Nullable<Bool>,
        tier_before -> Nullable<SmallInt>,
        tier_after -> Nullable<SmallInt>,
    }
}

diesel::table! {
    month_result (county_code, month, closing_id, household_id) {
        county_code -> Text,
        month -> Integer,
        closing_id -> BigInt,
        household_id -> BigInt,
        place -> Text,
        roster_id -> BigInt,
        card_id -> Nullable<BigInt>,
        status -> SmallInt,
        score -> Nullable<Integer>,
        environment -> Nullable<Integer>,
        findings -> Integer,
        rank_in_group -> Nullable<Integer>,
        rank_in_village -> Nullable<Integer>,
        year_total -> Integer,
        qualifies -> Bool,
        tier -> Nullable<SmallInt>,
    }
}

diesel::table! {
    objection (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        village -> Text,
        household_id -> BigInt,
        month -> Integer,
        version -> SmallInt,
        number -> Integer,
        via -> SmallInt,
        in_time -> Bool,
        about -> Text,
        words -> Nullable<Text>,
        salt -> Binary,
        words_digest -> Binary,
        contact_sealed -> Nullable<Binary>,
        filed_by -> Nullable<Text>,
        filed_on -> Date,
        filed_at -> Timestamptz,
    }
}

diesel::table! {
    objection_step (county_code, objection_id, number) {
        county_code -> Text,
        objection_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        kind -> SmallInt,
        reason -> Nullable<Text>,
        salt -> Binary,
        reason_digest -> Binary,
        by_name -> Text,
        taken_on -> Date,
        taken_at -> Timestamptz,
        new_version -> Nullable<SmallInt>,
    }
}

diesel::table! {
    panel (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        name -> Text,
        revision -> Integer,
        effective_month -> Integer,
        groups -> Array<Text>,
    }
}

diesel::table! {
    panel_member (county_code, panel_id, number) {
        county_code -> Text,
        place -> Text,
        panel_id -> BigInt,
        number -> SmallInt,
        name -> Nullable<Text>,
        name_salt -> Nullable<Binary>,
        name_digest -> Binary,
        capacity -> Text,
        is_leader -> Bool,
    }
}

diesel::table! {
    photo (county_code, household_id, client_hash) {
        county_code -> Text,
        place -> Text,
        household_id -> BigInt,
        client_hash -> Binary,
        hash -> Binary,
        month -> Integer,
        bytes -> Integer,
        width -> Integer,
        height -> Integer,
        taken_by -> Text,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    photo_publication (county_code, household_id, hash, number) {
        county_code -> Text,
        household_id -> BigInt,
        hash -> Binary,
        number -> SmallInt,
        place -> Text,
        month -> Integer,
        kind -> SmallInt,
        caption -> Nullable<Text>,
        consent_by -> Nullable<Text>,
        consent_how -> Nullable<Text>,
        consent_on -> Nullable<Date>,
        reason -> Nullable<Text>,
        by_login -> Text,
        by_account -> Nullable<BigInt>,
        taken_at -> Timestamptz,
    }
}

diesel::table! {
    posting (county_code, place, month, revision) {
        county_code -> Text,
        place -> Text,
        month -> Integer,
        revision -> Integer,
        version -> SmallInt,
        posted_on -> Date,
        board -> Text,
        posted_by -> Text,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    publication (county_code, place, month, version) {
        county_code -> Text,
        place -> Text,
        month -> Integer,
        version -> SmallInt,
        closing_id -> BigInt,
        hash -> Binary,
        published_on -> Date,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    role_grant (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        account_id -> BigInt,
        role -> Text,
        valid_from -> Date,
        valid_until -> Nullable<Date>,
        granted_by -> Text,
        granted_at -> Timestamptz,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    rulebook (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        effective_month -> Integer,
        settings -> Text,
    }
}

diesel::table! {
    sample_card (county_code, month, household_id) {
        county_code -> Text,
        month -> Integer,
        household_id -> BigInt,
        place -> Text,
        checked_on -> Date,
        status -> SmallInt,
        findings -> Text,
        by_login -> Text,
        by_account -> Nullable<BigInt>,
        handed_in_at -> Timestamptz,
    }
}

diesel::table! {
    sample_commitment (county_code, place, month) {
        county_code -> Text,
        place -> Text,
        month -> Integer,
        size -> SmallInt,
        commitment -> Binary,
        secret_sealed -> Binary,
        fixed_by -> Text,
        fixed_at -> Timestamptz,
    }
}

diesel::table! {
    sample_draw (county_code, place, month) {
        county_code -> Text,
        place -> Text,
        month -> Integer,
        secret -> Binary,
        signed -> Binary,
        last_card_id -> BigInt,
        drawn_by -> Text,
        drawn_at -> Timestamptz,
    }
}

diesel::table! {
    sample_household (county_code, month, household_id) {
        county_code -> Text,
        month -> Integer,
        household_id -> BigInt,
        place -> Text,
        number -> SmallInt,
    }
}

diesel::table! {
    seal_canary (key_id) {
        key_id -> SmallInt,
        sealed -> Binary,
    }
}

diesel::table! {
    session (id) {
        id -> Binary,
        county_code -> Text,
        account_id -> BigInt,
        data -> Text,
        address -> Text,
        agent -> Text,
        begun_at -> Timestamptz,
        seen_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    sheet (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        month -> Integer,
        household_id -> Nullable<BigInt>,
        household_code -> Text,
        account -> BigInt,
        key -> Text,
        by_login -> Text,
        panel_id -> Nullable<BigInt>,
        panel_name -> Text,
        catalogue_id -> Nullable<BigInt>,
        base_revision -> SmallInt,
        scored_on -> Date,
        status -> SmallInt,
        findings -> Text,
        seen_on_paper -> Bool,
        salt -> Nullable<Binary>,
        remark_digest -> Nullable<Binary>,
        late_reason -> Nullable<Text>,
        note -> Nullable<Text>,
        outcome -> SmallInt,
        card_revision -> Nullable<SmallInt>,
        score -> Nullable<Integer>,
        problem -> Nullable<Text>,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    sheet_decision (county_code, sheet_id) {
        county_code -> Text,
        sheet_id -> BigInt,
        place -> Text,
        taken -> Bool,
        card_revision -> Nullable<SmallInt>,
        by_login -> Text,
        salt -> Binary,
        reason_digest -> Binary,
        reason -> Nullable<Text>,
        decided_at -> Timestamptz,
    }
}

diesel::table! {
    sheet_photo (county_code, sheet_id, number) {
        county_code -> Text,
        sheet_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        client_hash -> Binary,
        act -> Nullable<Text>,
        item -> Nullable<Text>,
    }
}

diesel::table! {
    signature (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        month -> Integer,
        panel_id -> BigInt,
        last_card_id -> BigInt,
        cards -> Integer,
        digest -> Binary,
        signed_at -> Timestamptz,
        present -> Nullable<Array<SmallInt>>,
        few_reason -> Nullable<Text>,
        on_behalf -> Nullable<Text>,
        said_salt -> Nullable<Binary>,
        said_digest -> Nullable<Binary>,
    }
}

diesel::table! {
    submission_step (county_code, submission_id, number) {
        county_code -> Text,
        submission_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        kind -> SmallInt,
        reason -> Nullable<Text>,
        by_login -> Text,
        by_account -> Nullable<BigInt>,
        taken_at -> Timestamptz,
        catalogue_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    suggestion (county_code, id) {
        county_code -> Text,
        id -> BigInt,
        place -> Text,
        village -> Text,
        month -> Integer,
        number -> Integer,
        kind -> SmallInt,
        topic -> SmallInt,
        household_id -> Nullable<BigInt>,
        words -> Nullable<Text>,
        salt -> Binary,
        words_digest -> Binary,
        name_sealed -> Nullable<Binary>,
        phone_sealed -> Nullable<Binary>,
        code_hash -> Binary,
        filed_on -> Date,
        filed_at -> Timestamptz,
        taken_by -> Nullable<Text>,
    }
}

diesel::table! {
    suggestion_answer (county_code, suggestion_id, number) {
        county_code -> Text,
        suggestion_id -> BigInt,
        number -> SmallInt,
        place -> Text,
        words -> Nullable<Text>,
        salt -> Binary,
        words_digest -> Binary,
        published -> Bool,
        by_name -> Text,
        answered_on -> Date,
        answered_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account,
    audit_event,
    audit_head,
    award_quota,
    award_result,
    award_run,
    card,
    card_remark,
    catalogue,
    catalogue_item,
    catalogue_rule,
    catalogue_submission,
    contact,
    county_seal,
    delegation,
    division,
    exception_step,
    finding,
    group_fact,
    household,
    household_change,
    household_query,
    household_query_step,
    household_token,
    household_version,
    idempotency_key,
    job_run,
    lock_exception,
    login_attempt,
    machine_token,
    message,
    month_closing,
    month_difference,
    month_result,
    objection,
    objection_step,
    panel,
    panel_member,
    photo,
    photo_publication,
    posting,
    publication,
    role_grant,
    rulebook,
    sample_card,
    sample_commitment,
    sample_draw,
    sample_household,
    seal_canary,
    session,
    sheet,
    sheet_decision,
    sheet_photo,
    signature,
    submission_step,
    suggestion,
    suggestion_answer,
);
