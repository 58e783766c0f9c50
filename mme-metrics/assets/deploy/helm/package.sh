#!/bin/sh
# Copies the bundled files into the chart: Helm reads none outside of it. Run it after each export, then:
#
#   helm upgrade --install monitoring ./mme-metrics --namespace monitoring --create-namespace
set -eu
cd "$(dirname "$0")"
files=mme-metrics/files
[ -d ../../grafana/dashboards ] || {
    printf 'package.sh: grafana/dashboards is missing: export the whole bundle\n' >&2
    exit 1
}
rm -rf "$files"
mkdir -p "$files/kubernetes" "$files/prometheus" "$files/alertmanager" "$files/grafana"
cp ../kubernetes/base/config/* "$files/kubernetes/"
cp -R ../../prometheus/rules ../../prometheus/alerts "$files/prometheus/"
cp -R ../../alertmanager/alertmanager.yml ../../alertmanager/templates "$files/alertmanager/"
cp -R ../../grafana/provisioning ../../grafana/dashboards "$files/grafana/"
printf 'package.sh: the chart is complete: %s\n' "$(pwd)/mme-metrics"
