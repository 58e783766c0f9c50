//! Up and down on the same recorder.

use std::mem::size_of_val;

/// Proof that a gauge went up, and what is to be known to bring it down.
///
/// An exchange that begins before the process's recorder is installed went up nowhere; were it to come down on that recorder,
/// the gauge would be one too low for ever. Keeping the facade's handle would do too, but its count of clones is one word that
/// all threads write, which the gauge itself avoids.
#[derive(Clone, Copy, Debug)]
#[must_use = "what went up has to come down"]
pub(super) struct Raised {
    on_recorder: bool,
}

impl Raised {
    #[inline]
    pub(super) fn raise(up: impl FnOnce()) -> Self {
        up();
        Self { on_recorder: is_recorder() }
    }

    #[inline]
    pub(super) fn lower(self, down: impl FnOnce()) {
        // A recorder of somebody's own may have no size either; then both ends look alike, and it is balanced.
        if self.on_recorder || !is_recorder() {
            down();
        }
    }
}

/// Says whether the current recorder is one that holds anything; the facade's no-op one has no size.
#[inline]
fn is_recorder() -> bool {
    metrics::with_recorder(|recorder| size_of_val(recorder) != 0)
}
