#!/bin/sh
# Makes the account of postgres_exporter. The image runs this file once, when the database is new.
set -eu
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" \
    --set password="$(cat /run/secrets/postgres_exporter_password)" <<'SQL'
CREATE USER mme_exporter PASSWORD :'password';
GRANT pg_monitor TO mme_exporter;
SQL
