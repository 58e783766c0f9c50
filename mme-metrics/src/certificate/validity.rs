//! The validity period of a certificate, and its gauges.

use super::label::CertificateName;
use super::metrics::CERTIFICATE;

/// The validity period of a certificate, from its first second to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    not_before: i64,
    not_after: i64,
}

impl Validity {
    /// Makes a period from the two times in a certificate, in seconds since 1970.
    pub const fn new(not_before: i64, not_after: i64) -> Self {
        Self { not_before, not_after }
    }

    /// Returns the start of the period, in seconds since 1970.
    pub const fn not_before(self) -> i64 {
        self.not_before
    }

    /// Returns the end of the period, in seconds since 1970.
    pub const fn not_after(self) -> i64 {
        self.not_after
    }

    /// Returns the intersection of two periods: from the later start to the earlier end.
    pub fn and(self, other: Self) -> Self {
        Self { not_before: self.not_before.max(other.not_before), not_after: self.not_after.min(other.not_after) }
    }
}

impl CertificateName {
    /// Exports a validity period under this name, for a certificate that no watch reads. It replaces the period that
    /// was set before.
    ///
    /// ```
    /// use mme_metrics::certificate::{CertificateName, Validity};
    ///
    /// let signer = CertificateName::register("signer")?;
    /// signer.set_validity(Validity::new(1_700_000_000, 1_800_000_000));
    /// # Ok::<(), mme_metrics::label::RegisterError>(())
    /// ```
    pub fn set_validity(self, validity: Validity) {
        // Every date that a certificate can contain is far below 2^53 seconds, where floats are exact.
        CERTIFICATE.not_before.set((self,), validity.not_before as f64);
        CERTIFICATE.not_after.set((self,), validity.not_after as f64);
    }

    /// Removes the validity period of a certificate that no longer exists. Nothing is exported under the name until a
    /// period is set again.
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
