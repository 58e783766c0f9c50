//! Dashboards: the committed JSON is what the code renders, and no part is missing.

use std::collections::HashSet;
use std::path::Path;
use std::{env, fs};

use mme_metrics::asset::dashboard::{Dashboard, Row, all};
use mme_metrics::asset::{AssetCheck, AssetFile, AssetKind, FILES};
use mme_metrics::catalog::FAMILIES;
use mme_metrics::function::FUNCTION;
use mme_metrics::metric::Kind;
use serde_json::{Value, json};

/// What metrics of other programs begin with: their targets are not those of the chosen service.
const OF_OTHERS: [&str; 13] = [
    "ALERTS",
    "alertmanager_",
    "prometheus_",
    "grafana_",
    "node_",
    "redis_",
    "pg_",
    "mongodb_",
    "mysql_",
    "traefik_",
    "kube_",
    "probe_",
    "vault_",
];

fn models() -> Vec<Value> {
    // What is rendered is JSON: the render test below would not pass otherwise.
    all().iter().map(|(_, dashboard)| serde_json::from_str(&dashboard.render()).unwrap()).collect()
}

fn panels(model: &Value) -> Vec<&Value> {
    model["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row").collect()
}

#[test]
fn committed_dashboards_are_what_is_described() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mme-metrics/assets");
    for (path, dashboard) in all() {
        let path = assets.join(path);
        if env::var_os("MME_BLESS").is_some() {
            fs::write(&path, dashboard.render()).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == dashboard.render(),
            "{} is stale: run `MME_BLESS=1 cargo test --all-features --test asset dashboard`",
            path.display()
        );
    }
}

#[test]
fn every_described_dashboard_is_bundled() {
    let bundled: HashSet<_> =
        FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard).map(AssetFile::path).collect();
    assert_eq!(bundled, all().iter().map(|(path, _)| *path).collect());
}

#[test]
fn a_dashboard_is_provisioned_and_not_edited() {
    for model in models() {
        assert_eq!(model["editable"], false);
        assert!(model.get("__inputs").is_none() && model.get("id").is_none());
        let variables = model["templating"]["list"].as_array().unwrap();
        let names: Vec<_> = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
        assert_eq!(names[..3], ["datasource", "job", "instance"]);
    }
}

