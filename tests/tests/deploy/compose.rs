//! The compose files fit the specification, and each name in them exists.

use std::collections::BTreeSet;
use std::path::Path;

use mme_metrics::endpoint::ProbeEndpoint;
use mme_metrics::health::Readiness;
use mme_metrics_tests::schema::compose_findings;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::bundle::{below, normal, text, texts, written, yaml};

/// The folder of the compose files.
const FOLDER: &str = "deploy/compose";

/// What `start.sh` writes, so it is not bundled.
const WRITTEN: [&str; 2] = ["deploy/compose/secrets/", "deploy/compose/generated/"];

/// Services whose images have no shell and no client that a health check could run.
const WITHOUT_HEALTH_CHECK: [&str; 4] = ["loki", "mongodb-exporter", "spike-report", "tempo"];

/// Returns the services of a compose file by their names.
#[track_caller]
pub(crate) fn services(file: &str) -> Vec<(String, Value)> {
    let file = yaml(&format!("{FOLDER}/{file}"));
    let services = file["services"].as_object().expect("a compose file has services");
    services.iter().map(|(name, service)| (name.clone(), service.clone())).collect()
}

#[test]
fn the_files_fit_the_specification() {
    let bundle = written();
    let files = ["compose.yml", "compose.override.yml", "docker-compose.production.yml"];
    let files = files.map(|file| bundle.path().join(FOLDER).join(file));
    assert_eq!(compose_findings(&files), "");
}

#[test]
fn what_the_specification_does_not_know_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("compose.yml");
    std::fs::write(&file, "services: {prometheus: {image: a, cap_dorp: [ALL]}}\n").unwrap();
    assert!(compose_findings(&[file]).contains("cap_dorp"));
}

#[test]
fn each_mounted_path_is_bundled_or_written_by_the_start_script() {
    let volumes = yaml(&format!("{FOLDER}/compose.yml"))["volumes"].clone();
    for (name, service) in services("compose.yml").into_iter().chain(services("docker-compose.production.yml")) {
        let files = texts(&service["env_file"]).into_iter();
        let mounts = texts(&service["volumes"]).into_iter();
        for source in mounts.map(|mount| mount.split(':').next().expect("a mount has a source")).chain(files) {
            if !source.starts_with('.') {
                let known = volumes.get(source).is_some() || ["/proc", "/sys", "/"].contains(&source);
                assert!(known, "{name} mounts {source}, which is no volume");
                continue;
            }
            let path = normal(&Path::new(FOLDER).join(source)).to_string_lossy().into_owned();
            let bundled = mme_metrics::asset::FILES.iter().any(|file| Path::new(file.path()).starts_with(&path));
            let written = WRITTEN.iter().any(|folder| path.starts_with(folder));
            assert!(bundled || written, "{name} mounts {path}, which does not exist");
        }
    }
}

#[test]
fn each_target_is_a_service() {
    let names: BTreeSet<_> = services("compose.yml").into_iter().map(|(name, _)| name).collect();
    let config = yaml(&format!("{FOLDER}/prometheus.yml"));
    let jobs = config["scrape_configs"].as_array().expect("a configuration has jobs");
    let job = |name: &str| jobs.iter().find(|job| job["job_name"] == name).expect("the job exists");
    let mut targets = BTreeSet::new();
    for file in below("compose/targets") {
        assert!(job(file.stem())["file_sd_configs"][0]["files"][0] == format!("targets/{}.yml", file.stem()));
        let list: Value = serde_saphyr::from_str(file.text()).expect("targets are YAML");
        for target in list.as_array().into_iter().flatten().flat_map(|group| texts(&group["targets"])) {
            let host = target.trim_start_matches("http://").split([':', '/']).next().expect("a target has a host");
            assert!(host == "127.0.0.1" || names.contains(host), "{} has {target}", file.path());
            targets.insert(host.to_owned());
        }
    }
    for name in texts(&job("trust-service")["dns_sd_configs"][0]["names"]) {
        assert!(names.contains(name), "{name}");
    }
    // Each exporter is scraped, and so is each server.
    let scraped =
        |name: &&String| name.ends_with("-exporter") || ["alertmanager", "grafana", "traefik"].contains(&name.as_str());
    for name in names.iter().filter(scraped).filter(|name| *name != "blackbox-exporter") {
        assert!(targets.contains(name), "no job scrapes {name}");
    }
    for address in ["alertmanager:9093", "blackbox-exporter:9115"] {
        assert!(text(&format!("{FOLDER}/prometheus.yml")).contains(&format!("\"{address}\"")), "{address}");
    }
}

