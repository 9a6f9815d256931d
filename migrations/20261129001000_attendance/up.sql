-- What is said with a signature (出勤、代签说明): who of the panel was present on the scoring, why that were fewer than a
-- panel needs, and on what ground somebody signed who is not its leader. Nothing of it where only the signature is known,
-- as with a file of cards. The digest of what was signed holds none of it.
alter table signature
    -- By the numbers of the panel's members.
    add column present smallint[],
    add column few_reason text,
    add column on_behalf text,
    -- The salted digest of both texts; the log holds it, too. None where neither was said.
    add column said_salt bytea,
    add column said_digest bytea check (length(said_digest) = 32),
    -- A text has its digest, and a digest its text, unless that was erased: an empty salt says so.
    add constraint signature_said check (
        case when said_digest is null then few_reason is null and on_behalf is null and said_salt is null
        else said_salt is not null and (few_reason is not null or on_behalf is not null or said_salt = '') end
    );
