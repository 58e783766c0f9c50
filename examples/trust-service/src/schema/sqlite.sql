-- Every table but `users` is read through its tenant: rows are all that separates them.
CREATE TABLE IF NOT EXISTS users (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    password TEXT NOT NULL, -- Argon2id, as a PHC string
    PRIMARY KEY (tenant, name)
) STRICT;

CREATE TABLE IF NOT EXISTS sessions (
    digest     BLOB PRIMARY KEY, -- of the token, so that a copy of the table opens nothing
    tenant     TEXT NOT NULL,
    account    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS factors (
    tenant  TEXT NOT NULL,
    account TEXT NOT NULL,
    secret  BLOB NOT NULL,
    used    INTEGER NOT NULL, -- the step of the last code, which is good once
    PRIMARY KEY (tenant, account)
) STRICT;

CREATE TABLE IF NOT EXISTS documents (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'new',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS documents_by_tenant ON documents (tenant, id);

CREATE TABLE IF NOT EXISTS tags (
    tenant   TEXT NOT NULL,
    tag      TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (tenant, tag, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_by_document ON tags (document);

CREATE TABLE IF NOT EXISTS certificates (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    secret_key BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS certificates_by_tenant ON certificates (tenant, id);