#[test]
fn each_server_says_whether_it_is_healthy() {
    for (name, service) in services("compose.yml") {
        let without = WITHOUT_HEALTH_CHECK.contains(&name.as_str());
        assert_eq!(service.get("healthcheck").is_none(), without, "{name}");
    }
}

#[test]
fn the_gateway_has_the_entry_points_and_buckets_that_the_rules_read() {
    let traefik = yaml(&format!("{FOLDER}/traefik/traefik.yml"));
    for (name, address) in [("web", ":8000"), ("traefik", ":9000"), ("metrics", ":8082")] {
        assert_eq!(traefik["entryPoints"][name]["address"], address);
    }
    for file in ["traefik/traefik.yml", "traefik/production/traefik.yml"] {
        let metrics = yaml(&format!("{FOLDER}/{file}"))["metrics"]["prometheus"].clone();
        for labels in ["addEntryPointsLabels", "addRoutersLabels", "addServicesLabels"] {
            assert_eq!(metrics[labels], true, "{file}: {labels}");
        }
        let buckets: Vec<_> = metrics["buckets"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        assert!([0.1, 0.3, 1.2, 5.0].iter().all(|bucket| buckets.contains(bucket)), "{file}: {buckets:?}");
        assert!(buckets.is_sorted(), "{file}: {buckets:?}");
    }
}

#[test]
fn the_image_of_the_example_is_built_with_the_compiler_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("it is part of the repository");
    let service = services("compose.yml").into_iter().find(|(name, _)| name == "trust-service").expect("it is there").1;
    let file = read(service["build"]["dockerfile"].as_str().expect("it names its file"));
    let toolchain = read("rust-toolchain.toml");
    let version = toolchain.split("channel = \"").nth(1).and_then(|rest| rest.rsplit_once(".0\"")?.0.split('"').next());
    let version = version.expect("the toolchain is pinned");
    assert!(file.contains(&format!("FROM rust:{version}-slim")), "{version} in\n{file}");
    assert_eq!(file.matches("FROM ").count(), 2, "two stages:\n{file}");
    let user = service["user"].as_str().expect("it has a user");
    assert!(file.contains(&format!("\nUSER {user}\n")), "{user} in\n{file}");
}

#[tokio::test]
async fn the_health_checks_of_the_example_ask_only_whether_it_lives() {
    let service = services("compose.yml").into_iter().find(|(name, _)| name == "trust-service").expect("it is there").1;
    let dockerfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/trust-service/Dockerfile");
    let dockerfile = std::fs::read_to_string(dockerfile).expect("it is part of the repository");
    let of_the_image = dockerfile.lines().find_map(|line| line.trim().strip_prefix("CMD ")).expect("it has a check");
    let of_the_image: Vec<String> = serde_json::from_str(of_the_image).expect("a list of arguments");
    let of_compose = texts(&service["healthcheck"]["test"]).into_iter().skip(1).map(str::to_owned).collect();
    // It lives, but is not ready, and serves no metrics.
    let readiness = Readiness::new();
    readiness.drain();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving =
        tokio::spawn(async move { axum::serve(listener, ProbeEndpoint::new(&readiness).into_router()).await });
    let passes = async |check: &[String]| {
        let mut arguments = check.iter().map(|argument| argument.replace("/8080 ", &format!("/{port} ")));
        let mut command = Command::new(arguments.next().expect("a program"));
        command.args(arguments).status().await.expect("it runs").success()
    };
    let checks: [Vec<String>; 2] = [of_the_image, of_compose];
    for check in &checks {
        assert!(passes(check).await, "{check:?}");
    }
    serving.abort();
    assert!(serving.await.is_err());
    for check in &checks {
        assert!(!passes(check).await, "{check:?}");
    }
}
