//! The figures of an allocator.

use super::label::AllocatorName;
use super::metrics::MEMORY;

/// What an allocator holds, in bytes. What it does not count stays away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "the figures are exported by the collector that returns them"]
pub struct AllocatorFigures {
    allocated: Option<u64>,
    active: Option<u64>,
    resident: Option<u64>,
    retained: Option<u64>,
}

impl AllocatorFigures {
    /// Creates figures of an allocator that counts nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the bytes that the program has allocated.
    pub fn allocated(mut self, bytes: u64) -> Self {
        self.allocated = Some(bytes);
        self
    }

    /// Sets the bytes in pages that hold an allocation.
    pub fn active(mut self, bytes: u64) -> Self {
        self.active = Some(bytes);
        self
    }

    /// Sets the bytes in physical pages.
    pub fn resident(mut self, bytes: u64) -> Self {
        self.resident = Some(bytes);
        self
    }

    /// Sets the bytes of address space that are kept without memory behind them.
    pub fn retained(mut self, bytes: u64) -> Self {
        self.retained = Some(bytes);
        self
    }
}

/// Reads an allocator before each exposition; pass the result to [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
///
/// `figures` returns what the allocator holds now, or `None` if that is not known. A program has at most four names of allocators;
/// later ones are called `_other`.
///
/// jemalloc and mimalloc have collectors of their own, behind the features `jemalloc` and `mimalloc`. For another allocator:
///
/// ```
/// use mme_metrics::memory::{self, AllocatorFigures};
/// use mme_metrics::{Format, Recorder};
///
/// # struct ArenaStatistics { used: u64, mapped: u64 }
/// # fn arena_statistics() -> ArenaStatistics { ArenaStatistics { used: 4096, mapped: 8192 } }
/// let arena = memory::allocator("arena", || {
///     let statistics = arena_statistics();
///     Some(AllocatorFigures::new().allocated(statistics.used).active(statistics.mapped))
/// });
/// let recorder = Recorder::builder().collect(arena).build()?;
/// assert!(recorder.render(Format::Text).contains("allocator_active_bytes{allocator=\"arena\"} 8192\n"));
/// # Ok::<(), mme_metrics::recorder::BuildError>(())
/// ```
pub fn allocator<F>(name: &str, figures: F) -> impl Fn() + Send + Sync + use<F> + 'static
where
    F: Fn() -> Option<AllocatorFigures> + Send + Sync + 'static,
{
    let name = AllocatorName::register(name).unwrap_or(AllocatorName::FALLBACK);
    move || report(name, figures().unwrap_or_default())
}

fn report(name: AllocatorName, figures: AllocatorFigures) {
    let gauges = [
        (&MEMORY.allocated, figures.allocated),
        (&MEMORY.active, figures.active),
        (&MEMORY.resident, figures.resident),
        (&MEMORY.retained, figures.retained),
    ];
    for (gauge, bytes) in gauges {
        match bytes {
            Some(bytes) => gauge.set((name,), bytes as f64),
            None => gauge.clear((name,)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{Format, Recorder};

    fn lines(recorder: &Recorder) -> Vec<String> {
        let text = recorder.render(Format::Text);
        text.lines().filter(|line| line.starts_with("allocator_")).map(str::to_owned).collect()
    }

    #[test]
    fn figures_follow_the_allocator_and_what_is_not_known_is_absent() {
        static NOW: Mutex<Option<AllocatorFigures>> = Mutex::new(None);
        let set = |figures| *NOW.lock().unwrap() = figures;
        let collector = allocator("of a test", || *NOW.lock().unwrap());
        let recorder = Recorder::builder().process_metrics(false).collect(collector).build().unwrap();

        set(Some(AllocatorFigures::new().allocated(1).active(2).resident(3).retained(4)));
        let all = [("active", 2), ("allocated", 1), ("resident", 3), ("retained", 4)].iter();
        let all: Vec<_> =
            all.map(|(name, bytes)| format!("allocator_{name}_bytes{{allocator=\"of a test\"}} {bytes}")).collect();
        assert_eq!(lines(&recorder), all);

        set(Some(AllocatorFigures::new().resident(5)));
        assert_eq!(lines(&recorder), ["allocator_resident_bytes{allocator=\"of a test\"} 5"]);

        set(None);
        assert_eq!(lines(&recorder), [""; 0]);
    }
}
