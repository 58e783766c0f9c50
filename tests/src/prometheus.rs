//! A real Prometheus on a free port, with its data in a temporary folder. It stops when the value is dropped.
//!
//! ```no_run
//! use mme_metrics_tests::prometheus::Prometheus;
//!
//! let prometheus = Prometheus::setup()
//!     .scrape("service", "127.0.0.1:8080", "/metrics")
//!     .rules("groups: [{name: test, rules: [{record: one, expr: vector(1)}]}]")
//!     .start();
//! prometheus.wait_until_up("service");
//! assert_eq!(prometheus.wait_for("one", |samples| !samples.is_empty())[0].value, 1.0);
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// How long anything may take that has to happen: many scrapes and evaluations, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often something is looked at that has to happen.
const GLANCE: Duration = Duration::from_millis(50);

/// How Prometheus 3 is told what a feature tells Prometheus 2.
const NATIVE: &str = ", scrape_native_histograms: true, always_scrape_classic_histograms: true, \
    scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0, PrometheusText0.0.4]";

/// What a server is to scrape and evaluate; made by [`Prometheus::setup`].
#[derive(Debug, Default)]
#[must_use = "nothing runs until `start` is called"]
pub struct Setup {
    scrapes: String,
    itself: bool,
    rules: Vec<String>,
    rule_files: Vec<PathBuf>,
    alertmanagers: Vec<String>,
    configuration: Option<PathBuf>,
    features: Vec<String>,
    protobuf: bool,
    flags: Vec<String>,
    data: Option<PathBuf>,
}

impl Setup {
    /// Keeps its data in this directory, which stays.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Reads this configuration, and nothing else that is set up here.
    pub fn configuration(mut self, path: impl Into<PathBuf>) -> Self {
        self.configuration = Some(path.into());
        self
    }

    /// Starts the server with this flag too.
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Scrapes `path` of `target`, which is `host:port`, as `job`, once a second.
    pub fn scrape(mut self, job: &str, target: &str, path: &str) -> Self {
        let scrape = serde_json::json!({
            "job_name": job, "metrics_path": path, "static_configs": [{ "targets": [target] }],
        });
        // JSON is YAML.
        self.scrapes += "\n- ";
        self.scrapes += &scrape.to_string();
        self
    }

    /// Scrapes the server's own metrics as job `prometheus`, once a second.
    pub fn scrape_itself(mut self) -> Self {
        self.itself = true;
        self
    }

    /// Evaluates the rule groups of a YAML text.
    pub fn rules(mut self, yaml: impl Into<String>) -> Self {
        self.rules.push(yaml.into());
        self
    }

    /// Evaluates the rule groups of a file, or of all files that a pattern such as `rules/*.yml` finds.
    pub fn rule_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.rule_files.push(path.into());
        self
    }

    /// Sends alerts to the Alertmanager at `host:port`.
    pub fn alertmanager(mut self, target: &str) -> Self {
        self.alertmanagers.push(target.to_owned());
        self
    }

    /// Turns an experimental feature of the server on.
    pub fn feature(mut self, name: &str) -> Self {
        self.features.push(name.to_owned());
        self
    }

    /// Asks every target for protobuf first, and ingests native histograms.
    pub fn protobuf(mut self) -> Self {
        self.protobuf = true;
        // From Prometheus 3 on a setting of the scrape.
        if major_version() < 3 { self.feature("native-histograms") } else { self }
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Panics
    ///
    /// When it is missing, refuses its configuration, or does not become ready; with what it said.
    #[track_caller]
    pub fn start(mut self) -> Prometheus {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        for (at, rules) in self.rules.iter().enumerate() {
            let file = directory.path().join(format!("rules-{at}.yml"));
            fs::write(&file, rules).expect("a new file can be written");
            self.rule_files.push(file);
        }
        // Another program may take the port before the server does.
        (0..5)
            .find_map(|_| Prometheus::launch(&self, &directory))
            .unwrap_or_else(|| panic!("prometheus does not start:\n{}", said(&directory)))
            .owning(directory)
    }

    /// Returns the configuration of a server that will listen on `address`.
    fn config(&self, address: SocketAddr) -> String {
        let files: Vec<_> = self.rule_files.iter().map(|path| std::path::absolute(path).expect("a path")).collect();
        let itself = if self.itself {
            format!("\n- {{job_name: prometheus, static_configs: [{{targets: ['{address}']}}]}}")
        } else {
            String::new()
        };
        format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s{}}}\n\
             rule_files: {}\n\
             alerting: {{alertmanagers: [{{static_configs: [{{targets: {}}}]}}]}}\n\
             scrape_configs:{}{itself}\n",
            if self.protobuf && major_version() >= 3 { NATIVE } else { "" },
            serde_json::json!(files),
            serde_json::json!(self.alertmanagers),
            self.scrapes,
        )
    }
}

