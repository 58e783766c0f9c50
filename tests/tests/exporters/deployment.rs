//! The bundled Prometheus configuration, deployed over the exporters of a room.

use std::fs;
use std::path::Path;

use mme_metrics::asset::write_to;
use mme_metrics_tests::prometheus::Prometheus;
use tempfile::TempDir;

use crate::room::Room;

/// A running Prometheus with the bundled files.
pub struct Deployment {
    pub prometheus: Prometheus,
    directory: TempDir,
}

impl Deployment {
    /// Starts it over every exporter of the room, with a scrape and an evaluation each second, and waits for the first scrapes.
    ///
    /// Alerts go to the Alertmanager at `host:port` if there is one.
    pub fn over(room: &Room, alertmanager: Option<&str>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder can be made");
        configure(directory.path(), &room.blackbox.address(), alertmanager);
        let configuration = directory.path().join("prometheus/prometheus.yml");
        let targets = [
            ("node", room.node.address()),
            ("redis", room.redis.address()),
            ("postgres", room.postgres.address()),
            ("mysqld", room.mysqld.address()),
            ("blackbox", room.probed()),
        ];
        targets.iter().for_each(|(job, target)| scrape(directory.path(), job, target));
        let prometheus = Prometheus::setup().configuration(configuration).start();
        for (job, _) in targets {
            prometheus.wait_until_up(job);
        }
        Self { prometheus, directory }
    }

    /// Adds a target of a job, as an operator does while Prometheus runs.
    pub fn scrape(&self, job: &str, target: &str) {
        scrape(self.directory.path(), job, target);
        self.prometheus.wait_until_up(job);
    }
}

/// Writes the bundled files for a faster Prometheus.
fn configure(directory: &Path, prober: &str, alertmanager: Option<&str>) {
    write_to(directory).expect("a directory that can be written");
    let configuration = directory.join("prometheus/prometheus.yml");
    let mut text = fs::read_to_string(&configuration).expect("it was written");
    for interval in ["_interval: 15s", "_interval: 10s"] {
        text = text.replace(interval, "_interval: 1s");
    }
    text = text.replace("127.0.0.1:9115", prober);
    if let Some(alertmanager) = alertmanager {
        let example = "# alerting:\n#   alertmanagers: [{static_configs: [{targets: [\"127.0.0.1:9093\"]}]}]";
        assert!(text.contains(example), "{text}");
        let block = example.replace("# ", "").replace("127.0.0.1:9093", alertmanager);
        text = text.replace(example, &block);
    }
    assert!(text.contains(prober) && !text.contains("15s"), "{text}");
    fs::write(&configuration, text).expect("it can be written again");
    fs::create_dir(directory.join("prometheus/targets")).expect("a new folder");
}

fn scrape(directory: &Path, job: &str, target: &str) {
    let file = directory.join(format!("prometheus/targets/{job}.yml"));
    fs::write(file, format!("[{{targets: ['{target}']}}]")).expect("a new file");
}
