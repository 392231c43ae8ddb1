#!/bin/sh
# backup.sh FOLDER: one encrypted dump of DATABASE_URL's database. KPI_BACKUP_RECIPIENT names the GnuPG key; its
# private half is kept elsewhere. Run daily (cron, systemd timer), and ship WAL for a finer restore point.
set -eu
umask 077
folder="${1:?Say into which folder: backup.sh FOLDER}"
: "${DATABASE_URL:?Set DATABASE_URL.}" "${KPI_BACKUP_RECIPIENT:?Set KPI_BACKUP_RECIPIENT to the key that backups are encrypted for.}"
name="$folder/kpi-$(date -u +%Y%m%dT%H%M%SZ)"
plain="$(mktemp -d)"
trap 'rm -rf "$plain"' EXIT
pg_dump --format=custom --no-owner --file="$plain/dump" "$DATABASE_URL"
pg_restore --list "$plain/dump" >/dev/null  # a dump that cannot be listed cannot be restored
gpg --batch --yes --trust-model always --recipient "$KPI_BACKUP_RECIPIENT" --output "$name.part" --encrypt "$plain/dump"
sha256sum "$name.part" | sed "s#$name.part#$(basename "$name").dump.gpg#" > "$name.dump.gpg.sha256"
mv "$name.part" "$name.dump.gpg"
echo "$name.dump.gpg"
