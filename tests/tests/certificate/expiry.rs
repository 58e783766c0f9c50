//! Expiry times are exact to the second for every kind of certificate.

use std::fs;

use mme_metrics::certificate::{CertificateReadError, CertificateWatch, Validity};
use mme_metrics_tests::recorders::on_both;
use mme_metrics_tests::x509::{der, der_of, der_with, openssl_dates, pem, section};
use rustls_pki_types::CertificateDer;
use tempfile::TempDir;

use super::{file, holds, look};

/// Periods at the edges of what a certificate can say: 1950 and 2049 are the ends of two-digit years, 9999 of four-digit ones.
const PERIODS: [(i64, i64); 8] = [
    // The whole of 1950.
    (-631_152_000, -599_616_001),
    // Expired long ago, and a second before 1970.
    (-1_000_000_000, -1),
    (0, 1),
    (1_500_000_000, 1_600_000_001),
    // Around the end of 32 bits.
    (1_700_000_000, 2_147_483_648),
    // The last second of 2049, and the first of 2050.
    (1_700_000_000, 2_524_607_999),
    (1_700_000_000, 2_524_608_000),
    // 2100 until the last second of 9999.
    (4_102_444_800, 253_402_300_799),
];

#[test]
fn a_certificate_ends_in_the_second_that_openssl_says() {
    let folder = TempDir::new().unwrap();
    for (not_before, not_after) in PERIODS {
        let path = folder.path().join("edge.pem");
        fs::write(&path, pem(&der(not_before, not_after))).unwrap();
        assert_eq!(openssl_dates(&path), [not_before, not_after]);
        holds(look(&file("edge", &path)).expect(), "edge", not_before, not_after).only();
    }
}

#[test]
fn pem_and_der_read_the_same_from_files_and_from_bytes() {
    let folder = TempDir::new().unwrap();
    let (der, path) = (der(10, 20), folder.path().join("tls"));
    for content in [der.clone(), pem(&der).into_bytes(), [der.clone(), der.clone()].concat()] {
        fs::write(&path, &content).unwrap();
        holds(look(&file("forms", &path)).expect(), "forms", 10, 20).only();
        assert_eq!(Validity::of_bytes(&content), Ok(Validity::new(10, 20)));
    }
    assert_eq!(Validity::of_der(&der), Ok(Validity::new(10, 20)));
    assert_eq!(Validity::of_der(&[der.clone(), der].concat()), Err(CertificateReadError::Malformed));
}

#[test]
fn keys_text_and_line_ends_beside_a_certificate_are_passed_over() {
    let key = section("PRIVATE KEY", b"not for anybody");
    let text = format!("0 s:/CN=me\nBag Attributes\n{key}{}trailing", pem(&der(10, 20)));
    assert_eq!(Validity::of_bytes(text.as_bytes()), Ok(Validity::new(10, 20)));
    assert_eq!(Validity::of_bytes(text.replace('\n', "\r\n").as_bytes()), Ok(Validity::new(10, 20)));
    assert_eq!(Validity::of_bytes(key.as_bytes()), Err(CertificateReadError::Missing));
}

#[test]
fn a_chain_holds_while_all_of_it_does_and_a_leaf_by_itself() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("fullchain.pem");
    fs::write(&path, [pem(&der(20, 90)), pem(&der(5, 50)), pem(&der(1, 99))].concat()).unwrap();
    let watch = file("chain", &path).leaf("leaf", &path).unwrap();
    holds(holds(look(&watch).expect(), "chain", 20, 50), "leaf", 20, 90).only();
}

#[test]
fn what_an_acceptor_serves_is_asked_for_each_time() {
    use std::sync::{Arc, Mutex};
    let served: Arc<Mutex<Vec<CertificateDer<'static>>>> = Arc::default();
    let asked = Arc::clone(&served);
    let watch = CertificateWatch::new().chain("served", move || asked.lock().unwrap().clone()).unwrap();
    super::fails(look(&watch).expect(), "served", CertificateReadError::Missing, 1).only();
    for end in [90, 30] {
        *served.lock().unwrap() = vec![CertificateDer::from(der(10, end)), CertificateDer::from(der(1, 60))];
        holds(look(&watch).expect(), "served", 10, end.min(60)).only();
    }
}

#[test]
fn a_certificate_without_names_reads_like_one_with_ten_thousand() {
    let nameless = der_with(10, 20, |params| params.distinguished_name = rcgen::DistinguishedName::new());
    let crowd: Result<Vec<_>, _> = (0..10_000).map(|number| format!("{number}.example").try_into()).collect();
    let crowd = crowd.unwrap();
    let crowded = der_with(10, 20, |params| {
        params.subject_alt_names = crowd.into_iter().map(rcgen::SanType::DnsName).collect();
    });
    assert!(crowded.len() > 100_000);
    for der in [nameless, crowded] {
        assert_eq!(Validity::of_der(&der), Ok(Validity::new(10, 20)));
    }
}

#[test]
fn ten_thousand_subjects_are_one_series() {
    let folder = TempDir::new().unwrap();
    let bundle: String =
        (0..10_000).map(|number| pem(&der_of(&format!("subject-{number}"), 10, 20_000 - number))).collect();
    let path = folder.path().join("bundle.pem");
    fs::write(&path, bundle).unwrap();
    let emission = look(&file("bundle", &path));
    holds(emission.expect(), "bundle", 10, 10_001).only();
    assert!(!emission.recorder().render(mme_metrics::Format::Text).contains("subject-"));
}

#[test]
fn a_directory_holds_while_all_of_its_certificates_do() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    write("a.pem", pem(&der(10, 90)).as_bytes());
    write("B.CRT", pem(&der(20, 80)).as_bytes());
    write("c.der", &der(5, 70));
    // No certificates, or none that are asked for.
    write("privkey.pem", section("PRIVATE KEY", b"secret").as_bytes());
    write(".hidden.pem", pem(&der(1, 2)).as_bytes());
    write("d.key", b"rubbish");
    write("readme.txt", b"rubbish");
    fs::create_dir(folder.path().join("old.pem")).unwrap();
    let watch = CertificateWatch::new().directory("partners", folder.path()).unwrap();
    holds(look(&watch).expect(), "partners", 20, 70).only();
}

#[test]
fn both_recorders_export_the_same_seconds() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.pem");
    fs::write(&path, pem(&der(1_700_000_000, 253_402_300_799))).unwrap();
    let watch = file("both", &path);
    on_both(
        &[],
        || watch.look(),
        |recorder, samples| {
            let end = samples.value("certificate_not_after_timestamp_seconds{certificate=\"both\"}");
            assert_eq!(end as i64, 253_402_300_799, "{recorder}");
        },
    );
}
