#!/bin/sh
# Makes the secrets that are missing, and applies everything: `sh apply.sh [FOLDER]`, such as `sh apply.sh overlays/thanos`.
#
# ENV_FILE names a file with the settings of compose's .env.example: it becomes the Secret `monitoring-secrets`. There is no
# default password. A Secret that exists is never changed.
set -eu
umask 077
cd "$(dirname "$0")"

fail() {
    printf 'apply.sh: %s\n' "$*" >&2
    exit 1
}

random() {
    text=$(LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | dd bs=32 count=1 iflag=fullblock 2>/dev/null) || true
    [ "${#text}" -eq 32 ] || fail "/dev/urandom gives no random bytes"
    printf %s "$text"
}

exists() {
    kubectl --namespace monitoring get secret "$1" >/dev/null 2>&1
}

# Makes a Secret of what it reads, so that no argument has a password in it.
secret() {
    kubectl --namespace monitoring create secret generic "$1" --from-file="$2=/dev/stdin"
}

command -v kubectl >/dev/null || fail "kubectl is not installed"
folder=${1:-base}
[ -f "$folder/kustomization.yml" ] || fail "$folder has no kustomization.yml"
kubectl apply --server-side -f base/namespace.yml
exists grafana-admin || random | secret grafana-admin password
if [ -n "${ENV_FILE:-}" ] && ! exists monitoring-secrets; then
    # Empty settings are none: Alertmanager would send to an empty address.
    grep -E '^[A-Z_]+=.' "$ENV_FILE" | kubectl --namespace monitoring create secret generic monitoring-secrets --from-env-file=/dev/stdin
fi
kubectl apply --server-side -k "$folder"
for name in monitoring-tls monitoring-users redis-exporter postgres-exporter mongodb-exporter; do
    exists "$name" || printf 'The Secret %s is missing: the guide says what it has.\n' "$name"
done
printf 'The password of Grafana: kubectl -n monitoring get secret grafana-admin -o jsonpath={.data.password} | base64 -d\n'
