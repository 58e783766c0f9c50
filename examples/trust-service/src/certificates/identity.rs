//! The service's own certificate: a file that operators provide, or one that the service issues to itself and renews.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use mme_metrics::certificate::CertificateOperation;
use mme_metrics::instrument_metrics;
use rcgen::{CertificateParams, Error, KeyIdMethod, PKCS_ED25519, PublicKeyData, SignatureAlgorithm};

use crate::clock;

/// Time after which the demo renews the certificate, so that a rotation can be observed.
const DEMO_LIFE: Duration = Duration::from_secs(20);

/// Validity of a self-issued certificate, in days.
const DAYS: i64 = 90;

/// The location of the certificate.
#[derive(Debug)]
pub(crate) struct Identity {
    path: PathBuf,
    /// The directory of a self-issued certificate, which is removed when the service ends.
    folder: Option<tempfile::TempDir>,
}

impl Identity {
    /// Uses the certificate in the file at `path`, or issues one.
    pub(crate) fn open(path: Option<PathBuf>) -> io::Result<Self> {
        if let Some(path) = path {
            return Ok(Self { path, folder: None });
        }
        let folder = tempfile::tempdir()?;
        let identity = Self { path: folder.path().join("tls.crt"), folder: Some(folder) };
        identity.renew()?;
        Ok(identity)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Renews a self-issued certificate periodically.
    pub(crate) async fn keep_renewing(&self) {
        while self.folder.is_some() {
            tokio::time::sleep(DEMO_LIFE).await;
            if let Err(error) = self.renew() {
                tracing::warn!(%error, "the service's certificate was not renewed");
            }
        }
    }

    /// Replaces the certificate by a new one. The file is complete at every moment.
    #[instrument_metrics(record = CertificateOperation::Renewal)]
    fn renew(&self) -> io::Result<()> {
        let next = self.path.with_extension("new");
        fs::write(&next, make().map_err(io::Error::other)?)?;
        fs::rename(&next, &self.path)
    }
}

/// Issues a certificate with a new key, which is not stored.
#[instrument_metrics(record = CertificateOperation::Issuance)]
fn make() -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut secret = [0; ed25519_dalek::SECRET_KEY_LENGTH];
    getrandom::fill(&mut secret)?;
    let key = Key::of(&secret);
    let mut params = CertificateParams::new(["trust-service.example".to_owned()])?;
    let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(clock::now())?);
    params.not_before = now;
    params.not_after = now + Duration::from_secs(u64::try_from(DAYS * clock::DAY)?);
    params.serial_number = Some(key.public[20..28].to_vec().into());
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.public[..20].to_vec());
    let made = params.self_signed(&key)?;
    let lines: Vec<String> = BASE64_STANDARD.encode(made.der()).as_bytes().chunks(64).map(text).collect();
    Ok(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

/// The key of a self-signed certificate.
struct Key {
    signing: SigningKey,
    public: [u8; ed25519_dalek::PUBLIC_KEY_LENGTH],
}

impl Key {
    fn of(secret: &[u8; ed25519_dalek::SECRET_KEY_LENGTH]) -> Self {
        let signing = SigningKey::from_bytes(secret);
        Self { public: signing.verifying_key().to_bytes(), signing }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.signing.sign(message).to_bytes().to_vec())
    }
}
