-- Suggestions and complaints (建议、投诉): what a villager says about how the points system is run. `place` is the office
-- that answers, as domain::suggestions decides: the village, or its town for what the village must not answer itself,
-- which a transaction of the village therefore does not reach. They are numbered by office and month of filing. `kind`
-- and `topic` count as in domain::suggestions. Words, name and phone may be erased: null with an empty salt, while the
-- salted digest of the words stays. `code_hash` is the hash of the code by which the answer is looked up.
create table suggestion (
    county_code text collate "C" not null,
    id bigint generated always as identity,
    place text collate "C" not null,
    village text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    number int not null check (number > 0),
    kind smallint not null check (kind between 1 and 2),
    topic smallint not null check (topic between 1 and 5),
    -- The household from whose page it came, so that it is erased with it; no page shows it.
    household_id bigint,
    words text,
    salt bytea not null,
    words_digest bytea not null check (length(words_digest) = 32),
    name_sealed bytea,
    phone_sealed bytea,
    code_hash bytea not null check (length(code_hash) = 32),
    filed_on date not null,
    filed_at timestamptz not null,
    primary key (county_code, id),
    unique (county_code, place, month, number),
    unique (county_code, code_hash),
    foreign key (county_code, place) references division (county_code, place),
    foreign key (county_code, village) references division (county_code, place),
    foreign key (county_code, household_id) references household (county_code, id),
    check (starts_with(village, place))
);
create index on suggestion (county_code, village, filed_on);
create index on suggestion (county_code, household_id) where household_id is not null;
call protect_tenant('suggestion', 'select, insert');

-- What was answered (答复); a correction is another row, and the last one counts. `by_name` is a log-in, `published` says
-- whether the notice board shows the answer.
create table suggestion_answer (
    county_code text collate "C" not null,
    suggestion_id bigint not null,
    number smallint not null check (number > 0),
    place text collate "C" not null,
    words text,
    salt bytea not null,
    words_digest bytea not null check (length(words_digest) = 32),
    published boolean not null,
    by_name text not null,
    answered_on date not null,
    answered_at timestamptz not null,
    primary key (county_code, suggestion_id, number),
    foreign key (county_code, suggestion_id) references suggestion (county_code, id)
);
create index on suggestion_answer (county_code, place);
call protect_tenant('suggestion_answer', 'select, insert');

-- What names people can be erased by law, and name and phone sealed anew under another key.
grant update (words, salt, name_sealed, phone_sealed) on suggestion to jifen_program;
grant update (words, salt) on suggestion_answer to jifen_program;
