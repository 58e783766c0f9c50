//! How much of what was written stays on disk.

/// How long files are kept, and how large they may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    /// Older files are deleted.
    pub(super) days: u64,
    /// A larger file is followed by the next one.
    pub(super) file_bytes: u64,
    /// When all files together are larger, the oldest are deleted.
    pub(super) total_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 14, file_bytes: 16 << 20, total_bytes: 256 << 20 }
    }
}
