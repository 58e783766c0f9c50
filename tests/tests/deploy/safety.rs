//! The compose files give a container no right that it does not need, and contain no secret.

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

use crate::bundle::{text, texts};
use crate::compose::services;

const FILES_OF_COMPOSE: [&str; 3] = ["compose.yml", "compose.override.yml", "docker-compose.production.yml"];

#[test]
fn each_image_is_pinned() {
    for (name, service) in services("compose.yml") {
        let image = service["image"].as_str().unwrap_or_else(|| panic!("{name} has no image"));
        let tag = image.rsplit_once(':').map(|(_, tag)| tag.trim_start_matches('v'));
        // PostgreSQL has two numbers, the others have three.
        let numbers = |tag: &str| tag.split(['.', '-']).take_while(|part| part.parse::<u32>().is_ok()).count();
        let pinned = tag.is_some_and(|tag| numbers(tag) >= 2 + usize::from(name != "postgres"));
        assert!(pinned, "{name}: {image} is not a whole version");
    }
}

#[test]
fn each_container_runs_without_rights() {
    for (name, service) in services("compose.yml") {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(service["pids_limit"].as_u64().is_some(), "{name}");
        let user = service["user"].as_str().unwrap_or_else(|| panic!("{name} runs as the user of its image"));
        assert!(
            user.split(':').next().and_then(|id| id.parse::<u32>().ok()).is_some_and(|id| id > 0),
            "{name}: {user}"
        );
        for forbidden in ["privileged", "cap_add", "network_mode", "devices", "ipc", "userns_mode"] {
            assert!(service.get(forbidden).is_none(), "{name}: {forbidden}");
        }
        // Only the exporter of the machine sees its processes.
        assert_eq!(service.get("pid").is_some(), name == "node-exporter", "{name}");
        for mount in texts(&service["volumes"]) {
            assert!(!mount.contains("docker.sock"), "{name}: {mount}");
            let named = !mount.starts_with(['.', '/']);
            assert!(
                named || mount.split(':').nth(2).is_some_and(|mode| mode.split(',').any(|mode| mode == "ro")),
                "{name}: {mount}"
            );
        }
    }
}

#[test]
fn nothing_is_published_beyond_this_machine() {
    for file in FILES_OF_COMPOSE {
        for (name, service) in services(file) {
            assert!(file != "compose.yml" || service.get("ports").is_none(), "{name} publishes without the override");
            for port in texts(&service["ports"]) {
                // A server publishes its gateway where PUBLIC_ADDRESS says, and nothing else.
                let gateway = file == "docker-compose.production.yml" && name == "traefik";
                let own =
                    port.starts_with("127.0.0.1:") || gateway && port.starts_with("${PUBLIC_ADDRESS:-127.0.0.1}:");
                assert!(own, "{file}: {name} publishes {port}");
            }
        }
    }
}

#[test]
fn each_secret_is_a_file_that_is_written_at_the_first_start_or_by_hand() {
    let script = text("deploy/compose/start.sh");
    // A certificate and its key, and the users of the gateway.
    let by_hand = ["tls.crt", "tls.key", "monitoring_users.htpasswd"];
    for file in &FILES_OF_COMPOSE[..] {
        let file: Value = serde_saphyr::from_str(text(&format!("deploy/compose/{file}"))).unwrap();
        for (name, secret) in file["secrets"].as_object().into_iter().flatten() {
            let path = secret["file"].as_str().unwrap_or_else(|| panic!("{name} is not a file"));
            let path = path.strip_prefix("./secrets/").unwrap_or_else(|| panic!("{name} is at {path}"));
            let stem = path.strip_suffix(".txt").unwrap_or(path);
            assert!(by_hand.contains(&path) || script.contains(stem), "start.sh does not write {path}");
        }
        for (name, service) in file["services"].as_object().into_iter().flatten() {
            for secret in texts(&service["secrets"]) {
                assert!(file["secrets"].get(secret).is_some(), "{name} uses {secret}");
            }
            for (key, value) in service["environment"].as_object().into_iter().flatten() {
                let secret = ["PASS", "TOKEN", "SECRET", "KEY"]
                    .iter()
                    .any(|word| key.split('_').any(|part| part.starts_with(word)));
                let file = value.as_str().is_some_and(|value| value.starts_with("/run/secrets/"));
                assert_eq!(secret, file, "{name}: {key}={value}");
            }
        }
    }
}

#[test]
fn no_deployment_file_has_a_secret() {
    let words = ["password", "passwd", "secret", "token", "api_key", "apikey", "routing_key", "webhook"];
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Deployment) {
        for forbidden in
            ["BEGIN PRIVATE KEY", "BEGIN RSA", "hooks.slack.com/services/", "admin123", "$2y$", "$2a$", "AKIA"]
        {
            assert!(!file.text().contains(forbidden), "{} has {forbidden}", file.path());
        }
        for line in file.text().lines().filter(|line| !line.trim_start().starts_with(['#', '/'])) {
            let Some((key, value)) = line.split_once('=').or_else(|| line.split_once(": ")) else { continue };
            let key = key.trim().to_lowercase();
            let value = value.trim().trim_matches(['"', '\'']);
            let simple = !key.contains(' ') && words.iter().any(|word| key.ends_with(word));
            // A reference is no secret: a variable, a file, a list of names, a template, the name of an object.
            let reference = ["", "true", "false", "monitoring-users"].contains(&value)
                || value.starts_with(['$', '/', '[', '{', '.'])
                || value.contains("$(")
                || value.contains("require(");
            assert!(!simple || reference, "{}: {line}", file.path());
        }
    }
}
