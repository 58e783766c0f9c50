//! Certificates made for tests. Most have no genuine signature; what reads them does not look at it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rcgen::{
    CertificateParams, DnType, Error, KeyIdMethod, PKCS_ED25519, PublicKeyData, SignatureAlgorithm, SigningKey,
};

/// A key that signs nothing.
struct NoKey;

impl PublicKeyData for NoKey {
    fn der_bytes(&self) -> &[u8] {
        &[7; 32]
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl SigningKey for NoKey {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(vec![9; 64])
    }
}

/// Makes a certificate in DER that holds from the first to the last of these seconds since 1970.
///
/// # Panics
///
/// When a year cannot stand in a certificate.
pub fn der(not_before: i64, not_after: i64) -> Vec<u8> {
    der_with(not_before, not_after, |_| ())
}

/// Makes a certificate likewise, with whatever else `change` puts in.
///
/// # Panics
///
/// When that cannot stand in a certificate.
pub fn der_with(not_before: i64, not_after: i64, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let moment = |seconds: i64| {
        let from_epoch = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { epoch - from_epoch } else { epoch + from_epoch }
    };
    let mut params = CertificateParams::default();
    params.not_before = moment(not_before);
    params.not_after = moment(not_after);
    // What is otherwise taken from a hash of the key.
    params.serial_number = Some(7_u64.into());
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![3; 20]);
    change(&mut params);
    params.self_signed(&NoKey).expect("a certificate can be made of this").der().to_vec()
}

/// Makes a certificate for a subject of this name.
pub fn der_of(subject: &str, not_before: i64, not_after: i64) -> Vec<u8> {
    der_with(not_before, not_after, |params| params.distinguished_name.push(DnType::CommonName, subject))
}

/// Writes DER as PEM.
pub fn pem(der: &[u8]) -> String {
    section("CERTIFICATE", der)
}

/// Writes bytes as a section of PEM.
pub fn section(title: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {title}-----\n");
    for line in bytes.chunks(48) {
        for group in line.chunks(3) {
            let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
            for place in 0..4 {
                let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
                text.push(if place <= group.len() { char::from(digit) } else { '=' });
            }
        }
        text.push('\n');
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "-----END {title}-----");
    text
}

/// Asks Python's OpenSSL when the first certificate of a PEM file begins and ceases to hold, in seconds since 1970.
///
/// # Panics
///
/// When there is no Python, or it cannot read the file.
pub fn openssl_dates(file: &Path) -> [i64; 2] {
    const ASK: &str = "import ssl, sys; found = ssl._ssl._test_decode_cert(sys.argv[1])
for key in ('notBefore', 'notAfter'): print(ssl.cert_time_to_seconds(found[key]))";
    let asked = Command::new("/usr/bin/python3").args(["-c", ASK]).arg(file).output();
    let asked = asked.unwrap_or_else(|error| panic!("python3 cannot be run ({error}): apt-get install python3"));
    let said = String::from_utf8_lossy(&asked.stdout);
    let dates: Vec<i64> = said.lines().filter_map(|line| line.parse().ok()).collect();
    dates.try_into().unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&asked.stderr)))
}

/// Makes a certificate, with a genuine signature, for `localhost` and its key, and returns the paths of both.
///
/// # Panics
///
/// When `openssl` cannot be run.
pub fn self_signed(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
    let [certificate, key] = ["certificate", "key"].map(|part| directory.join(format!("{name}.{part}.pem")));
    let output = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost".split(' '))
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap_or_else(|error| panic!("openssl cannot be run ({error}): apt-get install openssl"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (certificate, key)
}
