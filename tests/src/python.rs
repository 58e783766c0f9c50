//! The parsers of `prometheus_client`, the reference implementation in Python: the strictest readers of both formats.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use mme_metrics::Format;

/// The release that is fetched where none is installed.
const REQUIREMENT: &str = "prometheus_client==0.26.0";

/// Reads the exposition from its input and writes one line for each sample: a JSON array of name, labels, value and the exemplar
/// with its labels, value and time. The value is a text, because the reader of JSON loses its last digit.
const READ: &str = r#"
import importlib, io, json, sys
parser = importlib.import_module(sys.argv[1])
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="\n").read()
out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
for family in parser.text_string_to_metric_families(text):
    for sample in family.samples:
        seen = sample.exemplar
        exemplar = seen and [seen.labels, float(seen.value), seen.timestamp and float(seen.timestamp)]
        print(json.dumps([sample.name, sample.labels, repr(float(sample.value)), exemplar]), file=out)
out.flush()
"#;

/// One sample as the parser read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The name of the line, `_bucket` and the like included.
    pub name: String,
    /// Labels by key, unescaped.
    pub labels: std::collections::BTreeMap<String, String>,
    /// The value.
    pub value: f64,
    /// The exemplar, if there is one.
    pub exemplar: Option<Exemplar>,
}

/// An exemplar as the parser read it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    /// Labels by key.
    pub labels: std::collections::BTreeMap<String, String>,
    /// The observed value.
    pub value: f64,
    /// The time in seconds since 1970, if there is one.
    pub timestamp: Option<f64>,
}

/// Parses an exposition with `prometheus_client`.
///
/// # Panics
///
/// When the parser refuses it, with its reason, or when it cannot be had.
#[track_caller]
pub fn parse(exposition: &str, format: Format) -> Vec<Sample> {
    let parser = match format {
        Format::OpenMetrics => "prometheus_client.openmetrics.parser",
        _ => "prometheus_client.parser",
    };
    let output = interpreter().run(&["-c", READ, parser], exposition);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{parser} refuses the exposition:\n{said}");
    String::from_utf8_lossy(&output.stdout).lines().map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let read = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let (name, labels, value, exemplar): (_, _, String, Option<(_, _, _)>) = read;
    let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
    let exemplar = exemplar.map(|(labels, value, timestamp)| Exemplar { labels, value, timestamp });
    Sample { name, labels, value, exemplar }
}

/// A Python that has `prometheus_client`.
struct Interpreter {
    program: &'static str,
    packages: PathBuf,
}

impl Interpreter {
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(self.program)
            .args(arguments)
            .env("PYTHONPATH", &self.packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run ({error}): apt-get install python3", self.program));
        let mut stdin = child.stdin.take().expect("the input is piped");
        let input = input.to_owned();
        // Beside the reading, so that neither side waits for the other.
        let feed = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("a started program can be waited for");
        // It may end before it has read everything; then its output says why.
        let _ = feed.join();
        output
    }

    fn has_client(&self) -> bool {
        self.run(&["-c", "import prometheus_client.openmetrics.parser"], "").status.success()
    }
}

/// Finds the client among the system's packages, or fetches it once into the build directory.
fn interpreter() -> &'static Interpreter {
    static FOUND: OnceLock<Interpreter> = OnceLock::new();
    FOUND.get_or_init(|| {
        let packages = build_directory().join("python");
        let system = Interpreter { program: "/usr/bin/python3", packages: PathBuf::new() };
        if Path::new(system.program).exists() && system.has_client() {
            return system;
        }
        let fetched = Interpreter { program: "python3", packages };
        if !fetched.has_client() {
            fetch(&fetched.packages);
        }
        assert!(fetched.has_client(), "prometheus_client is missing: apt-get install python3-prometheus-client");
        fetched
    })
}

fn fetch(packages: &Path) {
    // Moved into place as a whole, so that tests that run side by side see all of it or nothing.
    let unfinished = tempfile::tempdir_in(build_directory()).expect("the build directory can be written");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"];
    let output = Command::new("python3").args(pip).arg(unfinished.path()).arg(REQUIREMENT).output();
    let output = output.unwrap_or_else(|error| panic!("python3 cannot be run ({error}): apt-get install python3-pip"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "prometheus_client cannot be fetched: apt-get install python3-prometheus-client\n{said}"
    );
    // Losing the race to another test is as good as winning it.
    let _ = std::fs::rename(unfinished.path(), packages);
}

/// Returns the directory that cargo builds in, which the running test lies under.
pub(crate) fn build_directory() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    // target/debug/deps/test
    test.ancestors().nth(3).expect("cargo runs a test three levels down").to_owned()
}
