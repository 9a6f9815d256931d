-- The item (项目) at which a photo was taken; null: the house, as phones said before.
alter table sheet_photo add column item text;

-- The pictures of a household go with its name once it is erased (R-60): nothing rests on them.
grant delete on photo to jifen_program;

-- What was done about a photo on the village's board (照片公示), one row after the other; where it stands is computed from
-- them. `kind` counts as in domain::publication::PhotoStep; a proposal carries the household's consent: who gave it, how
-- and when. The words may name people: null once erased by law.
create table photo_publication (
    county_code text collate "C" not null,
    household_id bigint not null,
    hash bytea not null check (length(hash) = 32),
    number smallint not null check (number > 0),
    place text collate "C" not null,
    month int not null check (month % 100 between 1 and 12),
    kind smallint not null check (kind between 1 and 4),
    caption text,
    consent_by text,
    consent_how text,
    consent_on date,
    reason text,
    by_login text not null,
    by_account bigint,
    taken_at timestamptz not null,
    primary key (county_code, household_id, hash, number),
    foreign key (county_code, household_id) references household (county_code, id),
    check ((kind = 1) = (consent_on is not null))
);
create index on photo_publication (county_code, place, month);
call protect_tenant('photo_publication', 'select, insert');
grant update (caption, consent_by, consent_how, reason) on photo_publication to jifen_program;
