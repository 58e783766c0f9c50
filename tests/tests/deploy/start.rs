//! `start.sh` makes secrets, moves those of `.env` to files, and fills the addresses in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mme_metrics::asset::{AssetFile, FILES};
use mme_metrics_tests::alertmanager::amtool;
use tempfile::TempDir;

use crate::bundle::{text, written};

/// An exported bundle whose stack is prepared.
struct Stack {
    bundle: TempDir,
}

impl Stack {
    fn new() -> Self {
        Self { bundle: written() }
    }

    fn folder(&self) -> PathBuf {
        self.bundle.path().join("deploy/compose")
    }

    fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.folder().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Runs the script from another directory, with a program in place of `docker compose`.
    fn run(&self, arguments: &[&str]) -> Output {
        let script = self.folder().join("start.sh");
        let mut command = Command::new("sh");
        command
            .arg(script)
            .args(arguments)
            .current_dir("/")
            .env("COMPOSE", "echo compose")
            .output()
            .expect("there is a shell")
    }

    #[track_caller]
    fn prepare(&self) {
        let output = self.run(&["prepare"]);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
    }

    /// Writes settings at the end of `.env`, where they win.
    fn set(&self, settings: &str) {
        let path = self.folder().join(".env");
        let text = text("deploy/compose/.env.example");
        fs::write(path, format!("{text}{settings}")).expect("a file of ours can be written");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

#[test]
fn the_first_start_makes_passwords_that_a_second_one_keeps() {
    let (one, other) = (Stack::new(), Stack::new());
    one.prepare();
    other.prepare();
    let password = one.read("secrets/grafana_password.txt");
    assert_eq!(password.len(), 32);
    assert!(password.chars().all(|c| c.is_ascii_alphanumeric()), "{password}");
    assert_ne!(password, other.read("secrets/grafana_password.txt"));
    assert_ne!(password, one.read("secrets/postgres_password.txt"));
    one.prepare();
    assert_eq!(password, one.read("secrets/grafana_password.txt"));
    let redis = one.read("secrets/redis_password.txt");
    assert!(one.read("secrets/redis.conf").starts_with(&format!("requirepass {redis}\n")));
    assert_eq!(one.read("secrets/redis_passwords.json"), format!("{{\"redis://redis:6379\": \"{redis}\"}}"));
    assert_eq!(mode(&one.folder().join("secrets")), 0o700);
    assert_eq!(mode(&one.folder().join(".env")), 0o600);
}

#[test]
fn secrets_of_the_settings_become_files_and_addresses_are_filled_in() {
    let stack = Stack::new();
    stack.set(
        "SMTP_HOST=mail.kitchen.test:587\nSMTP_FROM=stove@kitchen.test\nSMTP_USERNAME=stove\nSMTP_PASSWORD=hot & \"salty\" $HOME\n\
         SLACK_WEBHOOK_SECURITY=https://chat.kitchen.test/s?a=b\r\nPAGERDUTY_ESCALATION_KEY=ring\nSIEM_TOKEN=spoon\n\
         SECURITY_EMAIL=guard@kitchen.test\nPLATFORM_EMAIL=cook@kitchen.test\nBUSINESS_EMAIL=till@kitchen.test\n\
         COMPLIANCE_EMAIL=book@kitchen.test\nESCALATION_EMAIL=chef@kitchen.test\nGRAFANA_URL=https://view.kitchen.test\n",
    );
    stack.prepare();
    assert_eq!(stack.read("secrets/alertmanager/smtp_password"), "hot & \"salty\" $HOME");
    assert_eq!(stack.read("secrets/alertmanager/slack_webhook_security"), "https://chat.kitchen.test/s?a=b");
    assert_eq!(stack.read("secrets/alertmanager/pagerduty_escalation_key"), "ring");
    assert_eq!(stack.read("secrets/alertmanager/siem_token"), "spoon");
    assert!(!stack.folder().join("secrets/alertmanager/ticketing_token").exists());
    let config = stack.read("generated/alertmanager.yml");
    let mails: Vec<_> = config.lines().filter(|line| line.contains("@example.com")).collect();
    assert!(mails.is_empty(), "{mails:?}");
    for line in [
        "  smtp_smarthost: mail.kitchen.test:587",
        "  smtp_from: stove@kitchen.test",
        "  smtp_auth_username: stove",
        "        to: guard@kitchen.test",
        "        to: chef@kitchen.test",
    ] {
        assert!(config.lines().any(|found| found == line), "{line} is not in\n{config}");
    }
    assert!(stack.read("generated/templates/addresses.tmpl").contains("}}https://view.kitchen.test{{"));
    amtool(&["check-config", stack.folder().join("generated/alertmanager.yml").to_str().expect("a path is a text")]);
}

#[test]
fn without_settings_the_routing_is_the_bundled_one() {
    let stack = Stack::new();
    stack.prepare();
    assert_eq!(stack.read("generated/alertmanager.yml"), text("alertmanager/alertmanager.yml"));
    assert_eq!(stack.read(".env"), text("deploy/compose/.env.example"));
}

#[test]
fn grafana_has_the_data_source_of_loki_with_its_profile_only() {
    let stack = Stack::new();
    let sources = || {
        let folder = fs::read_dir(stack.folder().join("generated/datasources")).expect("the script makes it");
        let mut names: Vec<_> = folder.map(|file| file.expect("a file").file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    stack.set("");
    stack.prepare();
    assert_eq!(sources(), ["mme-metrics.yml"]);
    assert!(!stack.read("generated/datasources/mme-metrics.yml").contains("type: loki"));
    stack.set("COMPOSE_PROFILES=stores,logs,traces\n");
    stack.prepare();
    assert_eq!(sources(), ["loki.yml", "mme-metrics.yml"]);
    assert_eq!(stack.read("generated/datasources/loki.yml"), text("deploy/compose/logs/datasource.yml"));
    // Grafana runs as a user of its own, and a profile that is removed takes its data source along.
    assert_eq!(mode(&stack.folder().join("generated/datasources/loki.yml")), 0o644);
    stack.set("COMPOSE_PROFILES=stores\n");
    stack.prepare();
    assert_eq!(sources(), ["mme-metrics.yml"]);
}

#[test]
fn settings_are_text_and_never_run() {
    for hostile in
        ["$(touch pwned)", "`touch pwned`", "a\"; touch pwned; \"", "x' y", "a: b", "{{ .Labels }}", "a&b|c\\1"]
    {
        let stack = Stack::new();
        stack.set(&format!("SECURITY_EMAIL={hostile}\n"));
        let output = stack.run(&["prepare"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{hostile} is taken");
        assert!(said.contains("SECURITY_EMAIL in .env has a character that is not allowed"), "{said}");
        assert!(!stack.folder().join("pwned").exists(), "{hostile} was run");
        assert!(!stack.folder().join("generated/alertmanager.yml").exists(), "{hostile} was written");
    }
}

#[test]
fn each_setting_of_the_files_is_in_the_example() {
    let example = text("deploy/compose/.env.example");
    let known = |name: &str| example.lines().any(|line| line.starts_with(&format!("{name}=")));
    for file in ["compose.yml", "compose.override.yml", "docker-compose.production.yml"] {
        for rest in text(&format!("deploy/compose/{file}")).split("${").skip(1) {
            let name = rest.split([':', '}']).next().expect("a variable has a name");
            assert!(known(name), "{name} of {file}");
        }
    }
    // Those that the documents name.
    for name in [
        "SMTP_HOST",
        "SMTP_FROM",
        "SMTP_USERNAME",
        "SMTP_PASSWORD",
        "SLACK_WEBHOOK_DEFAULT",
        "SLACK_WEBHOOK_SECURITY",
        "SLACK_WEBHOOK_PLATFORM",
        "SLACK_WEBHOOK_BUSINESS",
        "PAGERDUTY_SECURITY_KEY",
        "PAGERDUTY_PLATFORM_KEY",
        "PAGERDUTY_ESCALATION_KEY",
        "SECURITY_EMAIL",
        "PLATFORM_EMAIL",
        "BUSINESS_EMAIL",
        "COMPLIANCE_EMAIL",
        "ESCALATION_EMAIL",
    ] {
        assert!(known(name), "{name}");
    }
}

#[test]
fn commands_go_to_compose_and_no_password_is_printed() {
    let stack = Stack::new();
    let output = stack.run(&["up"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("compose up --detach\n"), "{said}");
    assert!(said.contains("http://127.0.0.1:3001 (admin, password in secrets/grafana_password.txt)"), "{said}");
    assert!(!said.contains(&stack.read("secrets/grafana_password.txt")), "{said}");
    let again = stack.run(&["restart"]);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("compose up --detach --force-recreate\n"), "{again:?}");
    for (command, wanted) in [("stop", "compose stop\n"), ("status", "compose ps\n")] {
        assert_eq!(String::from_utf8_lossy(&stack.run(&[command]).stdout), wanted);
    }
    assert_eq!(String::from_utf8_lossy(&stack.run(&["logs", "grafana"]).stdout), "compose logs grafana\n");
    let unknown = stack.run(&["pu"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).starts_with("start.sh: unknown command: pu."));
}

#[test]
fn every_script_passes_shellcheck() {
    let bundle = written();
    let scripts = FILES.iter().map(AssetFile::path);
    let scripts = scripts.filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "sh"));
    let paths: Vec<_> = scripts.map(|path| bundle.path().join(path)).collect();
    assert!(paths.len() >= 5, "{paths:?}");
    let output = Command::new("shellcheck").args(&paths).output().expect("apt-get install shellcheck");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
