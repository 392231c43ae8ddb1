#!/bin/sh
# restore.sh FILE.dump.gpg: restore into the EMPTY database of DATABASE_URL, as its owner, then check it. Refuses one with
# tables. The roles exist before (deploy/roles.sql); what each may do is put in place by migrate.
# With KPI_DATA_DIR set and FILE.evidence.gpg beside the dump, the files of evidence too, and each is read again.
set -eu
umask 077
file="${1:?Say which backup: restore.sh FILE.dump.gpg}"
: "${DATABASE_URL:?Set DATABASE_URL to an empty database, and KPI_OWNER_DATABASE_URL to the same as its owner.}"
owner="${KPI_OWNER_DATABASE_URL:-$DATABASE_URL}"
tables="$(psql "$owner" -Atqc "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")"
[ "$tables" = 0 ] || { echo "The database has $tables tables: restore into an empty one." >&2; exit 1; }
(cd "$(dirname "$file")" && sha256sum --check --quiet "$(basename "$file").sha256")
plain="$(mktemp -d)"
trap 'rm -rf "$plain"' EXIT
gpg --batch --output "$plain/dump" --decrypt "$file"
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$owner" "$plain/dump"
cd "$(dirname "$0")/.."
.venv/bin/python manage.py migrate --verbosity 0
evidence="${file%.dump.gpg}.evidence.gpg"
if [ -n "${KPI_DATA_DIR:-}" ] && [ -f "$evidence" ]; then
    (cd "$(dirname "$evidence")" && sha256sum --check --quiet "$(basename "$evidence").sha256")
    gpg --batch --decrypt "$evidence" | tar --extract --directory="$KPI_DATA_DIR"
    .venv/bin/python manage.py check_evidence
fi
psql "$owner" -Atqc "SELECT 'ledger entries: ' || count(*) || ', the last of ' || max(at) FROM audit_ledgerentry"
# Against the anchors, which no backup holds: whatever happened after it is lost, and is named here. Nobody can act until
# that is signed off with accept_restore --reason (docs/ledger.md).
whole=0
.venv/bin/python manage.py accept_restore || whole=1
.venv/bin/python manage.py verify_ledger || whole=1
.venv/bin/python manage.py check --database default || whole=1
exit "$whole"
