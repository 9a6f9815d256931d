alter table signature
    drop constraint signature_said,
    drop column said_digest,
    drop column said_salt,
    drop column on_behalf,
    drop column few_reason,
    drop column present;
