//! The objects for Kubernetes fit its API, give a pod no right that it does not need, and name only what exists.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::schema::kubernetes_findings;
use serde_json::Value;

use crate::bundle::{assert_accepted_by_promtool, text, texts, written, yaml};

const BASE: &str = "deploy/kubernetes/base";

const RENDERED: &str = "deploy/kubernetes/trust-service-monitoring.yaml";

/// Reads the objects of a bundled file.
#[track_caller]
pub(crate) fn objects(path: &str) -> Vec<Value> {
    let documents = text(path)
        .split("\n---\n")
        .filter(|document| document.lines().any(|line| !line.starts_with('#') && !line.is_empty()));
    documents
        .map(|document| serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{path}: {error}\n{document}")))
        .collect()
}

/// Every object, with its kind and name.
fn all() -> Vec<(String, Value)> {
    let objects = objects(RENDERED).into_iter();
    objects
        .map(|object| {
            (format!("{} {}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap()), object)
        })
        .collect()
}

/// The specification of the pod in each object that has one.
fn pods() -> Vec<(String, Value)> {
    let pod = |(name, object): (String, Value)| {
        let template =
            object.pointer("/spec/jobTemplate/spec/template/spec").or_else(|| object.pointer("/spec/template/spec"));
        template.cloned().map(|pod| (name, pod))
    };
    all().into_iter().filter_map(pod).collect()
}

#[test]
fn the_objects_fit_the_api() {
    let bundle = written();
    assert_eq!(kubernetes_findings(&[bundle.path().join(RENDERED)]), "");
}

#[test]
fn what_the_api_does_not_know_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("service.yml");
    fs::write(&file, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n").unwrap();
    assert!(kubernetes_findings(&[file]).contains("prots"));
}

#[test]
fn each_file_of_the_base_is_a_resource() {
    let listed: BTreeSet<_> =
        texts(&yaml(&format!("{BASE}/kustomization.yml"))["resources"]).into_iter().map(str::to_owned).collect();
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Deployment) {
        let Some(name) = file.path().strip_prefix(&format!("{BASE}/")) else { continue };
        assert!(
            name.starts_with("config/") || name == "kustomization.yml" || listed.contains(name),
            "{name} is not listed"
        );
    }
}

#[test]
fn each_container_runs_without_rights() {
    assert!(pods().len() >= 10);
    for (name, pod) in pods() {
        let security = &pod["securityContext"];
        assert_eq!(security["runAsNonRoot"], true, "{name}");
        assert!(security["runAsUser"].as_u64().is_some_and(|user| user > 0), "{name}");
        assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        // Those that ask the API of Kubernetes.
        let token = name == "StatefulSet prometheus" || name == "Deployment kube-state-metrics";
        assert_eq!(pod["automountServiceAccountToken"], token, "{name}");
        for host in ["hostNetwork", "hostPID", "hostIPC"] {
            let exporter = name == "DaemonSet node-exporter" && host != "hostIPC";
            assert_eq!(pod[host].as_bool().unwrap_or_default(), exporter, "{name}: {host}");
        }
        for container in pod["containers"].as_array().unwrap() {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(texts(&security["capabilities"]["drop"]), ["ALL"], "{name}");
            for amount in ["/resources/limits/memory", "/resources/requests/cpu", "/resources/requests/memory"] {
                assert!(container.pointer(amount).is_some(), "{name}: {amount}");
            }
            if !name.starts_with("CronJob") {
                assert!(container["readinessProbe"].is_object() && container["livenessProbe"].is_object(), "{name}");
            }
            let image = container["image"].as_str().unwrap();
            let numbers = image.rsplit(':').next().unwrap().trim_start_matches('v').split(['.', '-']);
            assert!(numbers.take(3).all(|number| number.parse::<u32>().is_ok()), "{image}");
        }
    }
}

#[test]
fn nothing_is_mounted_inside_of_a_volume_that_cannot_be_written() {
    for (name, pod) in pods() {
        let mounts = pod["containers"][0]["volumeMounts"].as_array().cloned().unwrap_or_default();
        let path = |mount: &Value| {
            format!("{}/", mount["mountPath"].as_str().expect("a mount has a path").trim_end_matches('/'))
        };
        for outer in mounts.iter().filter(|mount| mount["readOnly"] == true) {
            let inner = mounts.iter().find(|inner| path(inner) != path(outer) && path(inner).starts_with(&path(outer)));
            assert!(inner.is_none() || path(outer) == "/", "{name}: no directory can be made for {inner:?}");
        }
    }
}

#[test]
fn images_are_those_of_compose() {
    let compose: BTreeSet<_> = crate::compose::services("compose.yml")
        .into_iter()
        .filter_map(|(_, service)| Some(service["image"].as_str()?.to_owned()))
        .collect();
    for (name, pod) in pods() {
        let image = pod["containers"][0]["image"].as_str().unwrap();
        assert!(compose.contains(image) || name == "Deployment kube-state-metrics", "{name}: {image}");
    }
}

#[test]
fn storage_is_as_large_as_the_documents_say() {
    for (name, size) in [("prometheus", "50Gi"), ("alertmanager", "5Gi"), ("grafana", "10Gi")] {
        let (_, set) =
            all().into_iter().find(|(found, _)| *found == format!("StatefulSet {name}")).expect("it is there");
        assert_eq!(set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], size, "{name}");
    }
    assert!(text(RENDERED).contains("--storage.tsdb.retention.time=15d"));
}

#[test]
fn accounts_may_only_read_and_never_a_secret() {
    for (name, role) in all().into_iter().filter(|(name, _)| name.contains("Role ")) {
        for rule in role["rules"].as_array().unwrap() {
            assert!(texts(&rule["verbs"]).iter().all(|verb| ["get", "list", "watch"].contains(verb)), "{name}: {rule}");
            for resource in texts(&rule["resources"]) {
                assert!(
                    !["*", "secrets", "configmaps", "pods/exec", "nodes/proxy"].contains(&resource),
                    "{name}: {resource}"
                );
            }
        }
    }
}

#[test]
fn nothing_is_allowed_that_no_policy_names() {
    let policies: Vec<_> = all().into_iter().filter(|(name, _)| name.starts_with("NetworkPolicy ")).collect();
    let deny = policies.iter().find(|(name, _)| name.ends_with("default-deny")).expect("it is there");
    assert_eq!(deny.1["spec"], serde_json::json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
    // Each pod of the namespace has a policy beside those that are for all.
    let labels: Vec<_> = policies.iter().map(|(_, policy)| policy["spec"]["podSelector"].to_string()).collect();
    for (name, object) in all() {
        let template = object.pointer("/spec/jobTemplate/spec/template").or_else(|| object.pointer("/spec/template"));
        let Some(template) = template.filter(|_| object["metadata"]["namespace"] == "monitoring") else { continue };
        let label = template["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap();
        assert!(labels.iter().any(|labels| labels.contains(&format!("\"{label}\""))), "{name} has no policy");
    }
}

#[test]
fn jobs_have_the_limits_of_the_bundled_configuration_and_targets_that_exist() {
    let services: BTreeSet<_> =
        all().into_iter().filter_map(|(name, _)| Some(name.strip_prefix("Service ")?.to_owned())).collect();
    let (bundled, ours) = (yaml("prometheus/prometheus.yml"), yaml(&format!("{BASE}/config/prometheus.yml")));
    let jobs = |config: &Value| config["scrape_configs"].as_array().expect("a configuration has jobs").clone();
    for job in jobs(&ours) {
        let name = job["job_name"].as_str().unwrap();
        assert_eq!(job["honor_labels"], false, "{name}");
        let same = jobs(&bundled).into_iter().find(|bundled| bundled["job_name"] == name);
        for limit in ["sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit"] {
            assert!(job[limit].as_u64().is_some_and(|limit| limit > 0), "{name}: {limit}");
            assert!(same.as_ref().is_none_or(|same| same[limit] == job[limit]), "{name}: {limit}");
        }
        assert!(same.is_some() || name == "services", "{name} is no job of the bundle");
        for target in texts(&job["static_configs"][0]["targets"]) {
            let host = target.trim_start_matches("http://").split([':', '/']).next().unwrap();
            assert!(host == "127.0.0.1" || services.contains(host), "{name} has {target}");
        }
    }
}

#[test]
fn promtool_accepts_the_configuration() {
    assert_accepted_by_promtool(text(&format!("{BASE}/config/prometheus.yml")));
}

#[test]
fn grafana_mounts_every_dashboard_into_its_folder() {
    let (_, pod) = pods().into_iter().find(|(name, _)| name == "StatefulSet grafana").expect("it is there");
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard) {
        let folder = file.path().split('/').nth(2).expect("a dashboard is in a folder");
        let volume =
            pod["volumes"].as_array().unwrap().iter().find(|volume| volume["name"] == folder).expect("it is mounted");
        let sources = volume["projected"]["sources"].to_string();
        assert!(sources.contains(&format!("\"dashboard-{}\"", file.stem())), "{}", file.path());
    }
}

#[test]
fn the_backup_is_an_archive_of_the_data_and_old_ones_go() {
    let prometheus = Prometheus::setup().scrape_itself().flag("--web.enable-admin-api").start();
    prometheus.wait_until_up("prometheus");
    let flags = prometheus.get("/api/v1/status/flags", &[]);
    let snapshots = format!("{}/snapshots", flags["storage.tsdb.path"].as_str().expect("it has a path"));
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("backup.sh");
    fs::write(&script, text(&format!("{BASE}/config/backup.sh"))).unwrap();
    let target = directory.path().join("backup");
    fs::create_dir(&target).unwrap();
    for old in ["20200101T000000Z-aaaaaaaaaaaaaaaa", "20200102T000000Z-aaaaaaaaaaaaaaaa"] {
        fs::write(target.join(format!("{old}.tar.gz")), "").unwrap();
    }
    fs::write(target.join("interrupted.tar.gz.part"), "").unwrap();
    let run = |url: &str| {
        let mut command = Command::new("sh");
        command
            .arg(&script)
            .env("PROMETHEUS", url)
            .env("KEEP", "2")
            .env("SNAPSHOTS", &snapshots)
            .env("BACKUP", &target);
        command.output().expect("there is a shell")
    };
    let output = run(prometheus.url());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut names: Vec<_> =
        fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[0], "20200102T000000Z-aaaaaaaaaaaaaaaa.tar.gz");
    let archive = Command::new("tar").arg("-tzf").arg(target.join(&names[1])).output().unwrap();
    assert!(String::from_utf8_lossy(&archive.stdout).contains("meta.json"), "{names:?}");
    assert_eq!(fs::read_dir(&snapshots).unwrap().count(), 0, "the snapshot stays");
    // A server that takes no snapshots.
    let closed = Prometheus::setup().start();
    let output = run(closed.url());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("makes no snapshot: is it started with --web.enable-admin-api?"), "{said}");
    assert_eq!(fs::read_dir(&target).unwrap().count(), 2);
}