/// A running server. It is killed, and its data removed, when this is dropped.
#[derive(Debug)]
pub struct Prometheus {
    child: Child,
    url: String,
    directory: Option<TempDir>,
}

/// One sample of an instant query's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Labels by key, `__name__` included.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// A target as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The `job` label.
    pub job: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    /// Why the last scrape failed; empty if it did not.
    pub last_error: String,
}

/// A rule as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The series that it records, or the alert.
    pub name: String,
    /// Whether it records a series.
    pub records: bool,
    /// `ok`, `err` or, before the first evaluation, `unknown`.
    pub health: String,
    /// Why the last evaluation failed; empty if it did not.
    pub last_error: String,
}

impl Prometheus {
    /// Starts to say what a server should do.
    pub fn setup() -> Setup {
        Setup::default()
    }

    /// Starts the program; nothing if it ends before it is ready.
    fn launch(setup: &Setup, directory: &TempDir) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = address.expect("a loopback port is free");
        let config = setup.configuration.clone().unwrap_or_else(|| {
            let config = directory.path().join("prometheus.yml");
            fs::write(&config, setup.config(address)).expect("a new file can be written");
            config
        });
        let data = setup.data.clone().unwrap_or_else(|| directory.path().join("data"));
        let log = File::create(directory.path().join("log")).expect("a new file can be written");
        let child = program::command("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=warn")
            .args(setup.features.iter().map(|name| format!("--enable-feature={name}")))
            .args(&setup.flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("an open file can be shared"))
            .stderr(log)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("prometheus cannot be run: {error}"));
        let mut server = Self { child, url: format!("http://{address}"), directory: None };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if ureq::get(format!("{}/-/ready", server.url)).call().is_ok() {
                return Some(server);
            }
            if server.child.try_wait().ok().flatten().is_some() {
                return None;
            }
            thread::sleep(GLANCE);
        }
        None
    }

    fn owning(mut self, directory: TempDir) -> Self {
        self.directory = Some(directory);
        self
    }

    /// Returns where its HTTP API is, as `http://host:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers an instant query.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn query(&self, expression: &str) -> Vec<Sample> {
        let data = self.get("/api/v1/query", &[("query", expression)]);
        match data["resultType"].as_str() {
            Some("scalar") => vec![Sample { labels: BTreeMap::new(), value: number(&data["result"]) }],
            _ => list(&data["result"])
                .iter()
                .map(|sample| Sample { labels: labels(&sample["metric"]), value: number(&sample["value"]) })
                .collect(),
        }
    }

    /// Answers an instant query whose answer is one number; nothing if there is no sample.
    ///
    /// # Panics
    ///
    /// When the server refuses it, or there are several samples.
    #[track_caller]
    pub fn value(&self, expression: &str) -> Option<f64> {
        let samples = self.query(expression);
        assert!(samples.len() <= 1, "{expression} has several samples: {samples:#?}");
        samples.first().map(|sample| sample.value)
    }

    /// Asks again and again until `holds` says yes, and returns that answer.
    ///
    /// # Panics
    ///
    /// When it takes longer than a minute, with the last answer.
    #[track_caller]
    pub fn wait_for(&self, expression: &str, holds: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let ask = || Some(self.query(expression)).filter(|samples| holds(samples)).ok_or(());
        patiently(ask).unwrap_or_else(|()| {
            panic!("{expression} never held; now {:#?}\n{:#?}", self.query(expression), self.targets())
        })
    }

    /// Waits until a query has one sample with this value.
    ///
    /// # Panics
    ///
    /// When it takes longer than a minute, with the last answer.
    #[track_caller]
    pub fn wait_for_value(&self, expression: &str, value: f64) {
        // Written and read back as text, so equal figures are equal bit for bit.
        self.wait_for(expression, |samples| matches!(samples, [only] if only.value.to_bits() == value.to_bits()));
    }

    /// Waits until every target of `job` was scraped without an error.
    ///
    /// # Panics
    ///
    /// As soon as a scrape fails, with its error, or when none comes within a minute.
    #[track_caller]
    pub fn wait_until_up(&self, job: &str) {
        let look = || {
            let targets: Vec<_> = self.targets().into_iter().filter(|target| target.job == job).collect();
            let failed = targets.iter().find(|target| target.health == "down");
            assert!(failed.is_none(), "{failed:#?}");
            if !targets.is_empty() && targets.iter().all(|target| target.health == "up") {
                Ok(())
            } else {
                Err(targets)
            }
        };
        patiently(look).unwrap_or_else(|targets| panic!("job {job} was never scraped: {targets:#?}"));
    }

    /// Lists the targets it scrapes.
    #[track_caller]
    pub fn targets(&self) -> Vec<Target> {
        let data = self.get("/api/v1/targets", &[("state", "active")]);
        let targets = list(&data["activeTargets"]).iter().map(|target| Target {
            job: text(&target["labels"]["job"]),
            health: text(&target["health"]),
            last_error: text(&target["lastError"]),
        });
        targets.collect()
    }

    /// Returns the labels of every alert that is pending or firing, with its state under `alertstate`.
    #[track_caller]
    pub fn alerts(&self) -> Vec<BTreeMap<String, String>> {
        let data = self.get("/api/v1/alerts", &[]);
        let state = |alert: &Value| ("alertstate".to_owned(), text(&alert["state"]));
        list(&data["alerts"])
            .iter()
            .map(|alert| labels(&alert["labels"]).into_iter().chain([state(alert)]).collect())
            .collect()
    }

    /// Lists every rule.
    #[track_caller]
    pub fn rules(&self) -> Vec<Rule> {
        let data = self.get("/api/v1/rules", &[]);
        let rules = list(&data["groups"]).iter().flat_map(|group| list(&group["rules"])).map(|rule| Rule {
            name: text(&rule["name"]),
            records: rule["type"] == "recording",
            health: text(&rule["health"]),
            last_error: text(&rule["lastError"]),
        });
        rules.collect()
    }

    /// Answers a query as a graph of the last minute asks it, and says whether there is anything to draw.
    ///
    /// # Panics
    ///
    /// When the server refuses it.
    #[track_caller]
    pub fn draws(&self, expression: &str) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
        let (start, end) = ((now - 60).to_string(), now.to_string());
        let range = [("query", expression), ("start", &start), ("end", &end), ("step", "1")];
        let data = self.get("/api/v1/query_range", &range);
        let points = list(&data["result"]).iter().flat_map(|series| list(&series["values"]));
        points.map(number).any(|value| !value.is_nan())
    }

    /// Returns the `data` of one call of the HTTP API.
    ///
    /// # Panics
    ///
    /// When the server does not answer `success`.
    #[track_caller]
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let request = ureq::get(format!("{}{path}", self.url)).query_pairs(parameters.iter().copied());
        // An error has a body that says why.
        let answer = request.config().http_status_as_error(false).build().call();
        let answer = answer.and_then(|mut answer| answer.body_mut().read_json::<Value>());
        let mut answer = answer.unwrap_or_else(|error| panic!("{path} {parameters:?}: {error}\n{}", self.said()));
        assert_eq!(answer["status"], "success", "{path} {parameters:?}: {answer:#}");
        answer["data"].take()
    }

    /// Returns what it has written to its log.
    pub fn said(&self) -> String {
        self.directory.as_ref().map(said).unwrap_or_default()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Either fails only if it has ended by itself; its data is thrown away in any case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the first number of the server's version. The newest is built as a module, whose version 0.316 is 3.16.
///
/// # Panics
///
/// When it is missing or does not say its version.
#[track_caller]
pub fn major_version() -> u32 {
    static VERSION: OnceLock<u32> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = program::command("prometheus").arg("--version").output().expect("prometheus can be run");
        // The newest says it on its output, others beside it.
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        major(&said).unwrap_or_else(|| panic!("no version in {said}"))
    })
}

