//! What is done with a certificate, which one it is, and why it could not be read.

use std::error::Error;
use std::fmt;

use metrics::SharedString;

use crate::label::{LabelValue, Values};
use crate::open_label;

/// The label `operation`: what is done with a certificate. An operation to be measured, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateOperation {
    /// A certificate is checked. One that is found invalid is an error, with a word for the reason.
    Validation,
    /// Something is signed with a certificate's key.
    Signing,
    /// A certificate is made.
    Issuance,
    /// A certificate is replaced by one that holds longer.
    Renewal,
    /// A certificate is declared invalid.
    Revocation,
}

// Written out, because the derive is behind a feature and this is not.
impl LabelValue for CertificateOperation {
    const KEY: &'static str = "operation";
    const VALUES: Values = Values::Closed(&["validation", "signing", "issuance", "renewal", "revocation"]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::Validation => "validation",
            Self::Signing => "signing",
            Self::Issuance => "issuance",
            Self::Renewal => "renewal",
            Self::Revocation => "revocation",
        })
    }

    fn ordinal(&self) -> Option<usize> {
        Some(*self as usize)
    }
}

open_label! {
    /// The label `certificate`: a name that the service gives a certificate, whatever the certificate calls itself.
    pub registered CertificateName: "certificate", budget = 1000, fallback = "_other";
}

/// Why a certificate could not be read; the label `error_type`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such file, or no certificate in the directory.
    Missing,
    /// The process may not read it.
    Denied,
    /// It cannot be read for another reason, or is no regular file.
    Unreadable,
    /// It is no certificate, or a broken one.
    Malformed,
    /// It is larger than any certificate.
    TooLarge,
}

impl ReadError {
    /// Every reason, in the order of their values.
    pub const ALL: [Self; 5] = [Self::Missing, Self::Denied, Self::Unreadable, Self::Malformed, Self::TooLarge];
}

impl LabelValue for ReadError {
    const KEY: &'static str = "error_type";
    const VALUES: Values = Values::Closed(&["missing", "denied", "unreadable", "malformed", "too_large"]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str(match self {
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::Unreadable => "unreadable",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
        })
    }

    fn ordinal(&self) -> Option<usize> {
        Some(*self as usize)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no certificate: check the path, or put one there",
            Self::Denied => "the process may not read the certificate: give it the right to",
            Self::Unreadable => "the certificate cannot be read: name a regular file on a disk that works",
            Self::Malformed => "this is no X.509 certificate in PEM or DER: write the file again",
            Self::TooLarge => "this is larger than any certificate: name another file or directory",
        })
    }
}

impl Error for ReadError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_the_order_of_their_ordinals() {
        let Values::Closed(words) = ReadError::VALUES else { unreachable!("it is closed") };
        assert_eq!(ReadError::ALL.map(|error| error.label_value().into_owned()).as_slice(), words);
        assert_eq!(ReadError::ALL.map(|error| error as usize), [0, 1, 2, 3, 4]);
    }
}
