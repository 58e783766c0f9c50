//! Certificates that are replaced, moved and lost while they are watched.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use mme_metrics::certificate::{CERTIFICATE, CertificateName, CertificateReadError, CertificateWatch};
use mme_metrics::testing::Emission;
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::x509::{der, pem};
use tempfile::TempDir;

use super::{fails, file, holds, look};

fn write(path: &Path, not_before: i64, not_after: i64) {
    fs::write(path, pem(&der(not_before, not_after))).unwrap();
}

#[test]
fn a_renamed_file_replaces_the_old_one_and_nothing_of_that_stays() {
    let folder = TempDir::new().unwrap();
    let (path, next) = (folder.path().join("tls.crt"), folder.path().join("tls.crt.new"));
    write(&path, 10, 20);
    let watch = file("renamed", &path);
    let emission = Emission::new();
    emission.record(|| watch.look());
    for end in [90, 15, 400] {
        write(&next, 12, end);
        fs::rename(&next, &path).unwrap();
        emission.record(|| watch.look());
        holds(emission.expect(), "renamed", 12, end).only();
    }
}

#[test]
fn a_file_written_over_in_the_same_instant_and_size_is_seen() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.crt");
    write(&path, 1_000_000_000, 1_100_000_000);
    let watch = file("overwritten", &path);
    // Far more often than the clocks of file systems tick.
    for second in 1_100_000_001..1_100_000_050 {
        write(&path, 1_000_000_000, second);
        holds(look(&watch).expect(), "overwritten", 1_000_000_000, second).only();
    }
}

#[test]
fn a_secret_that_kubernetes_mounts_is_seen_when_its_link_turns() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    let version = |name: &str, end| {
        fs::create_dir(root.join(name)).unwrap();
        write(&root.join(name).join("tls.crt"), 10, end);
        fs::write(root.join(name).join("tls.key"), "a key").unwrap();
    };
    let turn_to = |name: &str| {
        symlink(name, root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
    };
    version("..2026_11_21", 100);
    turn_to("..2026_11_21");
    symlink("..data/tls.crt", root.join("tls.crt")).unwrap();
    symlink("..data/tls.key", root.join("tls.key")).unwrap();
    let watch = file("mounted_file", &root.join("tls.crt")).directory("mounted", root).unwrap();
    holds(holds(look(&watch).expect(), "mounted_file", 10, 100), "mounted", 10, 100).only();

    version("..2026_11_22", 900);
    turn_to("..2026_11_22");
    fs::remove_dir_all(root.join("..2026_11_21")).unwrap();
    holds(holds(look(&watch).expect(), "mounted_file", 10, 900), "mounted", 10, 900).only();
}

#[test]
fn files_come_to_a_directory_and_go() {
    let folder = TempDir::new().unwrap();
    let watch = CertificateWatch::new().directory("visited", folder.path()).unwrap();
    fails(look(&watch).expect(), "visited", CertificateReadError::Missing, 1).only();
    write(&folder.path().join("long.pem"), 10, 900);
    write(&folder.path().join("short.pem"), 20, 30);
    holds(look(&watch).expect(), "visited", 20, 30).only();
    fs::remove_file(folder.path().join("short.pem")).unwrap();
    holds(look(&watch).expect(), "visited", 10, 900).only();
    fs::remove_dir_all(folder.path()).unwrap();
    fails(look(&watch).expect(), "visited", CertificateReadError::Missing, 1).only();
}

#[test]
fn what_cannot_be_read_has_no_expiry_and_is_counted_until_it_can() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.crt");
    write(&path, 10, 20);
    let watch = file("lost", &path);
    let emission = Emission::new();
    emission.record(|| watch.look());
    fs::remove_file(&path).unwrap();
    emission.record(|| (0..3).for_each(|_| watch.look()));
    fails(emission.expect(), "lost", CertificateReadError::Missing, 3).only();
    // Half of a file, as one sees it that is written in place.
    fs::write(&path, &pem(&der(10, 20))[..200]).unwrap();
    emission.record(|| watch.look());
    fails(
        fails(emission.expect(), "lost", CertificateReadError::Missing, 3),
        "lost",
        CertificateReadError::Malformed,
        1,
    )
    .only();
    write(&path, 11, 21);
    emission.record(|| watch.look());
    let expected = fails(holds(emission.expect(), "lost", 11, 21), "lost", CertificateReadError::Missing, 3);
    fails(expected, "lost", CertificateReadError::Malformed, 1).only();
    fs::remove_file(&path).unwrap();
    emission.record(|| watch.look());
    let text = emission.recorder().render(Format::Text);
    assert!(!text.contains("timestamp_seconds{certificate=\"lost\"}"), "{text}");
}

#[test]
fn the_readable_part_counts_and_the_rest_is_told() {
    let folder = TempDir::new().unwrap();
    write(&folder.path().join("good.pem"), 10, 20);
    fs::write(folder.path().join("bad.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    symlink("nowhere", folder.path().join("dangling.crt")).unwrap();
    let watch = CertificateWatch::new().directory("mixed", folder.path()).unwrap();
    let emission = look(&watch);
    let expected = fails(holds(emission.expect(), "mixed", 10, 20), "mixed", CertificateReadError::Malformed, 1);
    fails(expected, "mixed", CertificateReadError::Missing, 1).only();
}

#[test]
fn an_exposition_looks_and_its_errors_begin_at_zero() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.crt");
    write(&path, 10, 1_900_000_000);
    let recorder = Recorder::builder().collect(file("scraped", &path).collector()).build().unwrap();
    let text = recorder.render(Format::Text);
    assert!(text.contains("certificate_not_after_timestamp_seconds{certificate=\"scraped\"} 1900000000\n"), "{text}");
    assert!(
        text.contains("certificate_read_errors_total{certificate=\"scraped\",error_type=\"denied\"} 0\n"),
        "{text}"
    );
    write(&path, 10, 2_000_000_000);
    let text = recorder.render(Format::Text);
    assert!(text.contains("certificate_not_after_timestamp_seconds{certificate=\"scraped\"} 2000000000\n"), "{text}");
}

#[test]
fn a_service_can_tell_and_take_back_what_it_knows_itself() {
    let name = CertificateName::register("told").unwrap();
    let emission = Emission::new();
    emission.record(|| name.set_validity(mme_metrics::certificate::Validity::new(5, 6)));
    holds(emission.expect(), "told", 5, 6).only();
    emission.record(|| name.clear_validity());
    emission.expect().only();
    assert_eq!(CERTIFICATE.not_after.spec().name, "certificate_not_after_timestamp_seconds");
}
