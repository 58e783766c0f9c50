//! `completions` and `man`.

use std::path::Path;
use std::process::Command;

use mme_metrics_tests::command::run;

#[test]
fn bash_can_read_its_completions_and_every_shell_has_some() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(directory.path(), ["completions", shell]);
        assert!(ran.code == Some(0) && ran.out.contains("cardinality"), "{shell}: {ran:?}");
        if shell == "bash" {
            let script = directory.path().join("completions");
            std::fs::write(&script, ran.out).expect("a file");
            let checked = Command::new("bash").arg("-n").arg(script).output().expect("bash is there");
            assert!(checked.status.success(), "{checked:?}");
        }
    }
    assert_eq!(run(directory.path(), ["completions", "cmd"]).code, Some(2));
}

#[test]
fn each_command_has_a_page() {
    let page = run(Path::new("."), ["man"]);
    assert!(page.code == Some(0) && page.out.contains(".TH mme-metrics 1"), "{page:?}");
    let page = run(Path::new("."), ["man", "assets", "export"]);
    assert!(page.code == Some(0) && page.out.contains(".TH mme-metrics-assets-export 1"), "{page:?}");
    for option in ["layout", "pushed", "histograms"] {
        assert!(page.out.contains(&format!("\\-\\-{option}")), "{page:?}");
    }
    let unknown = run(Path::new("."), ["man", "assets", "exports"]);
    assert!(unknown.code == Some(2) && unknown.err.contains("unknown command \"exports\""), "{unknown:?}");
}
