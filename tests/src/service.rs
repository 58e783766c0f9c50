//! The example service as a program: builds it, starts it on a free port, sends requests and stops it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use serde_json::Value;

/// The password of the example accounts in tests.
const PASSWORD: &str = "a password of the tests";

/// Longest time that an answer or a stop may take before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// The `trust-service` example, running on a port of its own. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    child: Child,
    address: SocketAddr,
    grpc_address: SocketAddr,
    http: Client,
}

/// An answer of the service.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, if it was JSON; else its text.
    pub body: Value,
}

/// How the service ended.
#[derive(Debug)]
pub struct ServiceExit {
    /// What the process returned.
    pub status: ExitStatus,
    /// Time from the signal to the end.
    pub took: Duration,
}

impl Service {
    /// Builds the service if need be, starts it with these arguments, and waits until it listens.
    ///
    /// # Panics
    ///
    /// When it cannot be built or does not start; the message has what it said.
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// Starts it with these environment variables as well.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    pub fn start_with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Self::command(args)
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service was just built, so it can be started");
        let out = child.stdout.take().expect("standard output was just asked for");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.trim().strip_prefix("service   http://")?.parse().ok());
        let grpc_address = lines.find_map(|line| line.trim().strip_prefix("grpc      ")?.parse().ok());
        let (Some(address), Some(grpc_address)) = (address, grpc_address) else {
            let status = child.wait();
            panic!("trust-service did not start ({status:?}): its reason is on standard error, above")
        };
        // Whoever stops reading a pipe stops the program that writes to it.
        thread::spawn(move || lines.for_each(drop));
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().expect("no TLS and no proxy can fail");
        Self { child, address, grpc_address, http }
    }

    /// Returns the program with its arguments and a free port, to be started by the test itself.
    pub fn command(args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env("TRUST_HTTP_ADDR", "127.0.0.1:0")
            .env("TRUST_GRPC_ADDR", "127.0.0.1:0")
            .env("TRUST_PASSWORD", PASSWORD)
            .env_remove("DATABASE_URL")
            .env_remove("TRUST_FAULT")
            .stdin(Stdio::null());
        command
    }

    /// Returns where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where the service listens for gRPC.
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a request, with a session's token and a JSON body if there are any.
    ///
    /// # Panics
    ///
    /// When no answer comes.
    pub fn send(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let method = method.parse().expect("tests use valid methods");
        let mut request = self.http.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = answer.status().as_u16();
        let text = answer.text().unwrap_or_else(|error| panic!("{path}: {error}"));
        Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    /// Logs the user of a tenant in and returns the session's token.
    ///
    /// # Panics
    ///
    /// When the tenant is not one of the example's.
    pub fn log_in(&self, tenant: &str, user: &str) -> String {
        let credentials = serde_json::json!({ "tenant": tenant, "user": user, "password": PASSWORD });
        let answer = self.send("POST", "/login", None, Some(credentials));
        answer.body["token"].as_str().unwrap_or_else(|| panic!("cannot log in: {answer:?}")).to_owned()
    }

    /// Switches a fault on or, with `off`, away again.
    ///
    /// # Panics
    ///
    /// When there is no such fault.
    pub fn inject(&self, fault: &str) {
        let answer = self.http.put(self.url("/demo/fault")).body(fault.to_owned()).send();
        answer.and_then(Response::error_for_status).expect("the tests name faults that there are");
    }

    /// Returns the exposition.
    ///
    /// # Panics
    ///
    /// When it cannot be had.
    pub fn metrics(&self) -> String {
        let answer = self.http.get(self.url("/metrics")).send().and_then(Response::text);
        answer.expect("the service is running")
    }

    /// Returns what all series of a counter add up to whose label text contains each of `labels`; of a gauge that counts
    /// things, and of a histogram's `_count`, likewise.
    ///
    /// # Panics
    ///
    /// When the metrics cannot be had.
    pub fn count(&self, metric: &str, labels: &[&str]) -> u64 {
        count_in(&self.metrics(), metric, labels)
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    ///
    /// When it does not end at all.
    pub fn stop(self) -> ServiceExit {
        let told = Instant::now();
        self.terminate();
        self.wait(told)
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    ///
    /// When it has ended already.
    pub fn terminate(&self) {
        signal(self.child.id(), "TERM");
    }

    /// Waits for the end after a signal that was sent at `told`.
    ///
    /// # Panics
    ///
    /// When it does not end at all.
    pub fn wait(mut self, told: Instant) -> ServiceExit {
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return ServiceExit { status, took: told.elapsed() };
            }
            assert!(told.elapsed() < PATIENCE, "trust-service does not stop on SIGTERM");
            // The system has no way to wait for a child with a limit.
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns what all series of a counter in an exposition add up to whose label text contains each of `labels`.
///
/// # Panics
///
/// When a value is no count.
pub fn count_in(text: &str, metric: &str, labels: &[&str]) -> u64 {
    let series = text.lines().filter_map(|line| line.rsplit_once(' '));
    series
        .filter(|(series, _)| series.split('{').next() == Some(metric))
        .filter(|(series, _)| labels.iter().all(|label| series.contains(label)))
        .map(|(series, value)| value.parse::<u64>().unwrap_or_else(|_| panic!("{series} is not a count: {value}")))
        .sum()
}

/// Sends a signal to a process of ours.
fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status();
    let sent = status.expect("`kill` is missing: install it with `apt-get install procps`");
    assert!(sent.success(), "cannot send SIG{name}");
}

/// Builds the service once for all tests of a program, and returns where it is.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built("trust-service"))
}

/// Builds an example or the command `mme-metrics`, and returns where its program is.
///
/// # Panics
///
/// When it does not build; the compiler's reason is on standard error.
pub fn built(package: &str) -> PathBuf {
    // With a test among the targets, features are resolved as for the tests, so only the program itself is built. Otherwise most
    // dependencies would be built again.
    let built = Command::new(env!("CARGO"))
        .args(["build", "--bin", package, "--test", "log", "--all-features", "--message-format=json"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs these tests, so it can be called");
    assert!(built.status.success(), "{package} does not build: see above");
    let lines = built.stdout.lines().map_while(Result::ok);
    let messages = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let programs =
        messages.filter(|message| message["target"]["name"] == package && message["profile"]["test"] == false);
    let executables = programs.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.last().expect("cargo names the program that it built")
}
