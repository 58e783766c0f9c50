//! The labels of certificate metrics: the operation, the name of the certificate, and the reason of a read error.

use std::error::Error;
use std::fmt;

use crate::label::labels;

labels! {
    /// An operation on a certificate, which can be measured; also the label `operation`.
    pub closed CertificateOperation: "operation" {
        /// A certificate is checked. An invalid certificate is an error, whose error type names the reason.
        Validation = "validation",
        /// Something is signed with a certificate's key.
        Signing = "signing",
        /// A certificate is issued.
        Issuance = "issuance",
        /// A certificate is replaced by one that is valid for longer.
        Renewal = "renewal",
        /// A certificate is revoked: it is declared invalid.
        Revocation = "revocation",
    }
}

labels! {
    /// The label `certificate`: a name that the service gives to a certificate. It is independent of the certificate's
    /// content.
    pub registered CertificateName: "certificate", budget = 1000, fallback = "_other";
}

labels! {
    /// The reason why a certificate could not be read; also the label `error_type`.
    #[non_exhaustive]
    pub closed CertificateReadError: "error_type" {
        /// The file does not exist, or the directory contains no certificate.
        Missing = "missing",
        /// The process has no permission to read it.
        Denied = "denied",
        /// Reading failed for another reason, or it is not a regular file.
        Unreadable = "unreadable",
        /// It is not a certificate, or a broken one.
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
            Self::Malformed => "this is not an X.509 certificate in PEM or DER: write the file again",
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
