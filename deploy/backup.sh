#!/bin/sh
# backup.sh FOLDER: one encrypted dump of the database, read as the owner of its tables, and, where KPI_DATA_DIR has any,
# the files of evidence. KPI_BACKUP_RECIPIENT names the GnuPG key; its private half is kept elsewhere. Run daily (cron,
# systemd timer), and ship WAL for a finer restore point. Prints what it wrote.
set -eu
umask 077
folder="${1:?Say into which folder: backup.sh FOLDER}"
: "${DATABASE_URL:?Set DATABASE_URL, and KPI_OWNER_DATABASE_URL to the owner of the tables.}" "${KPI_BACKUP_RECIPIENT:?Set KPI_BACKUP_RECIPIENT to the key that backups are encrypted for.}"
name="$folder/kpi-$(date -u +%Y%m%dT%H%M%SZ)"
plain="$(mktemp -d)"
trap 'rm -rf "$plain"' EXIT
pg_dump --format=custom --no-owner --file="$plain/dump" "${KPI_OWNER_DATABASE_URL:-$DATABASE_URL}"
pg_restore --list "$plain/dump" >/dev/null  # a dump that cannot be listed cannot be restored
gpg --batch --yes --trust-model always --recipient "$KPI_BACKUP_RECIPIENT" --output "$name.part" --encrypt "$plain/dump"
sha256sum "$name.part" | sed "s#$name.part#$(basename "$name").dump.gpg#" > "$name.dump.gpg.sha256"
mv "$name.part" "$name.dump.gpg"
echo "$name.dump.gpg"
# After the dump: a file without a row is swept after a restore, a row without a file would be a loss.
if [ -d "${KPI_DATA_DIR:-}/evidence" ]; then
    # 1 says that a file went while tar was reading: the night erases what was withdrawn long ago.
    { tar --create --directory="$KPI_DATA_DIR" --exclude='.*.part' evidence || [ $? -eq 1 ] || touch "$plain/failed"; } \
        | gpg --batch --yes --trust-model always --recipient "$KPI_BACKUP_RECIPIENT" --output "$name.part" --encrypt
    [ ! -e "$plain/failed" ] || { echo "The files of evidence could not be read." >&2; exit 1; }
    sha256sum "$name.part" | sed "s#$name.part#$(basename "$name").evidence.gpg#" > "$name.evidence.gpg.sha256"
    mv "$name.part" "$name.evidence.gpg"
    echo "$name.evidence.gpg"
fi
