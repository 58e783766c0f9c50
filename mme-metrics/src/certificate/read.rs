//! Parsing of validity periods from certificates in PEM or DER. It verifies nothing and ignores every other field.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::label::CertificateReadError;
use super::validity::Validity;

/// The first byte of a certificate in DER: the tag of a sequence.
const SEQUENCE: u8 = 0x30;

/// Which certificates of a file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Every certificate.
    All,
    /// The first certificate. In a chain it is the leaf, which the others vouch for.
    First,
}

/// The result of reading certificates: their common validity period, and the number of errors by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReadSummary {
    pub(super) validity: Option<Validity>,
    errors: [u32; CertificateReadError::ALL.len()],
}

impl ReadSummary {
    pub(super) fn failed(error: CertificateReadError) -> Self {
        let mut summary = Self::default();
        summary.fail(error);
        summary
    }

    pub(super) fn fail(&mut self, error: CertificateReadError) {
        self.errors[error as usize] += 1;
    }

    /// Returns how often reading failed with `error`.
    pub(super) fn errors(&self, error: CertificateReadError) -> u64 {
        self.errors[error as usize].into()
    }

    /// Merges the summary of another part of the same source.
    pub(super) fn add(&mut self, other: Self) {
        if let Some(validity) = other.validity {
            self.hold(validity);
        }
        self.errors.iter_mut().zip(other.errors).for_each(|(sum, more)| *sum += more);
    }

    /// Returns `true` if there was no certificate at all, not even a broken one.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn hold(&mut self, validity: Validity) {
        self.validity = Some(self.validity.map_or(validity, |held| held.and(validity)));
    }

    /// Adds one certificate. However many certificates are broken, each reason counts once.
    fn take(&mut self, certificate: Result<Validity, CertificateReadError>) {
        match certificate {
            Ok(validity) => self.hold(validity),
            Err(error) => self.errors[error as usize] = 1,
        }
    }

    /// Returns the period if every certificate could be read.
    fn whole(self) -> Result<Validity, CertificateReadError> {
        match CertificateReadError::ALL.into_iter().find(|error| self.errors(*error) > 0) {
            Some(error) => Err(error),
            None => self.validity.ok_or(CertificateReadError::Missing),
        }
    }
}

/// Reads the content of a file: DER, or PEM with any other text around and between the certificates.
pub(super) fn content(bytes: &[u8], which: Which) -> ReadSummary {
    let mut summary = ReadSummary::default();
    let mut certificates = certificates(bytes);
    match which {
        Which::All => certificates.for_each(|certificate| summary.take(certificate)),
        Which::First => certificates.next().into_iter().for_each(|certificate| summary.take(certificate)),
    }
    summary
}

fn certificates(bytes: &[u8]) -> Box<dyn Iterator<Item = Result<Validity, CertificateReadError>> + '_> {
    // The tag of a sequence is also the digit `0` in a text, but no text goes on with a length of several bytes.
    if matches!(bytes, [SEQUENCE, 0x80..=0xff, ..]) {
        let mut rest = bytes;
        return Box::new(std::iter::from_fn(move || (!rest.is_empty()).then(|| der(&mut rest))));
    }
    Box::new(CertificateDer::pem_slice_iter(bytes).map(|section| {
        let section = section.map_err(|_| CertificateReadError::Malformed)?;
        Validity::of_der(&section)
    }))
}

/// Reads one certificate and removes it from the start of `bytes`. If it is broken, all bytes are removed, because the
/// start of the next certificate is unknown.
fn der(bytes: &mut &[u8]) -> Result<Validity, CertificateReadError> {
    // The parser checks only the number of the tag, and tags of other classes have the same number.
    let parsed = X509Certificate::from_der(bytes).ok().filter(|_| bytes.first() == Some(&SEQUENCE));
    let (rest, certificate) = parsed.ok_or(CertificateReadError::Malformed).inspect_err(|_| *bytes = &[])?;
    *bytes = rest;
    let validity = certificate.validity();
    Ok(Validity::new(validity.not_before.timestamp(), validity.not_after.timestamp()))
}

/// Constructors that parse certificates. They need the feature `certificate`.
impl Validity {
    /// Reads the validity period of one certificate in DER.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Malformed`] if `bytes` are anything but exactly one certificate.
    pub fn of_der(bytes: &[u8]) -> Result<Self, CertificateReadError> {
        let mut rest = bytes;
        let validity = der(&mut rest)?;
        if rest.is_empty() { Ok(validity) } else { Err(CertificateReadError::Malformed) }
    }

    /// Reads every certificate in PEM or DER, and returns the period in which all of them are valid. Keys and other
    /// text are skipped.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Missing`] if there is no certificate, [`CertificateReadError::Malformed`] if one is
    /// broken.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, CertificateReadError> {
        content(bytes, Which::All).whole()
    }

    /// Reads a certificate chain in the form of TLS libraries, a list of certificates in DER, and returns the period in
    /// which all of them are valid.
    ///
    /// # Errors
    ///
    /// [`CertificateReadError::Missing`] if the chain is empty, [`CertificateReadError::Malformed`] if a certificate is
    /// broken.
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

/// Reads a certificate chain in the form of TLS libraries: a list of certificates in DER.
pub(super) fn of_chain<C>(chain: C) -> ReadSummary
where
    C: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut summary = ReadSummary::default();
    chain.into_iter().for_each(|certificate| summary.take(Validity::of_der(certificate.as_ref())));
    summary
}
