//! Reads the period of validity out of certificates. Nothing is verified, and nothing else of them is looked at.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::label::CertificateReadError;
use super::validity::Validity;

/// The first byte of a certificate in DER: the tag of a sequence.
const SEQUENCE: u8 = 0x30;

/// How much of a file or chain counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Every certificate in it.
    All,
    /// The first one, which in a chain is the one that the others vouch for.
    First,
}

/// What could be read, and how often which part could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) validity: Option<Validity>,
    errors: [u32; CertificateReadError::ALL.len()],
}

impl Reading {
    pub(super) fn failed(error: CertificateReadError) -> Self {
        let mut reading = Self::default();
        reading.fail(error);
        reading
    }

    pub(super) fn fail(&mut self, error: CertificateReadError) {
        self.errors[error as usize] += 1;
    }

    /// Returns how often that went wrong.
    pub(super) fn errors(&self, error: CertificateReadError) -> u64 {
        self.errors[error as usize].into()
    }

    /// Takes in another part of the same thing.
    pub(super) fn add(&mut self, other: Self) {
        if let Some(validity) = other.validity {
            self.hold(validity);
        }
        self.errors.iter_mut().zip(other.errors).for_each(|(sum, more)| *sum += more);
    }

    /// Says whether there was no certificate at all, not even a broken one.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn hold(&mut self, validity: Validity) {
        self.validity = Some(self.validity.map_or(validity, |held| held.and(validity)));
    }

    /// Takes in one certificate; one that is broken is told once for all of them.
    fn take(&mut self, certificate: Result<Validity, CertificateReadError>) {
        match certificate {
            Ok(validity) => self.hold(validity),
            Err(error) => self.errors[error as usize] = 1,
        }
    }

    /// Returns the period, unless any part could not be read.
    fn whole(self) -> Result<Validity, CertificateReadError> {
        match CertificateReadError::ALL.into_iter().find(|error| self.errors(*error) > 0) {
            Some(error) => Err(error),
            None => self.validity.ok_or(CertificateReadError::Missing),
        }
    }
}

/// Reads what a file holds: PEM with anything else around and between, or DER.
pub(super) fn content(bytes: &[u8], which: Which) -> Reading {
    let mut reading = Reading::default();
    let mut certificates = certificates(bytes);
    match which {
        Which::All => certificates.for_each(|certificate| reading.take(certificate)),
        Which::First => certificates.next().into_iter().for_each(|certificate| reading.take(certificate)),
    }
    reading
}

fn certificates(bytes: &[u8]) -> Box<dyn Iterator<Item = Result<Validity, CertificateReadError>> + '_> {
    // The tag of a sequence, which is the digit 0 in a text too, and a length of several bytes, which no text has.
    if matches!(bytes, [SEQUENCE, 0x80..=0xff, ..]) {
        let mut rest = bytes;
        return Box::new(std::iter::from_fn(move || (!rest.is_empty()).then(|| der(&mut rest))));
    }
    Box::new(CertificateDer::pem_slice_iter(bytes).map(|section| {
        let section = section.map_err(|_| CertificateReadError::Malformed)?;
        Validity::of_der(&section)
    }))
}

/// Reads one certificate off the beginning of `bytes`; all of them if it is broken, since nothing says where the next begins.
fn der(bytes: &mut &[u8]) -> Result<Validity, CertificateReadError> {
    // The parser looks at the number of the tag alone, which other classes of tags have too.
    let parsed = X509Certificate::from_der(bytes).ok().filter(|_| bytes.first() == Some(&SEQUENCE));
    let (rest, certificate) = parsed.ok_or(CertificateReadError::Malformed).inspect_err(|_| *bytes = &[])?;
    *bytes = rest;
    let validity = certificate.validity();
    Ok(Validity::new(validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// With the feature `certificate`.
impl Validity {
    /// Reads one certificate in DER.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Malformed`] when `bytes` are anything but one certificate.
    pub fn of_der(bytes: &[u8]) -> Result<Self, CertificateReadError> {
        let mut rest = bytes;
        let validity = der(&mut rest)?;
        if rest.is_empty() { Ok(validity) } else { Err(CertificateReadError::Malformed) }
    }

    /// Reads every certificate in PEM or DER, and returns the period in which all hold. Keys and text beside them are passed
    /// over.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Missing`] when there is no certificate, [`CertificateReadError::Malformed`] when one is broken.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, CertificateReadError> {
        content(bytes, Which::All).whole()
    }

    /// Reads a chain as TLS libraries keep it, one certificate in DER each, and returns the period in which all hold.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Missing`] when it is empty, [`CertificateReadError::Malformed`] when a certificate is broken.
    ///
    /// # Examples
    ///
    /// ```
    /// use mme_metrics::certificate::{CertificateReadError, Validity};
    /// use rustls_pki_types::CertificateDer;
    ///
    /// let chain: Vec<CertificateDer<'_>> = vec![CertificateDer::from_slice(b"no certificate")];
    /// assert_eq!(Validity::of_chain(&chain), Err(CertificateReadError::Malformed));
    /// ```
    pub fn of_chain<C>(chain: C) -> Result<Self, CertificateReadError>
    where
        C: IntoIterator<Item: AsRef<[u8]>>,
    {
        of_chain(chain).whole()
    }
}

/// Reads a chain as TLS libraries keep it.
pub(super) fn of_chain<C>(chain: C) -> Reading
where
    C: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut reading = Reading::default();
    chain.into_iter().for_each(|certificate| reading.take(Validity::of_der(certificate.as_ref())));
    reading
}
