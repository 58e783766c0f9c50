//! The period in which a certificate holds, and its gauges.

use super::CERTIFICATE;
use super::label::CertificateName;

/// The period in which a certificate holds, from its first second to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    not_before: i64,
    not_after: i64,
}

impl Validity {
    /// Makes a period from what stands in a certificate, in seconds since 1970.
    pub const fn new(not_before: i64, not_after: i64) -> Self {
        Self { not_before, not_after }
    }

    /// Returns the first second, since 1970.
    pub const fn not_before(self) -> i64 {
        self.not_before
    }

    /// Returns the last second, since 1970.
    pub const fn not_after(self) -> i64 {
        self.not_after
    }

    /// Returns the period in which both hold: from the later beginning to the earlier end.
    pub fn and(self, other: Self) -> Self {
        Self { not_before: self.not_before.max(other.not_before), not_after: self.not_after.min(other.not_after) }
    }
}

impl CertificateName {
    /// Exports the period of a certificate that the service knows from elsewhere; it replaces what stood there.
    ///
    /// ```
    /// use mme_metrics::certificate::{CertificateName, Validity};
    ///
    /// let signer = CertificateName::register("signer")?;
    /// signer.set_validity(Validity::new(1_700_000_000, 1_800_000_000));
    /// # Ok::<(), mme_metrics::label::RegisterError>(())
    /// ```
    pub fn set_validity(self, validity: Validity) {
        // The years that a certificate can name are seconds far below 2^53, where floats are exact.
        CERTIFICATE.not_before.set((self,), validity.not_before as f64);
        CERTIFICATE.not_after.set((self,), validity.not_after as f64);
    }

    /// Takes the period away, because the certificate is gone: nothing is exported under the name until it is set again.
    pub fn clear_validity(self) {
        CERTIFICATE.not_before.clear((self,));
        CERTIFICATE.not_after.clear((self,));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn a_chain_holds_while_all_of_it_does() {
        let (leaf, root) = (Validity::new(20, 30), Validity::new(10, 25));
        assert_eq!(leaf.and(root), Validity::new(20, 25));
    }

    #[test]
    fn a_new_period_replaces_the_old_one_and_clearing_leaves_none() {
        let name = CertificateName::register("unit").unwrap();
        let emission = record(|| {
            name.set_validity(Validity::new(1, 2));
            name.set_validity(Validity::new(-5, 9));
        });
        let expected = emission.expect().gauge(&CERTIFICATE.not_before, (name,), -5.0);
        expected.gauge(&CERTIFICATE.not_after, (name,), 9.0).only();
        emission.record(|| name.clear_validity());
        emission.expect().only();
        assert!(!emission.recorder().render(crate::Format::Text).contains("{certificate=\"unit\"}"));
    }
}
