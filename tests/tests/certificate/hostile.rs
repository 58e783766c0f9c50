//! Hostile certificates and paths cause no panic, no hang, no growth and no leak of their contents.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;

use fastrand::Rng;
use mme_metrics::Format;
use mme_metrics::certificate::{CertificateReadError, CertificateWatch, Validity};
use mme_metrics_tests::x509::{der, der_with, pem, section};
use rcgen::{DnType, SanType};
use tempfile::TempDir;

use super::{fails, file, holds, look};

/// What must never be seen anywhere.
const CANARIES: [&str; 6] = [
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
    "canary@example.com",
    "203.0.113.77",
    "2001:db8::bad:cafe",
    "4111 1111 1111 1111",
    "hunter2-canary-password",
];

/// Flips, cuts, repeats, inserts, and breaks lengths.
fn mutate(der: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..=random.usize(..4) {
        let at = random.usize(..der.len());
        match random.usize(..7) {
            0 => der[at] ^= 1 << random.u8(..8),
            1 => der[at] = random.u8(..),
            2 => der.truncate(at.max(1)),
            3 => der.insert(at, [0x30, 0x80, 0x84, 0xff, 0x00][random.usize(..5)]),
            4 => _ = der.remove(at),
            5 => {
                let end = (at + random.usize(..40)).min(der.len());
                let part = der[at..end].to_vec();
                der.splice(at..at, part);
            }
            _ => der[at..].iter_mut().take(4).for_each(|byte| *byte = 0xff),
        }
        if der.is_empty() {
            der.push(0x30);
        }
    }
}

#[test]
fn a_hundred_thousand_broken_certificates_are_errors_or_periods() {
    let rich = der_with(1_600_000_000, 1_900_000_000, |params| {
        params.subject_alt_names = vec![SanType::Rfc822Name("a@b.example".try_into().unwrap())];
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(3));
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        params.crl_distribution_points = vec![rcgen::CrlDistributionPoint { uris: vec!["http://a/".to_owned()] }];
    });
    let mut random = Rng::with_seed(2026);
    let mut read = 0_u32;
    for _ in 0..100_000 {
        let mut broken = rich.clone();
        mutate(&mut broken, &mut random);
        match Validity::of_bytes(&broken) {
            // Whatever stands there, it is a moment that a certificate can name.
            Ok(validity) => {
                read += 1;
                assert!(validity.not_after().unsigned_abs() < 400_000_000_000, "{validity:?}");
            }
            Err(error) => {
                assert!(matches!(error, CertificateReadError::Malformed | CertificateReadError::Missing), "{error:?}")
            }
        }
    }
    // Most changes are fatal, and some only hit a name or the signature.
    assert!((1_000..90_000).contains(&read), "{read}");
}

#[test]
fn a_chain_of_ten_mebibytes_is_read_to_its_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("chain.pem");
    let long = pem(&der_with(10, 5_000, |params| {
        params.distinguished_name.push(DnType::OrganizationName, "x".repeat(4_000));
    }));
    let mut chain = String::new();
    while chain.len() < 10 << 20 {
        chain.push_str(&long);
    }
    chain.push_str(&pem(&der(20, 30)));
    fs::write(&path, chain).unwrap();
    holds(look(&file("long", &path)).expect(), "long", 20, 30).only();
}

#[test]
fn what_is_larger_than_any_certificate_is_not_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("large.pem");
    // Sparse: it takes no room on the disk.
    File::create(&path).unwrap().set_len(1 << 40).unwrap();
    fails(look(&file("large", &path)).expect(), "large", CertificateReadError::TooLarge, 1).only();

    let crowd = TempDir::new().unwrap();
    (0..10_001).for_each(|number| drop(File::create(crowd.path().join(format!("{number}.pem"))).unwrap()));
    let watch = CertificateWatch::new().directory("crowd", crowd.path()).unwrap();
    fails(look(&watch).expect(), "crowd", CertificateReadError::TooLarge, 1).only();
}

#[test]
fn a_large_directory_is_read_look_by_look() {
    let folder = TempDir::new().unwrap();
    // Each takes 15 MiB to read and has one certificate; the earliest may be any of them.
    let padding = "# padding\n".repeat((15 << 20) / 10);
    for number in 0..6 {
        fs::write(folder.path().join(format!("{number}.pem")), format!("{padding}{}", pem(&der(1, 10 + number))))
            .unwrap();
    }
    let watch = CertificateWatch::new().directory("heavy", folder.path()).unwrap();
    let text = look(&watch).recorder().render(Format::Text);
    // Four fit into what is read at one time.
    assert!(
        text.contains("certificate_read_errors_total{certificate=\"heavy\",error_type=\"too_large\"} 2\n"),
        "{text}"
    );
}

