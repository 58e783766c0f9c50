//! The summary of an export.

use super::error::OtlpExportError;

/// What an export sent, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OtlpExportSummary {
    pub(super) requests: usize,
    pub(super) rejected: u64,
}

impl OtlpExportSummary {
    /// Returns the number of requests that the receiver accepted: one, unless the reading was large.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// Returns the number of data points that the receiver refused in requests that it accepted.
    pub const fn rejected_data_points(&self) -> u64 {
        self.rejected
    }
}

/// The result of an export.
pub(super) type ExportOutcome = Result<OtlpExportSummary, OtlpExportError>;
