#!/bin/sh
# Makes one archive of a snapshot of Prometheus, and deletes all but the newest. The image has the tools of busybox.
set -eu
umask 077

fail() {
    printf 'backup.sh: %s\n' "$*" >&2
    exit 1
}

answer=$(wget -q -O - --post-data '' "$PROMETHEUS/api/v1/admin/tsdb/snapshot") ||
    fail "$PROMETHEUS makes no snapshot: is it started with --web.enable-admin-api?"
name=$(printf %s "$answer" | sed -n 's/.*"name":"\([0-9TZa-f-]*\)".*/\1/p')
[ -n "$name" ] || fail "an answer without a snapshot: $answer"
folder=${SNAPSHOTS:-/snapshots}/$name
[ -d "$folder" ] || fail "the snapshot $name is not in its folder"
# The snapshot goes in any case: it keeps blocks from being deleted.
trap 'rm -rf "$folder"' EXIT
target=${BACKUP:-/backup}
rm -f "$target"/*.part
tar -czf "$target/$name.tar.gz.part" -C "$folder" .
# An archive that cannot be read is none.
tar -tzf "$target/$name.tar.gz.part" >/dev/null
mv "$target/$name.tar.gz.part" "$target/$name.tar.gz"
# The names begin with the time. The last, and only they, stay.
for old in $(cd "$target" && find . -name '*.tar.gz' | sort -r | awk -v keep="$KEEP" "NR > keep"); do
    rm -f "$target/$old"
done
printf 'backup.sh: wrote %s.tar.gz\n' "$name"
