//! An exporter of Debian on a free port, for as long as the value lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program;

/// Longest time that an exporter may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is asked whether it does.
const GLANCE: Duration = Duration::from_millis(50);

/// A running exporter. It is killed when this is dropped.
#[derive(Debug)]
pub struct Exporter {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Exporter {
    /// Starts the program of this name, such as `node_exporter`, with what `configure` adds to its arguments.
    ///
    /// # Panics
    ///
    /// When it is missing or does not listen, with what it said.
    #[track_caller]
    pub fn start(name: &str, configure: impl Fn(&mut Command)) -> Self {
        // Another program may take the port before the exporter does.
        (0..5)
            .find_map(|_| Self::launch(name, &configure).ok())
            .unwrap_or_else(|| panic!("{name} does not start:\n{}", Self::launch(name, &configure).unwrap_err()))
    }

    /// Starts the program; returns its log if it ends before it listens.
    fn launch(name: &str, configure: impl Fn(&mut Command)) -> Result<Self, String> {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = address.expect("a loopback port is free");
        let log = File::create(directory.path().join("log")).expect("a new file can be written");
        let mut command = program::command(name);
        configure(&mut command);
        command
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("an open file can be shared"))
            .stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be run: {error}"));
        let mut exporter = Self { child, address, directory };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if exporter.child.try_wait().ok().flatten().is_some() {
                break;
            }
            if TcpStream::connect(address).is_ok() {
                return Ok(exporter);
            }
            thread::sleep(GLANCE);
        }
        Err(fs::read_to_string(exporter.directory.path().join("log")).unwrap_or_default())
    }

    /// Returns where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Reads the exposition that it serves under `path`, such as `/metrics`.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[track_caller]
    pub fn exposition(&self, path: &str) -> ForeignExposition {
        ForeignExposition::fetch(&format!("http://{}{path}", self.address))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // Either fails only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an exposition in text format 0.0.4 declares: types, and the keys of labels.
#[derive(Debug, Default)]
pub struct ForeignExposition {
    /// The type of each metric, as the line `# TYPE` has it.
    pub types: BTreeMap<String, String>,
    /// For each name of a series, the sets of label keys that its series have; a label may be empty.
    pub keys: BTreeMap<String, BTreeSet<BTreeSet<String>>>,
}

impl ForeignExposition {
    /// Reads the exposition at an address.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    #[track_caller]
    pub fn fetch(url: &str) -> Self {
        let answer = ureq::get(url).call().and_then(|mut answer| answer.body_mut().read_to_string());
        Self::parse(&answer.unwrap_or_else(|error| panic!("{url}: {error}")))
    }

    /// Reads an exposition.
    ///
    /// # Panics
    ///
    /// When a line is no sample.
    pub fn parse(text: &str) -> Self {
        let mut exposition = Self::default();
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                exposition.types.insert(name.to_owned(), kind.to_owned());
            } else if !line.is_empty() && !line.starts_with('#') {
                let end = line.find(['{', ' ']).expect("a sample has a value");
                let labels = line[end..].strip_prefix('{').unwrap_or_default();
                exposition.keys.entry(line[..end].to_owned()).or_default().insert(keys(labels));
            }
        }
        exposition
    }
}

/// Reads the keys of `key="value",…}`; a quote within a value is escaped.
fn keys(mut labels: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    while let Some((key, after)) = labels.split_once("=\"") {
        keys.insert(key.trim_start_matches(',').to_owned());
        let mut escaped = false;
        let end = after.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        labels = &after[end.expect("a value ends") + 1..];
        if labels.starts_with('}') {
            break;
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_keys_are_read_whatever_a_value_holds() {
        let text = "# HELP a A.\n# TYPE a untyped\na{b=\"}\\\"=\",c=\"\"} 1\na{b=\"x\"} 2 1000\nwhole 3\n";
        let exposition = ForeignExposition::parse(text);
        assert_eq!(exposition.types["a"], "untyped");
        let set = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(exposition.keys["a"], BTreeSet::from([set(&["b", "c"]), set(&["b"])]));
        assert_eq!(exposition.keys["whole"], BTreeSet::from([set(&[])]));
    }
}
