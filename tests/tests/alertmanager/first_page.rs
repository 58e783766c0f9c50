//! The commands of the guide's page `first-page.md`, run as they stand there.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use mme_metrics_tests::alertmanager::free_addresses;
use mme_metrics_tests::service::Service;

/// Returns the fences of a language, such as `sh`.
fn fences<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// Makes the commands of the page work here: a checkout instead of a clone, the program that is built, free ports and less
/// time.
fn script(page: &str, root: &Path) -> String {
    let install = fences(page, "sh")[0];
    assert!(install.starts_with("sudo apt-get install "), "{install}");
    let commands = fences(page, "sh")[1..].concat();
    let service = Service::command(&[]);
    let program = service.get_program().display().to_string();
    let [http, grpc, prometheus, alertmanager, pager] = free_addresses().map(|address| address.port().to_string());
    let mut commands = commands;
    let clone = "git clone --depth 1 https://github.com/mme-metrics/mme-metrics\n";
    let copied = "mme-metrics/mme-metrics/assets/alertmanager .\n";
    // Only time differs: alerts, groups and scrapes wait for a second.
    let hurry = format!(
        "{copied}sed -i -E 's/( |keep_firing_)for: .*/\\1for: 1s/; s/_interval: 1[05]s/_interval: 1s/' prometheus/*.yml prometheus/*/*.yml\n\
         sed -i -E 's/group_(wait|interval): .*/group_\\1: 1s/' alertmanager/alertmanager.yml\n"
    );
    let run = "cargo run --release --quiet --manifest-path mme-metrics/Cargo.toml -p trust-service --";
    let start_prometheus = "\nprometheus --config.file";
    for (on_the_page, here) in [
        (clone, format!("ln -s {} mme-metrics\n", root.display())),
        (copied, hurry),
        (run, format!("TRUST_HTTP_ADDR=127.0.0.1:{http} TRUST_GRPC_ADDR=127.0.0.1:{grpc} {program}")),
        (
            start_prometheus,
            format!("\nsed -i 's/127.0.0.1:808[0]/127.0.0.1:{http}/' prometheus/prometheus.yml{start_prometheus}"),
        ),
        ("127.0.0.1:8080", format!("127.0.0.1:{http}")),
        ("127.0.0.1:9190", format!("127.0.0.1:{prometheus}")),
        ("127.0.0.1:9193", format!("127.0.0.1:{alertmanager}")),
        ("127.0.0.1:9194", format!("127.0.0.1:{pager}")),
        ("\"127.0.0.1\", 9194", format!("\"127.0.0.1\", {pager}")),
    ] {
        assert!(commands.contains(on_the_page), "the page has {on_the_page:?} no more");
        commands = commands.replace(on_the_page, &here);
    }
    format!("set -euo pipefail\ntrap 'exit 1' TERM\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{commands}")
}

#[test]
fn the_commands_of_the_page_lead_from_nothing_to_a_page_that_is_received() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a workspace");
    let page = fs::read_to_string(root.join("docs/src/first-page.md")).expect("the page can be read");
    let directory = tempfile::tempdir().expect("a temporary folder can be made");
    let script = script(&page, root);
    // The limit is far above what is needed. It ends the script if a message never comes.
    let output = Command::new("timeout")
        .args(["300", "bash", "-c", &script])
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .process_group(0)
        .output()
        .expect("a shell and timeout are needed: apt-get install bash coreutils");
    let [said, complained] = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    let log = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    let logs = ["pager.log", "alertmanager.log", "prometheus.log", "service.log"].map(log).join("\n");
    assert!(output.status.success(), "{said}\n{complained}\n{logs}");
    // What the page shows is what was said, but for times and for columns that are as wide as their times.
    let told = |line: &str| line.split_whitespace().filter(|word| !is_time(word)).collect::<Vec<_>>().join(" ");
    let said: Vec<_> = said.lines().map(told).collect();
    let shown = fences(&page, "text").concat();
    for line in shown.lines().map(told) {
        assert!(said.contains(&line), "{line:?} is not in {said:#?}");
    }
}

/// Says whether a word is a date or a time of day.
fn is_time(word: &str) -> bool {
    word == "UTC" || (word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(['-', ':']))
}
