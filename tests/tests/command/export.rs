//! `assets export`: every layout loads, twice the same, and nothing of the user's is lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mme_metrics::asset::{AssetCheck, AssetFile, AssetKind};
use mme_metrics::catalog::FAMILIES;
use mme_metrics_tests::command::{Ran, run};
use mme_metrics_tests::program;
use mme_metrics_tests::rules::Rules;
use tempfile::TempDir;

const LIST: &str = ".mme-metrics-export.json";

fn export(directory: &Path, more: &[&str]) -> Ran {
    run(directory, ["assets", "export", "--out", "out"].iter().chain(more))
}

/// Reads every file below a directory.
fn read(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("a directory can be read") {
            let path = entry.expect("a directory can be read").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path).expect("it is a text"));
            }
        }
    }
    files
}

#[track_caller]
fn succeeds(tool: &str, arguments: &[&str], file: &Path) {
    let output = program::command(tool).args(arguments).arg(file).output().expect("it was found");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{tool} {arguments:?} {}:\n{said}", file.display());
}

/// Sets of options that change the files.
const OPTIONS: [&[&str]; 4] = [
    &[],
    &["--pushed", "--histograms", "both", "--by", "zone"],
    &["--by", "region,zone", "--job", "shop", "--services", "shop-[a-z]+|(?:till|desk)"],
    &[
        "--set",
        "MmeHttpErrorRateHigh=0.02",
        "--set",
        "MmeRedisDown.for=9m",
        "--set",
        "MmeHttpLatencyHigh{http_route=\"/a/{id}\"}=2",
        "--by",
        "region",
        "--job",
        "shop",
    ],
];

/// Exports a layout with each set of options, and has every file read by what it is for.
#[track_caller]
fn loads_and_is_the_same_twice(layout: &str, prometheus: &str, alertmanager: &str) {
    for options in OPTIONS {
        let [first, second] = [(); 2].map(|()| {
            let directory = TempDir::new().expect("a temporary directory");
            let ran = export(directory.path(), &[&["--layout", layout], options].concat());
            assert_eq!(ran.code, Some(0), "{layout} {options:?}: {ran:?}");
            directory
        });
        let root = first.path().join("out");
        let files = read(&root);
        assert_eq!(files, read(&second.path().join("out")), "{layout} {options:?}");
        succeeds("promtool", &["check", "config"], &root.join(prometheus));
        succeeds("amtool", &["check-config"], &root.join(alertmanager));
        // The rules of the gateway are loaded in place of others, whose names they record.
        let rules = files.iter().filter(|(path, text)| {
            text.contains("\ngroups:\n") && !path.contains("gateway/") || text.starts_with("groups:\n")
        });
        let dashboards = files.iter().filter(|(path, _)| path.contains("grafana/") && path.contains(".json"));
        let asset = |kind| move |(path, text): (&String, &String)| AssetFile::new(kind, path.clone(), text.clone());
        let mut assets: Vec<_> = rules.map(asset(AssetKind::Rules)).collect();
        assets.extend(dashboards.map(asset(AssetKind::Dashboard)));
        assert!(assets.len() > 10, "{layout}: {} files", assets.len());
        let mut check = AssetCheck::new(FAMILIES);
        for label in ["region", "zone"] {
            check = check.target_label(label);
        }
        assert_eq!(check.run(&assets), [], "{layout} {options:?}");
    }
}

#[test]
fn the_default_layout_loads_with_any_options() {
    loads_and_is_the_same_twice("default", "prometheus/prometheus.yml", "alertmanager/alertmanager.yml");
}

#[test]
fn the_layout_mme_loads_with_any_options() {
    loads_and_is_the_same_twice("mme", "prometheus.yml", "alertmanager.yml");
}

#[test]
fn the_layout_platform_loads_with_any_options() {
    loads_and_is_the_same_twice("platform", "prometheus/prometheus.yml", "alertmanager/alertmanager.yml");
}

