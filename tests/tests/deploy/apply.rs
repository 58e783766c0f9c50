//! `apply.sh` makes the secrets that are missing, puts none into an argument, and applies a folder of kustomize.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::bundle::{text, written};

/// Writes down its arguments and what it reads. The Secrets that `EXISTING` names exist.
const KUBECTL: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$LOG/arguments"
case "$*" in
*"get secret"*) for last; do :; done; case " $EXISTING " in *" $last "*) exit 0 ;; *) exit 1 ;; esac ;;
*"create secret generic"*) cat >"$LOG/secret-$6" ;;
esac
"#;

struct Cluster {
    bundle: TempDir,
    log: TempDir,
}

impl Cluster {
    fn new() -> Self {
        let (bundle, log) = (written(), tempfile::tempdir().expect("the temporary directory can be written"));
        let program = log.path().join("kubectl");
        fs::write(&program, KUBECTL).expect("a directory of ours can be written");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a file of ours");
        Self { bundle, log }
    }

    fn apply(&self, folder: &str, existing: &str, env_file: &str) -> Output {
        let path = format!("{}:{}", self.log.path().display(), std::env::var("PATH").expect("there is a path"));
        let script = self.bundle.path().join("deploy/kubernetes/apply.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(folder).env("PATH", path).env("LOG", self.log.path());
        command.env("EXISTING", existing).env("ENV_FILE", env_file).output().expect("there is a shell")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.log.path().join(name)).unwrap_or_default()
    }
}

#[test]
fn the_password_is_new_and_in_no_argument() {
    let cluster = Cluster::new();
    let output = cluster.apply("base", "", "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let password = cluster.read("secret-grafana-admin");
    assert_eq!(password.len(), 32);
    assert!(!cluster.read("arguments").contains(&password));
    assert!(cluster.read("arguments").contains("apply --server-side -k base"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("The Secret monitoring-users is missing") && !said.contains(&password), "{said}");
}

#[test]
fn settings_become_a_secret_without_the_empty_ones() {
    let cluster = Cluster::new();
    let env = cluster.log.path().join("env");
    fs::write(&env, format!("{}SIEM_TOKEN=spoon\n", text("deploy/compose/.env.example"))).unwrap();
    let output = cluster.apply("overlays/small", "grafana-admin", env.to_str().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let settings = cluster.read("secret-monitoring-secrets");
    assert!(settings.ends_with("SIEM_TOKEN=spoon\n") && !settings.contains("SMTP_PASSWORD"), "{settings}");
    assert!(!cluster.read("arguments").contains("spoon"));
    assert_eq!(cluster.read("secret-grafana-admin"), "", "a Secret that exists is never changed");
    assert!(cluster.read("arguments").contains("apply --server-side -k overlays/small"));
}

#[test]
fn a_folder_without_objects_is_refused_before_anything_happens() {
    let cluster = Cluster::new();
    let output = cluster.apply("overlay/small", "", "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "apply.sh: overlay/small has no kustomization.yml\n");
    assert_eq!(cluster.read("arguments"), "");
}
