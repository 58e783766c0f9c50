//! The command `stack`.

mod compose;
mod crowd;
mod disk;
mod killed;
mod missing;
mod native;
mod record;
mod refusal;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use mme_metrics_tests::command::{self, Ran};
use tempfile::TempDir;

/// The options of ports.
const PORTS: [&str; 5] = ["--pager-port", "--alertmanager-port", "--prometheus-port", "--node-port", "--blackbox-port"];

/// The directory of a stack with ports of its own. What it runs is stopped when it is dropped.
struct Stack {
    directory: TempDir,
    ports: Vec<u16>,
    /// Where programs are looked for.
    path: OsString,
}

impl Stack {
    fn new() -> Self {
        let listeners: Vec<_> = PORTS.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let port = |listener: &TcpListener| listener.local_addr().expect("it listens").port();
        let folders = ["MME_TEST_TOOLS", "PATH"].into_iter().filter_map(env::var_os);
        let folders: Vec<_> = folders.flat_map(|list| env::split_paths(&list).collect::<Vec<_>>()).collect();
        Self {
            directory: TempDir::new().expect("a temporary directory"),
            ports: listeners.iter().map(port).collect(),
            path: env::join_paths(folders).expect("they come from such lists"),
        }
    }

    /// Looks for programs in a new folder with these scripts, and nowhere else but in `more`.
    fn with_scripts(scripts: &[(&str, &str)], more: &[&str]) -> Self {
        let mut stack = Self::new();
        let folder = stack.directory.path().join("bin");
        fs::create_dir(&folder).expect("a new folder");
        for (name, text) in scripts {
            fs::write(folder.join(name), text).expect("a new file");
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        let folders = [folder].into_iter().chain(more.iter().map(PathBuf::from));
        stack.path = env::join_paths(folders).expect("no colons");
        stack
    }

    /// The directory that the stack makes.
    fn root(&self) -> PathBuf {
        self.directory.path().join("stack")
    }

    fn port(&self, option: &str) -> u16 {
        self.ports[PORTS.iter().position(|other| *other == option).expect("an option")]
    }

    fn url(&self, option: &str) -> String {
        format!("http://127.0.0.1:{}", self.port(option))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command::command(["stack"].iter().chain(arguments));
        command.arg("--data").arg(self.root()).env("PATH", &self.path).current_dir(self.directory.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        command::finish(self.start(arguments))
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("it was built")
    }

    /// Returns the arguments of `up --native` with the ports.
    fn up_arguments<'a>(&self, more: &[&'a str]) -> Vec<String> {
        let ports = PORTS.iter().zip(&self.ports).map(|(option, port)| format!("{option}={port}"));
        let arguments = ["up", "--native"].iter().chain(more).map(|argument: &&'a str| (*argument).to_owned());
        arguments.chain(ports).collect()
    }

    fn up(&self, more: &[&str]) -> Ran {
        command::finish(self.start_up(more))
    }

    fn start_up(&self, more: &[&str]) -> Child {
        let arguments = self.up_arguments(more);
        self.start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}\n{}", self.run(&["logs"]).out);
        ran
    }

    /// Lists the command lines that name the directory.
    fn processes(&self) -> Vec<String> {
        processes(&self.root())
    }

    #[track_caller]
    fn runs_nothing(&self) {
        assert_eq!(self.processes(), Vec::<String>::new());
        // The pager does not name the directory.
        for (option, port) in PORTS.iter().zip(&self.ports) {
            assert!(TcpListener::bind(("127.0.0.1", *port)).is_ok(), "{option} is in use");
        }
    }

    /// Returns the process of a server on record.
    fn pid(&self, server: &str) -> Option<u32> {
        let text = fs::read_to_string(self.root().join(format!("run/{server}.json"))).ok()?;
        let record: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        u32::try_from(record["pid"].as_u64()?).ok()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.root().join("stack.lock").exists() {
            // A test that fails has said why; this only cleans up.
            let _ = self.run(&["down"]);
        }
    }
}

fn processes(root: &Path) -> Vec<String> {
    let root = root.to_string_lossy().into_owned();
    let entries = fs::read_dir("/proc").expect("Linux has it").filter_map(Result::ok);
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&root)).collect()
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot signal {pid}");
}