#[test]
fn what_is_no_file_is_not_opened() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe.pem");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("`mkfifo` is missing: install it with `apt-get install coreutils`").success());
    symlink("loop.pem", folder.path().join("loop.pem")).unwrap();
    let watch = file("pipe", &pipe)
        .file("loop", folder.path().join("loop.pem"))
        .and_then(|watch| watch.file("folder", folder.path()))
        .and_then(|watch| watch.file("device", "/dev/zero"))
        .and_then(|watch| watch.directory("no_folder", "/dev/null"))
        .unwrap();
    let emission = look(&watch);
    let mut expected = emission.expect();
    for name in ["pipe", "loop", "folder", "device"] {
        expected = fails(expected, name, CertificateReadError::Unreadable, 1);
    }
    fails(expected, "no_folder", CertificateReadError::Missing, 1).only();
}

#[test]
fn an_empty_file_a_key_and_rubbish_are_malformed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.pem");
    let unended = "-----BEGIN CERTIFICATE-----\n".repeat(10_000);
    for rubbish in ["", "rubbish", &section("EC PRIVATE KEY", b"secret"), "-----BEGIN CERTIFICATE-----", &unended] {
        fs::write(&path, rubbish).unwrap();
        fails(look(&file("rubbish", &path)).expect(), "rubbish", CertificateReadError::Malformed, 1).only();
    }
    let nested = [0x30, 0x80].repeat(1 << 20);
    assert_eq!(Validity::of_bytes(&nested), Err(CertificateReadError::Malformed));
    // The same tag in another class.
    let mut other = der(10, 20);
    other[0] = 0x70;
    assert_eq!(Validity::of_der(&other), Err(CertificateReadError::Malformed));
    assert_eq!(Validity::of_chain([&other]), Err(CertificateReadError::Malformed));
}

#[test]
fn a_chain_whose_source_panics_does_not_stop_the_others() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("tls.pem"), pem(&der(10, 20))).unwrap();
    let panics = || -> Vec<Vec<u8>> { panic!("on purpose") };
    let watch = CertificateWatch::new().chain("panics", panics).unwrap();
    let watch = watch.file("beside", folder.path().join("tls.pem")).unwrap();
    let emission = look(&watch);
    let expected = fails(emission.expect(), "panics", CertificateReadError::Unreadable, 1);
    holds(expected, "beside", 10, 20).only();
}

#[test]
fn nothing_that_stands_in_a_certificate_is_seen_anywhere() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.pem");
    let secret = der_with(10, 20, |params| {
        for (kind, canary) in
            [DnType::CommonName, DnType::OrganizationName, DnType::LocalityName].into_iter().zip(CANARIES)
        {
            params.distinguished_name.push(kind, canary);
        }
        params.subject_alt_names =
            CANARIES[..2].iter().map(|canary| SanType::URI((*canary).try_into().unwrap())).collect();
    });
    let key = section("PRIVATE KEY", CANARIES.concat().as_bytes());
    fs::write(&path, format!("{}\n{key}{}{}", CANARIES.join("\n"), pem(&secret), &pem(&secret)[..300])).unwrap();
    let (watch, name) = (file("canary", &path), mme_metrics::certificate::CertificateName::find(CANARIES[1]));
    let emission = look(&watch);
    let errors = CANARIES.map(|canary| format!("{:?} {name:?}", Validity::of_bytes(canary.as_bytes())));
    let seen = format!(
        "{}{}{watch:?}{errors:?}",
        emission.recorder().render(Format::Text),
        emission.recorder().render(Format::OpenMetrics)
    );
    for canary in CANARIES.into_iter().chain(["ODMxNTIwMD", "Y2FuYXJ5"]) {
        assert!(!seen.contains(canary), "{canary} in {seen}");
    }
    assert!(seen.contains("certificate=\"canary\""), "{seen}");
}

#[test]
fn a_name_that_cannot_be_a_label_or_comes_twice_is_refused_at_set_up() {
    let watch = || CertificateWatch::new().file("twice", "/a").unwrap();
    let again = watch().file("twice", "/b").unwrap_err().to_string();
    assert_eq!(again, "two certificates are watched as `twice`: give one of them another name");
    for name in ["", "_other", "_overflow", "a\nb", &"x".repeat(129)] {
        assert!(watch().directory(name, "/a").is_err(), "{name:?}");
    }
}