#[test]
fn the_layout_trust_loads_with_any_options() {
    loads_and_is_the_same_twice("trust", "prometheus/prometheus.yml", "alertmanager/trust-service-alertmanager.yml");
}

#[test]
fn options_change_what_they_name() {
    let directory = TempDir::new().expect("a temporary directory");
    let options = ["--layout", "mme", "--set", "MmeHttpErrorRateHigh=0.02", "--by", "region", "--job", "shop"];
    assert_eq!(export(directory.path(), &options).code, Some(0));
    let files = read(&directory.path().join("out"));
    assert!(files["alert_rules.yml"].contains("[threshold MmeHttpErrorRateHigh: 0.02 instead of 0.005]"));
    assert!(files["rules.yml"].contains("by (region, cluster, namespace, job"));
    assert!(files["prometheus.yml"].contains("  - rules.yml\n  - alert_rules.yml\n"));
    assert!(files["prometheus.yml"].contains("job_name: \"shop\""));
    assert!(!files.keys().any(|path| path.contains("tests/")));
}

#[test]
fn rule_tests_pass_where_no_threshold_changed() {
    let directory = TempDir::new().expect("a temporary directory");
    let options = ["--set", "MmeHttpErrorRateHigh=0.02", "--by", "region"];
    assert_eq!(export(directory.path(), &options).code, Some(0));
    let tests = directory.path().join("out/prometheus/tests");
    assert!(!tests.join("http.yml").exists() && tests.join("redis.yml").exists());
    succeeds("promtool", &["test", "rules"], &tests.join("redis.yml"));
}

#[test]
fn rule_tests_of_older_names_pass_with_the_labels_of_a_fleet() {
    let directory = TempDir::new().expect("a temporary directory");
    for options in [&["--by", "region,cluster,namespace"][..], &["--services", "shop"]] {
        assert_eq!(export(directory.path(), options).code, Some(0));
        for name in ["names_test.yml", "names_gateway_test.yml"] {
            succeeds("promtool", &["test", "rules"], &directory.path().join("out/prometheus/compat").join(name));
        }
    }
    // A test that states the old value is left out, and no other.
    assert_eq!(export(directory.path(), &["--set", "MMEPromoteHighLatency=0.3"]).code, Some(0));
    let files = read(&directory.path().join("out/prometheus"));
    assert!(files["compat/names.yml"].contains("mme_promote_duration_p95 > 0.3\n"), "{}", files["compat/names.yml"]);
    assert!(!files.keys().any(|path| path.starts_with("compat/") && path.ends_with("_test.yml")));
    assert!(files.contains_key("tests/http.yml"));
}

/// Of the jobs "shop-a" and "node", one target of two and then both do not answer.
const SERVICES: &str = r#"
rule_files: [prometheus/alerts/process.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="shop-a",instance="a"}', values: '1x9 0x40'}
      - {series: 'up{job="shop-a",instance="b"}', values: '1x29 0x20'}
      - {series: 'up{job="node",instance="a"}', values: '1x9 0x40'}
      - {series: 'up{job="node",instance="b"}', values: '1x29 0x20'}
      - {series: 'up{job="a-shop-a",instance="a"}', values: '1x29 0x20'}
    promql_expr_test:
      - expr: count by (alertname, job) (ALERTS{alertname=~"MmeServiceDown|MmeInstanceDown",alertstate="firing"})
        eval_time: 25m
        exp_samples: [{labels: '{alertname="MmeInstanceDown",job="shop-a"}', value: 1}]
      - expr: count by (alertname, job) (ALERTS{alertname=~"MmeServiceDown|MmeInstanceDown",alertstate="firing"})
        eval_time: 40m
        exp_samples: [{labels: '{alertname="MmeServiceDown",job="shop-a"}', value: 1}]
"#;

