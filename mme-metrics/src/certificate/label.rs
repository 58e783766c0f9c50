//! What is done with a certificate, which one it is, and why it could not be read.

use std::error::Error;
use std::fmt;

use crate::label::labels;

labels! {
    /// The label `operation`: what is done with a certificate. An operation to be measured, too.
    pub closed CertificateOperation: "operation" {
        /// A certificate is checked. One that is found invalid is an error, with a word for the reason.
        Validation = "validation",
        /// Something is signed with a certificate's key.
        Signing = "signing",
        /// A certificate is made.
        Issuance = "issuance",
        /// A certificate is replaced by one that holds longer.
        Renewal = "renewal",
        /// A certificate is declared invalid.
        Revocation = "revocation",
    }
}

labels! {
    /// The label `certificate`: a name that the service gives a certificate, whatever the certificate calls itself.
    pub registered CertificateName: "certificate", budget = 1000, fallback = "_other";
}

labels! {
    /// Why a certificate could not be read; the label `error_type`, too.
    #[non_exhaustive]
    pub closed CertificateReadError: "error_type" {
        /// There is no such file, or no certificate in the directory.
        Missing = "missing",
        /// The process may not read it.
        Denied = "denied",
        /// It cannot be read for another reason, or is no regular file.
        Unreadable = "unreadable",
        /// It is no certificate, or a broken one.
        Malformed = "malformed",
        /// It is larger than any certificate.
        TooLarge = "too_large",
    }
}

impl fmt::Display for CertificateReadError {
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

impl Error for CertificateReadError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Cardinality, LabelValue};

    #[test]
    fn values_stand_in_the_order_of_their_ordinals() {
        let Cardinality::Closed(words) = CertificateReadError::CARDINALITY else { unreachable!("it is closed") };
        assert_eq!(CertificateReadError::ALL.map(|error| error.label_value().into_owned()).as_slice(), words);
        assert_eq!(CertificateReadError::ALL.map(|error| error as usize), [0, 1, 2, 3, 4]);
    }
}