fn major(said: &str) -> Option<u32> {
    let mut numbers = said
        .split("version ")
        .nth(1)?
        .split(|other: char| !other.is_ascii_digit())
        .map(|number| number.parse::<u32>().ok());
    match (numbers.next()??, numbers.next()??) {
        // Prometheus 2 counted its modules from 0.35 to 0.55, and 3 counts them from 0.300.
        (0, minor) => Some(if minor < 100 { 2 } else { minor / 100 }),
        (major, _) => Some(major),
    }
}

/// Looks again and again until there is a result, or until a minute has passed: then with the last thing seen.
///
/// # Errors
///
/// Returns what `look` found last.
pub fn patiently<T, E>(look: impl Fn() -> Result<T, E>) -> Result<T, E> {
    let began = Instant::now();
    loop {
        let seen = look();
        if seen.is_ok() || began.elapsed() > PATIENCE {
            return seen;
        }
        thread::sleep(GLANCE);
    }
}

fn said(directory: &TempDir) -> String {
    fs::read_to_string(directory.path().join("log")).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (key.clone(), text(value))).collect()
}

/// Reads `[time, "value"]`.
fn number(value: &Value) -> f64 {
    let text = value[1].as_str().unwrap_or_default();
    text.replace("Inf", "inf").parse().unwrap_or_else(|error| panic!("{error}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_server_or_of_its_module() {
        for (said, number) in [
            ("prometheus, version 2.42.0+ds (branch: debian/sid)", Some(2)),
            ("prometheus, version 3.16.1 (branch: , revision: unknown)", Some(3)),
            ("prometheus, version 0.316.0 (branch: , revision: unknown)", Some(3)),
            ("prometheus, version 0.55.1", Some(2)),
            ("prometheus, version x.1", None),
            ("", None),
        ] {
            assert_eq!(major(said), number, "{said}");
        }
    }
}
