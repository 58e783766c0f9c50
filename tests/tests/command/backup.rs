//! `backup`: what was backed up answers the same queries, and a damaged backup is refused.

use std::fs;
use std::path::Path;

use mme_metrics_tests::command::{Ran, run};
use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::promtool::check_metrics;
use tempfile::TempDir;

fn create(directory: &Path, prometheus: &Prometheus) -> Ran {
    let options = ["--data", "data", "--out", "backups", "--textfile", "backup.prom"];
    run(directory, ["backup", "create", "--prometheus", prometheus.url()].iter().chain(&options))
}

/// A directory with a Prometheus that has samples, and the name of a backup of it.
fn backed_up() -> (TempDir, Prometheus, String) {
    let directory = TempDir::new().expect("a temporary directory");
    let prometheus = Prometheus::setup().data(directory.path().join("data")).scrape_itself();
    let prometheus = prometheus.flag("--web.enable-admin-api").start();
    prometheus.wait_for("count_over_time(up[1h]) > 1", |samples| !samples.is_empty());
    let ran = create(directory.path(), &prometheus);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let name = ran.out.split(':').next().expect("it names the backup").to_owned();
    (directory, prometheus, name)
}

#[test]
fn a_restored_prometheus_answers_as_before() {
    let (directory, prometheus, backup) = backed_up();
    let path = directory.path();
    assert_eq!(fs::read_dir(path.join("data/snapshots")).expect("a directory").count(), 0, "the snapshot is removed");
    let metrics = fs::read_to_string(path.join("backup.prom")).expect("it was written");
    check_metrics(&metrics);
    assert!(metrics.contains("backup_last_success_timestamp_seconds{backup=\"prometheus\"} "), "{metrics}");
    let whole = run(path, ["backup", "verify", &backup]);
    assert_eq!((whole.code, whole.out.trim()), (Some(0), format!("{backup} is whole").as_str()));
    // The last sample that the snapshot is sure to have is older than now, so the earliest one is compared.
    let first = "min_over_time(timestamp(up)[1h:1s])";
    let before = prometheus.query(first);
    drop(prometheus);
    let restored = run(path, ["backup", "restore", &backup, "--data", "restored"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let prometheus = Prometheus::setup().data(path.join("restored")).start();
    let after = prometheus.query(first);
    assert!(!before.is_empty());
    assert_eq!(before[0].value, after[0].value);
    let again = run(path, ["backup", "restore", &backup, "--data", "restored"]);
    assert!(again.code == Some(2) && again.err.contains("restored is not empty"), "{again:?}");
}

#[test]
fn a_backup_that_was_cut_off_changed_or_added_to_is_refused() {
    let (directory, _prometheus, backup) = backed_up();
    let path = directory.path();
    let root = path.join(&backup);
    let block = fs::read_dir(&root)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.is_dir());
    let index = block.expect("it has a block").join("index");
    let original = fs::read(&index).expect("a file");
    let mut flipped = original.clone();
    flipped[100] ^= 1;
    let list = fs::read(root.join("backup.json")).expect("a file");
    let refused = |said: &str| {
        let verified = run(path, ["backup", "verify", &backup]);
        let restored = run(path, ["backup", "restore", &backup, "--data", "restored"]);
        assert!(matches!(verified.code, Some(1 | 2)) && format!("{verified:?}").contains(said), "{said}: {verified:?}");
        assert!(restored.code == Some(2) && restored.err.contains(said), "{said}: {restored:?}");
        assert!(!path.join("restored").exists());
    };
    fs::write(&index, &flipped).expect("a file");
    refused("was changed or cut off");
    fs::write(&index, &original[..original.len() / 2]).expect("a file");
    refused("was changed or cut off");
    fs::remove_file(&index).expect("a file");
    refused("is missing");
    fs::write(&index, &original).expect("a file");
    fs::write(root.join("more"), "").expect("a file");
    refused("more is not part of the backup");
    fs::remove_file(root.join("more")).expect("a file");
    for (text, said) in [
        ("{\"files\":{\"../../x\":{\"bytes\":0,\"sha256\":\"\"}}}", "leads out of the backup"),
        ("{\"files\":", "is damaged"),
    ] {
        fs::write(root.join("backup.json"), text).expect("a file");
        refused(said);
    }
    fs::write(root.join("backup.json"), list).expect("a file");
    assert_eq!(run(path, ["backup", "verify", &backup]).code, Some(0));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc", root.join("link")).expect("a link");
        refused("is neither a file nor a directory");
    }
}

#[test]
fn what_cannot_be_backed_up_is_named() {
    let (directory, prometheus, _) = backed_up();
    let path = directory.path();
    for (arguments, said) in [
        (["--prometheus", prometheus.url(), "--data", "elsewhere", "--out", "backups"], "--data has to be"),
        (
            ["--prometheus", "http://me:secret@127.0.0.1:1", "--data", "data", "--out", "backups"],
            "cannot read http://127.0.0.1:1: ",
        ),
        (["--prometheus", prometheus.url(), "--data", "data", "--out", "backup.prom"], "cannot create backup.prom"),
        (["--prometheus", prometheus.url(), "--out", "backups", "--name", "a b"], "use 1 to 64 letters"),
    ] {
        let ran = run(path, ["backup", "create"].iter().chain(&arguments));
        assert!(ran.code == Some(2) && ran.err.contains(said) && !ran.err.contains("secret"), "{ran:?}");
    }
    let ran = run(path, ["backup", "restore", "nowhere", "--data", "restored"]);
    assert!(ran.code == Some(2) && ran.err.contains("nowhere is not a backup"), "{ran:?}");
}
