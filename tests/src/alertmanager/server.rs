//! The Alertmanager process, on free ports. It stops when the value is dropped.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program;

/// Longest time that a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked whether it is.
const GLANCE: Duration = Duration::from_millis(50);

/// A running Alertmanager. It is killed, and its data removed, when this is dropped.
#[derive(Debug)]
pub struct Alertmanager {
    child: Child,
    address: SocketAddr,
    gossip: SocketAddr,
    directory: TempDir,
}

impl Alertmanager {
    /// Starts it with a configuration, alone.
    ///
    /// # Panics
    ///
    /// When it is missing, refuses its configuration, or does not become ready; with what it said.
    #[track_caller]
    pub fn start(configuration: &Path) -> Self {
        Self::start_with(configuration, alone, None)
    }

    /// Starts it alone, trusting no certificate except this one and what it signed.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    #[track_caller]
    pub fn start_trusting(configuration: &Path, certificate: &Path) -> Self {
        Self::start_with(configuration, alone, Some(certificate))
    }

    /// Starts it as a member of a cluster: of `peer`'s, or of a new one.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    #[track_caller]
    pub fn start_member(configuration: &Path, peer: Option<&Self>) -> Self {
        let member = |gossip| {
            let own = [
                format!("--cluster.listen-address={gossip}"),
                // A member sends when those before it have not, after this time for each.
                "--cluster.peer-timeout=3s".to_owned(),
                "--cluster.gossip-interval=50ms".to_owned(),
                "--cluster.settle-timeout=2s".to_owned(),
            ];
            own.into_iter().chain(peer.map(|peer| format!("--cluster.peer={}", peer.gossip))).collect()
        };
        Self::start_with(configuration, member, None)
    }

    /// Starts it with the arguments that follow from the address for members of its cluster.
    #[track_caller]
    fn start_with(configuration: &Path, cluster: impl Fn(SocketAddr) -> Vec<String>, trusted: Option<&Path>) -> Self {
        let mut said = String::new();
        // Another program may take a port before the server does.
        for _ in 0..5 {
            match Self::launch(configuration, &cluster, trusted) {
                Ok(server) => return server,
                Err(log) => said = log,
            }
        }
        panic!("Alertmanager does not start:\n{said}")
    }

    /// Starts the program; returns its log if it ends before it is ready.
    fn launch(
        configuration: &Path,
        cluster: impl Fn(SocketAddr) -> Vec<String>,
        trusted: Option<&Path>,
    ) -> Result<Self, String> {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        let [address, gossip] = free_addresses();
        let log = File::create(directory.path().join("log")).expect("a new file can be written");
        let mut command = program::command("alertmanager");
        command
            .arg(format!("--config.file={}", configuration.display()))
            .arg(format!("--storage.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--web.external-url=https://alertmanager.example.com/")
            .arg("--web.route-prefix=/")
            .args(cluster(gossip))
            .envs(trusted.map(|path| ("SSL_CERT_FILE", path)))
            .arg("--log.level=info")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("an open file can be shared"))
            .stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("alertmanager cannot be run: {error}"));
        let mut server = Self { child, address, gossip, directory };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if ureq::get(server.url("/-/ready")).call().is_ok() {
                return Ok(server);
            }
            if server.child.try_wait().ok().flatten().is_some() {
                break;
            }
            thread::sleep(GLANCE);
        }
        Err(server.said())
    }

    /// Returns where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Returns the address of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends alerts, as Prometheus does.
    ///
    /// # Panics
    ///
    /// When they are refused.
    #[track_caller]
    pub fn send(&self, alerts: &[Value]) {
        let answer = ureq::post(self.url("/api/v2/alerts")).send_json(json!(alerts));
        answer.unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
    }

    /// Returns the alerts that it has, with their states.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[track_caller]
    pub fn alerts(&self) -> Vec<Value> {
        let answer = ureq::get(self.url("/api/v2/alerts")).call();
        let mut answer = answer.unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
        answer.body_mut().read_json().expect("the API answers in JSON")
    }

    /// Returns the value of one of its own metrics, all series added up.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[track_caller]
    pub fn metric(&self, name: &str) -> f64 {
        let answer = ureq::get(self.url("/metrics")).call();
        let text = answer.expect("it is ready").body_mut().read_to_string().expect("an exposition is text");
        let series = text.lines().filter_map(|line| line.rsplit_once(' '));
        let ours = series.filter(|(series, _)| series.split('{').next() == Some(name));
        ours.map(|(_, value)| value.parse::<f64>().expect("a sample is a number")).sum()
    }

    /// Returns what it has written to its log.
    pub fn said(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        // Either fails only if it has ended by itself; its data is thrown away in any case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts no cluster: one waits for its members before it notifies.
fn alone(_gossip: SocketAddr) -> Vec<String> {
    vec!["--cluster.listen-address=".to_owned()]
}

/// Returns different ports that are free.
///
/// # Panics
///
/// When there are none.
pub fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a loopback port is free"));
    listeners.map(|listener| listener.local_addr().expect("a bound listener has an address"))
}