#[test]
fn uids_and_ids_are_unique() {
    let models = models();
    let uids: HashSet<_> = models.iter().map(|model| model["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), models.len());
    for model in &models {
        let outer = model["panels"].as_array().unwrap();
        let inner = outer.iter().flat_map(|row| row["panels"].as_array().into_iter().flatten());
        let all: Vec<_> = outer.iter().chain(inner).collect();
        assert_eq!(all.iter().map(|panel| panel["id"].as_u64().unwrap()).collect::<HashSet<_>>().len(), all.len());
    }
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_from_the_chosen_source() {
    for model in models() {
        for panel in panels(&model) {
            assert!(panel["description"].as_str().unwrap().ends_with('.'), "{panel}");
            assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{panel}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}");
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
        }
    }
}

#[test]
fn rates_follow_the_scrape_interval_and_queries_the_chosen_targets() {
    for model in models() {
        for target in panels(&model).iter().flat_map(|panel| panel["targets"].as_array().unwrap()) {
            let expression = target["expr"].as_str().unwrap();
            // A rule has summed the instances up, and is read over days; everything else over what is scraped or shown.
            let recorded = expression.contains(':') && expression.contains("{job=~\"$job\"");
            let ranges = ["[$__rate_interval]", "[$__interval]", "[$__range]"];
            let ranged = ranges.iter().any(|range| expression.contains(range));
            assert!(!expression.contains('[') || ranged || recorded, "{expression}");
            let chosen = recorded || expression.contains("job=~\"$job\",instance=~\"$instance\"");
            let of_others = OF_OTHERS.iter().any(|name| expression.contains(name));
            assert!(chosen || of_others, "{expression}");
        }
    }
}

#[test]
fn counts_are_drawn_once() {
    for model in models() {
        for panel in panels(&model) {
            for target in panel["targets"].as_array().unwrap() {
                let expression = target["expr"].as_str().unwrap();
                // Ranges of neighbouring points would overlap, and each event would be drawn several times. A ratio draws none.
                let overlaps = expression.contains("increase(") && expression.contains("$__rate_interval");
                let is_ratio = panel["fieldConfig"]["defaults"]["unit"] == "percentunit" && expression.contains(" / (");
                assert!(!overlaps || is_ratio, "{expression}");
                if expression.contains("[$__interval]") {
                    assert_eq!(panel["interval"], "1m", "{panel}");
                    assert!(
                        panel["type"] == "heatmap" || panel["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars"
                    );
                }
                if expression.contains("[$__range]") {
                    assert_eq!(target["instant"], true, "{expression}");
                }
            }
        }
    }
}

#[test]
fn an_axis_reaches_below_zero_where_values_do() {
    for model in models() {
        for panel in panels(&model).into_iter().filter(|panel| panel["type"] == "timeseries") {
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(defaults.get("min").is_none(), "{panel}");
            assert_eq!(defaults["custom"]["axisSoftMin"], 0);
        }
    }
}

#[test]
fn every_panel_can_be_split_by_instance_unless_a_rule_has_summed_the_instances() {
    for model in models() {
        for target in panels(&model).iter().flat_map(|panel| panel["targets"].as_array().unwrap()) {
            let expression = target["expr"].as_str().unwrap();
            let recorded = expression.contains(':');
            let split =
                expression.contains("$split") || expression.contains("by (") && expression.contains("instance)");
            let of_each = expression.contains("instance,") || expression.starts_with("build_info");
            let alerts = expression.contains("ALERTS");
            assert!(recorded || split || of_each || alerts, "{expression}");
        }
    }
}

/// Gauges whose names sound like limits, but that count what is past one.
const NO_LIMITS: [&str; 3] = ["auth_source_failures_max", "auth_sources_over_limit", "auth_accounts_over_limit"];

#[test]
fn each_declared_limit_is_a_dashed_line_with_its_name() {
    let mut drawn = Vec::new();
    for model in models() {
        for panel in panels(&model) {
            let is_dashed = |target: &Value| {
                let matcher = json!({"id": "byFrameRefID", "options": target["refId"]});
                let overrides = panel["fieldConfig"]["overrides"].as_array().unwrap();
                overrides.iter().any(|one| one["matcher"] == matcher && one["properties"][0]["value"]["fill"] == "dash")
            };
            for target in panel["targets"].as_array().unwrap() {
                let is_limit = target["legendFormat"].as_str().unwrap().starts_with("Limit");
                assert_eq!(is_limit, is_dashed(target), "{target}");
                if is_limit {
                    assert!(panel["type"] == "timeseries" && target["refId"] != "A", "{panel}");
                    drawn.push(target["expr"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    let is_limit =
        |name: &str| name.split('_').any(|word| ["max", "limit"].contains(&word)) && !NO_LIMITS.contains(&name);
    let gauges = FAMILIES.iter().flat_map(|family| family.specs()).filter(|spec| spec.kind == Kind::Gauge);
    let limits: Vec<_> = gauges.map(|spec| spec.name).filter(|name| is_limit(name)).collect();
    assert!(limits.len() > 4, "{limits:?}");
    // What the alerts on latency compare with: the threshold of an objective, where one is declared.
    let of_latency =
        ["job:http_server_request_duration_limit_seconds:max", "job:rpc_server_call_duration_limit_seconds:max"];
    for limit in limits.into_iter().chain(of_latency) {
        assert!(drawn.iter().any(|expression| expression.contains(limit)), "{limit} is no line");
    }
}

#[test]
fn log_lines_are_in_a_closed_row_at_the_end_and_nothing_else_needs_loki() {
    let mut with_logs = Vec::new();
    for model in models() {
        let all = model["panels"].as_array().unwrap();
        for (at, row) in all.iter().enumerate().filter(|(_, panel)| panel["collapsed"] == true) {
            assert_eq!(at, all.len() - 1, "{row}");
            for panel in row["panels"].as_array().unwrap() {
                assert_eq!([&panel["type"], &panel["datasource"]["type"]], ["logs", "loki"], "{panel}");
                let words = panel["description"].as_str().unwrap();
                assert!(words.contains("needs Loki") && words.contains("work without"), "{words}");
                for target in panel["targets"].as_array().unwrap() {
                    assert_eq!(target["datasource"], json!({"type": "loki", "uid": "${logs}"}));
                    // Loki refuses matchers that all match an empty value, as `.*` does for all jobs.
                    assert!(target["expr"].as_str().unwrap().starts_with("{job=~\".+\","), "{target}");
                }
                with_logs.push(model["uid"].as_str().unwrap().to_owned());
            }
        }
        // What is open reads Prometheus, and so do the variables that choose the targets.
        let sources = panels(&model).into_iter().chain(model["templating"]["list"].as_array().unwrap());
        for source in sources.filter(|one| one["type"] != "datasource" && one["type"] != "custom") {
            assert_eq!(source["datasource"]["type"], "prometheus", "{source}");
        }
    }
    assert_eq!(with_logs, ["mme-security"]);
    let skipped = AssetCheck::new(FAMILIES).skipped(FILES);
    let skipped: Vec<_> = skipped.iter().map(ToString::to_string).collect();
    assert!(skipped.len() == 1 && skipped[0].contains("a query for loki, which is not checked"), "{skipped:?}");
}

#[test]
fn the_state_of_alerts_and_objectives_comes_first() {
    for model in models() {
        let all = model["panels"].as_array().unwrap();
        let titles: Vec<_> = all[..3].iter().map(|panel| panel["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["State now", "Firing alerts", "Error budgets left"], "{}", model["uid"]);
        let marks = model["annotations"]["list"].as_array().unwrap();
        assert_eq!(
            marks.iter().map(|mark| mark["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["Alerts", "Deployments"]
        );
    }
}

#[test]
fn every_link_leads_to_a_dashboard_and_every_runbook_exists() {
    let models = models();
    let uids: HashSet<_> = models.iter().map(|model| model["uid"].as_str().unwrap()).collect();
    let runbooks: HashSet<_> =
        FILES.iter().filter(|file| file.kind() == AssetKind::Runbook).map(AssetFile::stem).collect();
    for model in &models {
        for panel in panels(model) {
            let defaults = &panel["fieldConfig"]["defaults"];
            let next = defaults["links"].as_array().unwrap();
            assert!(!next.is_empty() || model["uid"] == "mme-meta", "{panel}");
            for link in next.iter().chain(panel["links"].as_array().unwrap()) {
                let url = link["url"].as_str().unwrap();
                if let Some(rest) = url.strip_prefix("/d/") {
                    assert!(uids.contains(rest.split('?').next().unwrap()), "{url}");
                } else if let Some(page) = url.strip_suffix(".md") {
                    let (_, runbook) = page.rsplit_once('/').unwrap();
                    assert!(runbooks.contains(runbook), "{url}");
                }
            }
        }
    }
}

#[test]
fn grafana_loads_each_audience_into_a_folder_of_its_own() {
    let provisioning =
        FILES.iter().find(|file| file.path() == "grafana/provisioning/dashboards/mme-metrics.yml").unwrap();
    let providers: Value = serde_saphyr::from_str(provisioning.text()).unwrap();
    let directory = |provider: &Value| {
        let path = provider["options"]["path"].as_str().unwrap();
        format!("grafana/dashboards/{}", path.rsplit_once('/').unwrap().1)
    };
    let loaded: HashSet<_> = providers["providers"].as_array().unwrap().iter().map(directory).collect();
    let bundled = all().into_iter().map(|(path, _)| path.rsplit_once('/').unwrap().0.to_owned()).collect();
    assert_eq!(loaded, bundled);
}

#[test]
fn panels_fill_their_lines_and_do_not_overlap() {
    for model in models() {
        let mut taken = HashSet::new();
        for panel in model["panels"].as_array().unwrap() {
            let [x, y, w, h] = ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            assert!(x + w <= 24);
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(taken.insert(cell), "{}", panel["title"]);
            }
        }
    }
}

#[test]
fn a_family_of_ones_own_becomes_a_row_without_further_words() {
    let model: Value =
        serde_json::from_str(&Dashboard::new("own", "Own", "Own.").row(Row::of(&FUNCTION)).render()).unwrap();
    let queries: Vec<_> = panels(&model).iter().map(|panel| panel["targets"][0]["expr"].to_string()).collect();
    assert!(queries[0].contains("sum by (function, module, $split) (rate(function_calls_total{"), "{queries:?}");
    assert!(
        queries[1]
            .contains("histogram_quantile(0.5, sum by (le, $split) (rate(function_calls_duration_seconds_bucket{")
    );
    assert_eq!(queries.len(), 2);
}
