#!/bin/sh
# Prepares and runs the monitoring stack: `sh start.sh [COMMAND]`.
#
#   up           prepares what is missing, and starts everything (without a command, too)
#   prepare      writes .env, secrets/ and generated/, and starts nothing
#   stop         stops everything; data and secrets stay
#   down         stops and removes the containers; data and secrets stay
#   restart      prepares again, and starts every container anew, so that each reads its files again
#   status       lists the containers
#   health       asks Prometheus, Alertmanager and Grafana whether they are ready
#   endpoints    prints the addresses
#   logs [NAME]  prints what the containers, or one, have logged
#
# COMPOSE names another program, such as COMPOSE=podman-compose. There is no default password: each secret is made at the
# first start, and a file that is there is never changed.
set -eu
umask 077
cd "$(dirname "$0")"

fail() {
    printf 'start.sh: %s\n' "$*" >&2
    exit 1
}

# Prints the value of a setting in .env, which is read as text and never run.
setting() {
    sed -n "s/^$1=//p" .env | tail -n 1 | tr -d '\r'
}

# Prints 32 random letters and digits.
random() {
    text=$(LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | dd bs=32 count=1 iflag=fullblock 2>/dev/null) || true
    [ "${#text}" -eq 32 ] || fail "/dev/urandom gives no random bytes"
    printf %s "$text"
}

# Writes a secret to a file that is not there yet, without a line feed at the end. The folder is closed to other users, so
# the file itself may be read by the user of a container.
keep() {
    [ ! -e "$1" ] || return 0
    printf %s "$2" >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}

# Moves a secret from .env to a file, if .env has it. Without it the receiver fails, and MmeNotificationsFailing says so.
move() {
    value=$(setting "$1")
    [ -z "$value" ] || keep "secrets/alertmanager/$2" "$value"
}

secrets() {
    mkdir -p secrets/alertmanager
    chmod 755 secrets/alertmanager
    printf '*\n' >secrets/.gitignore
    for name in grafana_password postgres_password postgres_exporter_password mongodb_password \
        mongodb_exporter_password redis_password trust_password trust_admin_token trust_secret; do
        [ -e "secrets/$name.txt" ] || keep "secrets/$name.txt" "$(random)"
    done
    redis=$(cat secrets/redis_password.txt)
    keep secrets/redis.conf "requirepass $redis
save \"\"
"
    address=$(setting REDIS_ADDR)
    keep secrets/redis_passwords.json "{\"${address:-redis://redis:6379}\": \"$redis\"}"
    keep secrets/mongodb_exporter.env "MONGODB_USER=mme_exporter
MONGODB_PASSWORD=$(cat secrets/mongodb_exporter_password.txt)
"
    move SMTP_PASSWORD smtp_password
    for team in default security platform business; do
        move "SLACK_WEBHOOK_$(upper $team)" "slack_webhook_$team"
    done
    for team in security platform escalation; do
        move "PAGERDUTY_$(upper $team)_KEY" "pagerduty_${team}_key"
    done
    for system in siem ticketing incident watchdog; do
        move "$(upper $system)_TOKEN" "${system}_token"
    done
}

upper() {
    printf %s "$1" | tr '[:lower:]' '[:upper:]'
}

# Prints a file with one text, taken literally, in place of another, or as it is if .env has no value for it.
replace() {
    value=$(setting "$3")
    if [ -z "$value" ]; then
        cat "$1"
        return
    fi
    # The value becomes part of a line of YAML or of a template.
    case $value in
    *[!A-Za-z0-9@._:/%+-]*) fail "$3 in .env has a character that is not allowed in an address" ;;
    esac
    from=$2 to=$value awk '
        BEGIN { from = ENVIRON["from"]; to = ENVIRON["to"] }
        {
            done = ""
            while ((at = index($0, from)) > 0) {
                done = done substr($0, 1, at - 1) to
                $0 = substr($0, at + length(from))
            }
            print done $0
        }
    ' "$1"
}

# Replaces in a generated file; the file is complete at every moment.
fill() {
    replace "$1" "$2" "$3" >"$1.new"
    chmod 644 "$1.new"
    mv "$1.new" "$1"
}