#[test]
fn only_jobs_that_are_services_page_when_they_do_not_answer() {
    let directory = TempDir::new().expect("a temporary directory");
    assert_eq!(export(directory.path(), &["--services", "shop-.*|till"]).code, Some(0));
    let out = directory.path().join("out");
    let rules = &read(&out)["prometheus/alerts/process.yml"];
    assert!(rules.contains("max by (cluster, namespace, job) (up{job=~\"shop-.*|till\"}) == 0"), "{rules}");
    assert!(!out.join("prometheus/tests/process.yml").exists(), "its jobs are no services");
    assert!(out.join("prometheus/tests/http.yml").exists());
    fs::write(out.join("services.yml"), SERVICES).expect("a file");
    succeeds("promtool", &["test", "rules"], &out.join("services.yml"));
}

/// Routes that take up to 250 ms, under the default limit of 300 ms, and "/slow", which takes up to 1.5 s. "/read" has a limit of
/// 200 ms, and "/export", which takes up to 1.5 s too, one of 2 s. "loose" promises 5 s for all its routes, which replaces the default and no limit of a route.
const ROUTES: &str = r#"
rule_files: [prometheus/rules/http.yml, prometheus/alerts/http.yml]
evaluation_interval: 1m
group_eval_order: ORDER
tests:
  - interval: 1m
    input_series: SERIES
    promql_expr_test:
      - expr: count by (job, http_route) (ALERTS{alertname="MmeHttpLatencyHigh",alertstate="firing"})
        eval_time: 20m
        exp_samples:
          - {labels: '{job="shop",http_route="/read"}', value: 1}
          - {labels: '{job="shop",http_route="/slow"}', value: 1}
          - {labels: '{job="loose",http_route="/read"}', value: 1}
      - expr: job:http_server_request_duration_limit_seconds:max
        eval_time: 20m
        exp_samples:
          - {labels: 'job:http_server_request_duration_limit_seconds:max{job="shop"}', value: 0.3}
          - {labels: 'job:http_server_request_duration_limit_seconds:max{job="loose"}', value: 5}
"#;

#[test]
fn a_route_has_a_limit_of_its_own_and_others_that_of_the_service() {
    let directory = TempDir::new().expect("a temporary directory");
    let [read_limit, export_limit] =
        ["/read\"}=0.2", "/export\"}=2"].map(|limit| format!("MmeHttpLatencyHigh{{http_route=\"{limit}"));
    let options = ["--set", "MmeHttpLatencyHigh=0.3", "--set", &read_limit, "--set", &export_limit];
    assert_eq!(export(directory.path(), &options).code, Some(0));
    let mut series =
        vec!["{series: 'slo_latency_threshold_seconds{job=\"loose\",instance=\"a\"}', values: '5x30'}".to_owned()];
    for job in ["shop", "loose"] {
        for (route, le) in [("/", "0.25"), ("/read", "0.25"), ("/export", "1.5"), ("/slow", "1.5")] {
            let labels = format!("job=\"{job}\",instance=\"a\",http_route=\"{route}\"");
            let name = "http_server_request_duration_seconds";
            series.push(format!("{{series: '{name}_count{{{labels}}}', values: '0+120x30'}}"));
            for (le, step) in [("0.1", 12), (le, 120), ("+Inf", 120)] {
                series.push(format!("{{series: '{name}_bucket{{{labels},le=\"{le}\"}}', values: '0+{step}x30'}}"));
            }
        }
    }
    let out = directory.path().join("out");
    let test = ROUTES.replace("ORDER", &format!("[{}]", Rules::read().groups.join(", ")));
    fs::write(out.join("routes.yml"), test.replace("SERIES", &format!("[{}]", series.join(", ")))).expect("a file");
    succeeds("promtool", &["test", "rules"], &out.join("routes.yml"));
}

