//! The configurations of a native stack: the exported ones, with the addresses of this machine.

use std::ffi::OsString;

use mme_metrics::asset::{AssetFile, AssetOptions, FILES};
use serde_json::{Value, json};

use crate::assets::export;
use crate::disk;
use crate::stack::PROCESS;
use crate::stack::options::NativeOptions;
use crate::stack::place::Place;
use crate::stack::progress;
use crate::stack::server::{Server, ServerKind};

/// The receiver of the alert that always fires. It has no end to tell of.
const WATCHDOG: &str = "watchdog";

/// Exports the assets and writes the configurations.
pub(super) fn write(place: &Place, options: &NativeOptions, servers: &[Server]) -> Result<(), String> {
    let files = export::render(&AssetOptions::new().job(&options.job), None)?;
    let kept = export::update(&place.directory("assets")?, &files)?;
    if !kept.is_empty() {
        let some = kept.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if kept.len() > 5 { format!(" and {} more", kept.len() - 5) } else { String::new() };
        progress::say(&format!("kept as you changed them: {some}{more}"));
    }
    let folder = place.directory("config")?;
    let write = |name: &str, content: &Value| {
        // JSON is YAML. Writing JSON of texts and numbers cannot fail.
        let text = serde_json::to_string_pretty(content).unwrap_or_default() + "\n";
        disk::replace(&folder.join(name), text.as_bytes())
    };
    write("prometheus.yml", &prometheus(&read(place, "prometheus/prometheus.yml")?, options, servers)?)?;
    if options.alertmanager_config.is_none() {
        let exported = read(place, "alertmanager/alertmanager.yml")?;
        write("alertmanager.yml", &alertmanager(&exported, options.pager_port)?)?;
    }
    disk::replace(&folder.join("blackbox.yml"), bundled("deploy/compose/blackbox.yml").as_bytes())
}

/// Reads an exported configuration, as it is on the disk: a user may have changed it.
fn read(place: &Place, name: &str) -> Result<Value, String> {
    let path = place.path("assets").join(name);
    let text = disk::text(&path)?;
    serde_saphyr::from_str(&text).map_err(|error| format!("{} is not YAML: {error}", path.display()))
}

fn bundled(path: &str) -> &'static str {
    FILES.iter().find(|file| file.path() == path).map(AssetFile::text).unwrap_or_default()
}

/// Fills the addresses of this machine into the configuration of Prometheus.
fn prometheus(exported: &Value, options: &NativeOptions, servers: &[Server]) -> Result<Value, String> {
    let mut config = exported.clone();
    let address =
        |kind| servers.iter().find(|server| server.kind == kind).map(|server| format!("127.0.0.1:{}", server.port));
    // Relative to the directory of the configuration, as all its paths are.
    config["rule_files"] = json!(["../assets/prometheus/rules/*.yml", "../assets/prometheus/alerts/*.yml"]);
    config["alerting"] = json!({ "alertmanagers": [fixed(address(ServerKind::Alertmanager).as_slice())] });
    let jobs = config["scrape_configs"].as_array_mut().ok_or("prometheus/prometheus.yml has no `scrape_configs`")?;
    let mut is_scraped = false;
    for job in jobs {
        let name = job["job_name"].as_str().unwrap_or_default();
        let targets: Vec<String> = if name == options.job {
            is_scraped = true;
            job["metrics_path"] = json!(options.metrics_path);
            if let Some(file) = &options.token_file {
                job["authorization"] = json!({ "credentials_file": file });
            }
            options.target.clone()
        } else if name == "blackbox" {
            let Some(prober) = address(ServerKind::Blackbox) else { continue };
            job["relabel_configs"][2]["replacement"] = json!(prober);
            probes(options, servers)
        } else {
            let kind = ServerKind::named(name).ok();
            let Some(target) = kind.and_then(address) else { continue };
            vec![target]
        };
        if let Some(job) = job.as_object_mut() {
            job.remove("file_sd_configs");
            job.insert("static_configs".to_owned(), fixed(&targets)["static_configs"].clone());
        }
    }
    if !is_scraped {
        return Err(format!("prometheus/prometheus.yml has no job `{}`: it was changed", options.job));
    }
    Ok(config)
}

fn fixed(targets: &[String]) -> Value {
    json!({ "static_configs": [{ "targets": targets }] })
}

/// Lists what is probed: the two servers whose end would be noticed by no alert, and what the user named.
fn probes(options: &NativeOptions, servers: &[Server]) -> Vec<String> {
    let watched =
        servers.iter().filter(|server| matches!(server.kind, ServerKind::Prometheus | ServerKind::Alertmanager));
    let watched = watched.map(|server| format!("{}{}", server.url(), server.kind.ready_path()));
    watched.chain(options.probe.iter().cloned()).collect()
}

/// Leads every notification to the pager. Routes, inhibition and templates stay.
fn alertmanager(exported: &Value, pager: u16) -> Result<Value, String> {
    let mut config = exported.clone();
    // Addresses and secrets of receivers that are not used.
    config["global"] = json!({});
    config["templates"] = json!(["../assets/alertmanager/templates/*.tmpl"]);
    let receivers = config["receivers"].as_array_mut().ok_or("alertmanager/alertmanager.yml has no `receivers`")?;
    for receiver in receivers {
        let name = receiver["name"].as_str().unwrap_or_default().to_owned();
        let url = format!("http://127.0.0.1:{pager}/");
        *receiver = json!({ "name": name, "webhook_configs": [{ "url": url, "send_resolved": name != WATCHDOG }] });
    }
    Ok(config)
}

/// Returns the arguments of a server.
pub(super) fn arguments(place: &Place, options: &NativeOptions, server: &Server) -> Result<Vec<OsString>, String> {
    let listen = format!("--web.listen-address=127.0.0.1:{}", server.port);
    let with = |option: &str, path: &std::path::Path| {
        let mut argument = OsString::from(option);
        argument.push(path);
        argument
    };
    let config = |name: &str| place.path("config").join(name);
    place.directory("data")?;
    Ok(match server.kind {
        ServerKind::Pager => vec![PROCESS.into(), "pager".into(), format!("--port={}", server.port).into()],
        ServerKind::Alertmanager => vec![
            with("--config.file=", options.alertmanager_config.as_deref().unwrap_or(&config("alertmanager.yml"))),
            with("--storage.path=", &place.directory("data/alertmanager")?),
            listen.into(),
            format!("--web.external-url={}", server.url()).into(),
            // One server has no cluster.
            "--cluster.listen-address=".into(),
        ],
        ServerKind::Prometheus => vec![
            with("--config.file=", &config("prometheus.yml")),
            with("--storage.tsdb.path=", &place.directory("data/prometheus")?),
            "--storage.tsdb.retention.time=15d".into(),
            "--storage.tsdb.retention.size=4GB".into(),
            "--enable-feature=exemplar-storage".into(),
            // It learns of Alertmanager only seconds after its start. An alert that fired before is lost until it is sent again.
            "--rules.alert.resend-delay=15s".into(),
            listen.into(),
        ],
        ServerKind::Node => vec![listen.into()],
        ServerKind::Blackbox => vec![with("--config.file=", &config("blackbox.yml")), listen.into()],
    })
}

#[cfg(test)]
mod tests;