generate() {
    bundle=../../alertmanager
    [ -f "$bundle/alertmanager.yml" ] || fail "alertmanager/alertmanager.yml is missing: export the whole bundle"
    mkdir -p generated/templates
    chmod 755 generated generated/templates
    printf '*\n' >generated/.gitignore
    file=generated/alertmanager.yml
    # Written in a file of its own first: a server that runs never reads half of it.
    work=$file.work
    cp "$bundle/alertmanager.yml" "$work"
    fill "$work" smtp.example.com:587 SMTP_HOST
    # The sender and the account have the same address in the bundled file.
    if [ -n "$(setting SMTP_USERNAME)" ]; then
        sed 's/^  smtp_auth_username: .*/  smtp_auth_username: account@example.com/' "$work" >"$work.new"
        mv "$work.new" "$work"
        fill "$work" account@example.com SMTP_USERNAME
    fi
    fill "$work" alerts@example.com SMTP_FROM
    fill "$work" security@example.com SECURITY_EMAIL
    fill "$work" platform@example.com PLATFORM_EMAIL
    fill "$work" business@example.com BUSINESS_EMAIL
    fill "$work" compliance@example.com COMPLIANCE_EMAIL
    for address in team-lead engineering-manager executives; do
        fill "$work" "$address@example.com" ESCALATION_EMAIL
    done
    chmod 644 "$work"
    mv "$work" "$file"
    for template in "$bundle"/templates/*.tmpl; do
        cp "$template" generated/templates/
    done
    fill generated/templates/addresses.tmpl https://grafana.example.com GRAFANA_URL
    chmod 644 generated/templates/*.tmpl
    datasources
}

# Gives Grafana the data sources of the servers that there are: Loki is one in its profile only.
datasources() {
    mkdir -p generated/datasources
    chmod 755 generated/datasources
    cp ../../grafana/provisioning/datasources/*.yml generated/datasources/
    case ",$(setting COMPOSE_PROFILES)," in
    *,logs,*) cp logs/datasource.yml generated/datasources/loki.yml ;;
    *) rm -f generated/datasources/loki.yml ;;
    esac
    chmod 644 generated/datasources/*.yml
}

prepare() {
    [ -e .env ] || cp .env.example .env
    chmod 600 .env
    secrets
    generate
}

compose() {
    if [ -n "${COMPOSE:-}" ]; then
        # It may be two words, such as `docker compose`.
        # shellcheck disable=SC2086
        $COMPOSE "$@"
    elif docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    elif command -v podman-compose >/dev/null; then
        podman-compose "$@"
    else
        fail "neither docker compose nor podman-compose is installed"
    fi
}

port() {
    value=$(setting "$1")
    printf %s "${value:-$2}"
}

endpoints() {
    user=$(setting GRAFANA_ADMIN_USER)
    printf 'Grafana            http://127.0.0.1:%s (%s, password in secrets/grafana_password.txt)\n' \
        "$(port GRAFANA_PORT 3001)" "${user:-admin}"
    printf 'Prometheus         http://127.0.0.1:%s\n' "$(port PROMETHEUS_PORT 9090)"
    printf 'Alertmanager       http://127.0.0.1:%s\n' "$(port ALERTMANAGER_PORT 9093)"
    printf 'Traefik            http://127.0.0.1:%s\n' "$(port TRAEFIK_WEB_PORT 8000)"
    printf 'Traefik dashboard  http://127.0.0.1:%s\n' "$(port TRAEFIK_DASHBOARD_PORT 9000)"
    printf 'Traefik metrics    http://127.0.0.1:%s/metrics\n' "$(port TRAEFIK_METRICS_PORT 8082)"
    printf 'Inside the network mongodb-exporter:9216, redis-exporter:9121, postgres-exporter:9187, node-exporter:9100\n'
}

# Prints whether an address answers; fails if it does not.
ready() {
    if curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$2"; then
        printf '%-13s ready\n' "$1"
    else
        printf '%-13s NOT ready: sh start.sh logs %s\n' "$1" "$1"
        return 1
    fi
}

health() {
    bad=0
    ready prometheus "$(port PROMETHEUS_PORT 9090)/-/ready" || bad=1
    ready alertmanager "$(port ALERTMANAGER_PORT 9093)/-/ready" || bad=1
    ready grafana "$(port GRAFANA_PORT 3001)/api/health" || bad=1
    return $bad
}

case ${1:-up} in
up)
    prepare
    compose up --detach
    endpoints
    ;;
restart)
    prepare
    compose up --detach --force-recreate
    endpoints
    ;;
prepare) prepare ;;
stop) compose stop ;;
down) compose down ;;
status) compose ps ;;
health) health ;;
endpoints) endpoints ;;
logs)
    shift
    compose logs "$@"
    ;;
*) fail "unknown command: $1. It is one of up, prepare, stop, down, restart, status, health, endpoints, logs" ;;
esac