#[test]
fn a_second_export_changes_only_what_differs() {
    let directory = TempDir::new().expect("a temporary directory");
    let out = directory.path().join("out");
    assert_eq!(export(directory.path(), &["--diff"]).code, Some(1));
    assert!(!out.exists(), "a diff writes nothing");
    assert_eq!(export(directory.path(), &[]).code, Some(0));
    let again = export(directory.path(), &[]);
    assert!(again.out.contains(" 0 new, 0 changed, 0 removed"), "{again:?}");
    let same = export(directory.path(), &["--diff"]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), ""));
    let before = read(&out);
    let diff = export(directory.path(), &["--diff", "--set", "MmeRedisDown.for=9m"]);
    assert_eq!(diff.code, Some(1));
    assert!(diff.out.contains("\n-        for: 2m\n+        for: '9m'\n"), "{}", diff.out);
    assert_eq!(read(&out), before);
    // Another layout takes the place of the first, and leaves no file of it behind.
    let moved = export(directory.path(), &["--layout", "mme"]);
    assert_eq!(moved.code, Some(0), "{moved:?}");
    assert!(!out.join("prometheus").exists() && out.join("alert_rules.yml").exists());
}

#[test]
fn a_file_of_the_user_is_never_replaced() {
    let directory = TempDir::new().expect("a temporary directory");
    let out = directory.path().join("out");
    fs::create_dir_all(out.join("prometheus")).expect("a directory");
    fs::write(out.join("prometheus/prometheus.yml"), "mine").expect("a file");
    let refused = export(directory.path(), &[]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("nothing was written") && refused.err.contains("prometheus/prometheus.yml"));
    assert_eq!(read(&out).len(), 1);
    fs::remove_file(out.join("prometheus/prometheus.yml")).expect("it was there");
    fs::write(out.join("notes.txt"), "mine").expect("a file");
    assert_eq!(export(directory.path(), &[]).code, Some(0));
    // One of ours that was edited is the user's from then on.
    fs::write(out.join("prometheus/rules/http.yml"), "groups: []").expect("a file");
    let refused = export(directory.path(), &["--by", "region"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("prometheus/rules/http.yml"), "{}", refused.err);
    assert_eq!(fs::read_to_string(out.join("prometheus/rules/http.yml")).expect("it is there"), "groups: []");
    assert_eq!(fs::read_to_string(out.join("notes.txt")).expect("it is there"), "mine");
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_the_target_is_touched() {
    use std::os::unix::fs::symlink;
    let directory = TempDir::new().expect("a temporary directory");
    let (out, outside) = (directory.path().join("out"), directory.path().join("outside"));
    fs::create_dir_all(&out).expect("a directory");
    fs::create_dir_all(&outside).expect("a directory");
    fs::write(outside.join("victim"), "mine").expect("a file");
    for (from, to) in [("../outside", "prometheus"), ("../outside/victim", LIST), ("/nowhere", "runbooks")] {
        symlink(from, out.join(to)).expect("a link");
        let refused = export(directory.path(), &[]);
        assert_eq!(refused.code, Some(2), "{to}: {refused:?}");
        assert!(refused.err.contains("is a symbolic link"), "{}", refused.err);
        fs::remove_file(out.join(to)).expect("it was there");
        assert_eq!(read(&out).len(), 0);
    }
    // A list that was tampered with names a file outside, with the hash of its text.
    let hash = "3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff";
    for path in ["../outside/victim", "/etc/passwd", "a/../../outside/victim", "", "a\\\\..\\\\b"] {
        let text = format!("{{\"files\":{{\"{path}\":[\"{hash}\"]}}}}");
        fs::write(out.join(LIST), text).expect("a file");
        let refused = export(directory.path(), &[]);
        assert!(refused.code == Some(2) && refused.err.contains("leads out of"), "{path}: {refused:?}");
    }
    for text in ["", "[]", "{\"files\":3}", "\u{0}"] {
        fs::write(out.join(LIST), text).expect("a file");
        let refused = export(directory.path(), &[]);
        assert!(refused.code == Some(2) && refused.err.contains("is not the list of an export"), "{refused:?}");
    }
    assert_eq!(fs::read_to_string(outside.join("victim")).expect("it is there"), "mine");
}

#[test]
fn what_cannot_be_exported_is_named() {
    let directory = TempDir::new().expect("a temporary directory");
    for (options, said) in [
        (&["--layout", "trusty"][..], "unknown layout \"trusty\": use one of default, mme, platform, trust"),
        (&["--job", "a\"b"], "use letters, digits"),
        (&["--job", "node"], "an exporter already has this name"),
        (&["--by", "a-b"], "not a label name"),
        (&["--services", ""], "use a regular expression of 1 to 1024 bytes"),
        (&["--services", "shop\"} or vector(1) #"], "cannot have '\"'"),
        (&["--services", "shop'"], "cannot have '\\''"),
        (&["--services", "shop)|(.*"], "a `)` closes no group"),
        (&["--services", "shop-[a-z"], "a `[` is not closed"),
        (&["--services", "shop**"], "it repeats a repetition"),
        (&["--services", "*shop"], "this is not a regular expression"),
        (&["--set", "MmeHttpErorRateHigh=1"], "did you mean `MmeHttpErrorRateHigh`?"),
        (&["--set", "MmeHttpErrorRateHigh=1 or vector(1)"], "is not a number"),
        (&["--set", "MmeHttpErrorRateHigh"], "write it as NAME=VALUE"),
        (&["--set", "MmeHttpErrorRateHigh{job=\"a\"}"], "write it as NAME=VALUE"),
        (&["--set", "MmeHttpErrorRateHigh{job=\"a\"}=1 or vector(1)"], "is not a number"),
        (&["--set", "MmeHttpErrorRateHigh{route=\"/\"}=1"], "has no label `route`"),
        (&["--set", "MmeHttpErrorRateHigh{job=\"}=1"], "selects no series"),
    ] {
        let ran = export(directory.path(), options);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{options:?}: {ran:?}");
    }
    fs::write(directory.path().join("out"), "").expect("a file");
    let ran = export(directory.path(), &[]);
    assert!(ran.code == Some(2) && ran.err.contains("out is not a directory"), "{ran:?}");
}

#[test]
fn deployment_files_are_written_where_they_are_wanted() {
    let directory = TempDir::new().expect("a temporary directory");
    for (platform, one) in [
        ("compose", "deploy/compose/compose.yml"),
        ("kubernetes", "prometheus/kustomization.yml"),
        ("operator", "deploy/operator/kustomization.yml"),
    ] {
        let ran = export(directory.path(), &["--for", platform]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let files = read(&directory.path().join("out"));
        assert!(files.contains_key(one), "{platform}");
        let others = ["compose", "kubernetes", "operator"].into_iter().filter(|other| *other != platform);
        for other in others {
            assert!(!files.keys().any(|path| path.starts_with(&format!("deploy/{other}/"))), "{platform}: {other}");
        }
    }
    assert_eq!(export(directory.path(), &[]).code, Some(0));
    assert!(!directory.path().join("out/deploy").exists(), "without a platform there is none");
    for (options, said) in [
        (&["--for", "compose", "--layout", "mme"][..], "leave out --layout"),
        (&["--for", "compose", "--job", "shop"], "leave out --job"),
        (
            &["--for", "operator", "--services", "shop"],
            "leave out --job, --services, --pushed, --histograms, --by and --set",
        ),
        (
            &["--for", "operator", "--by", "region"],
            "leave out --job, --services, --pushed, --histograms, --by and --set",
        ),
        (&["--for", "operator", "--pushed"], "leave out --job"),
        (&["--for", "operator", "--histograms", "native"], "leave out --job"),
        (&["--histograms", "some"], "unknown histograms `some`: use classic, native or both"),
        (&["--for", "nowhere"], "compose, kubernetes, operator"),
    ] {
        let ran = export(directory.path(), options);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{options:?}: {ran:?}");
    }
}

#[test]
fn thresholds_are_listed_with_what_they_compare() {
    let directory = TempDir::new().expect("a temporary directory");
    let ran = run(directory.path(), ["assets", "thresholds", "redisdown"]);
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "MmeRedisDown.for                             2m   for"));
}
