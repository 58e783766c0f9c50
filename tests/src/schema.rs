//! Validators of deployment files: the schema of the Compose Specification and those of the API of Kubernetes.

use std::path::{Path, PathBuf};

use crate::environment;

/// Returns what the schema of the Compose Specification says against files; empty if nothing.
///
/// # Panics
///
/// When the validator cannot be installed, with what to do.
#[track_caller]
pub fn compose_findings(files: &[PathBuf]) -> String {
    findings("check-jsonschema", &["--builtin-schema", "vendor.compose-spec"], files)
}

/// Returns what the schemas of the API of Kubernetes say against files; empty if nothing. A field that they do not know is a
/// finding, and so is a kind.
///
/// # Panics
///
/// When the validator cannot be installed, with what to do.
#[track_caller]
pub fn kubernetes_findings(files: &[PathBuf]) -> String {
    findings("kubernetes-validate", &["--strict", "--quiet"], files)
}

#[track_caller]
fn findings(program: &str, options: &[&str], files: &[PathBuf]) -> String {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/deploy/requirements.txt");
    let program = environment::programs("deployment-schemas", &requirements).join(program);
    let output = environment::run(&program, options, |command| command.args(files));
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return String::new();
    }
    assert!(!said.trim().is_empty(), "{} fails without a reason: {}", program.display(), output.status);
    said.trim().to_owned()
}
