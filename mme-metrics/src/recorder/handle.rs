//! [`Recorder`], the public handle of a recorder.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use metrics::Label;

use super::admission::admit;
use super::cell::HistogramReading;
use super::collector::{Collectors, collecting, is_collecting};
use super::exposition::{Exposition, Format};
#[cfg(feature = "otlp")]
use super::exposition::{OtlpDeltas, OtlpReading};
use super::family::SeriesList;
use super::state::State;
use crate::trace::TraceScope;

/// How long an exposition waits for another one that runs the collectors for the first time.
const FIRST_REFRESH: Duration = Duration::from_secs(1);

/// A recorder of the [`metrics`] facade with its own storage and exposition. Clones share both.
///
/// | input | exported as |
/// |---|---|
/// | a character that is not allowed in a name or key | `_` |
/// | a counter without `_total`, or with nothing before it | with `_total` appended |
/// | the keys `le` and `quantile`, or a key that starts with `__` | with the prefix `exported_` |
/// | two keys of one series that become the same key | the second as `…_2` |
/// | an empty value | no label, which means the same to Prometheus |
/// | control, zero-width and direction-changing characters in a value | U+FFFD |
/// | a value over 128 bytes | its beginning, `~` and a hash of the whole value |
/// | a key over 64 bytes | its beginning, `_` and a hash of the whole key |
/// | more than 32 labels, a name that has or gets over 128 bytes | refused and counted |
///
/// Each rule also holds for what another one made. Two spellings of one name or of one set of labels are one metric or one series.
#[derive(Clone)]
pub struct Recorder(
    pub(super) Arc<State>,
    /// They end with the last handle, so the state must not hold them.
    pub(super) Option<Arc<Collectors>>,
);

impl Recorder {
    /// Starts an exposition: an iterator that writes the metrics chunk by chunk.
    ///
    /// The collectors of the service run first. This waits for them at most as long as
    /// [`RecorderBuilder::collect_deadline`](super::RecorderBuilder::collect_deadline) says.
    pub fn exposition(&self, format: Format) -> Exposition {
        let started = Instant::now();
        self.refresh();
        Exposition::new(Arc::clone(&self.0), format, started)
    }

    /// Renders the whole exposition as one string, for tests and small tools. [`Format::Protobuf`] is not text, so its
    /// bytes come from [`render_bytes`](Self::render_bytes).
    pub fn render(&self, format: Format) -> String {
        // Lossless for the text formats: every part came from a `str`.
        String::from_utf8_lossy(&self.render_bytes(format)).into_owned()
    }

    /// Renders the whole exposition in memory, in any format.
    pub fn render_bytes(&self, format: Format) -> Vec<u8> {
        let mut bytes = Vec::new();
        for chunk in self.exposition(format) {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    }

    /// Starts a reading that is sent by OTLP, as differences if there are `deltas`. The collectors run first, as before an exposition.
    #[cfg(feature = "otlp")]
    pub(crate) fn otlp_reading(&self, deltas: Option<OtlpDeltas>) -> OtlpReading {
        self.refresh();
        OtlpReading::new(&self.0.registry, deltas)
    }

    /// Calls `visit` with the name, label text and values of every series.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&str, &str, Figures)) {
        self.0.report_rejections();
        for family in self.0.registry.families() {
            let mut see = |labels: &str, figures| visit(&family.name, labels, figures);
            match &family.series {
                SeriesList::Counters(list) => {
                    list.iter().for_each(|(_, series)| see(&series.labels, Figures::Counter(series.cell.read())));
                }
                SeriesList::Gauges(list) => {
                    let values = list.iter().map(|(_, series)| (series, series.cell.read()));
                    // NaN means that the value was cleared.
                    let there = values.filter(|(_, value)| !value.is_nan());
                    there.for_each(|(series, value)| see(&series.labels, Figures::Gauge(value)));
                }
                SeriesList::Histograms(list) => list.iter().for_each(|(_, series)| {
                    let mut reading = HistogramReading::default();
                    series.cell.read(&mut reading);
                    see(&series.labels, Figures::Histogram { count: reading.count, sum: reading.sum });
                }),
            }
        }
    }

    /// Returns the label text under which this recorder would store `labels`.
    pub(crate) fn label_text(labels: &[Label]) -> String {
        admit::LabelText::default().format(labels, &[], |_| None).to_owned()
    }

    /// Returns the number of series that the recorder holds.
    pub fn series(&self) -> usize {
        // Relaxed: the number is for display only.
        self.0.registry.groups.iter().map(|group| group.series.load(Ordering::Relaxed)).sum()
    }

    /// Returns whether the process was forked after this recorder was built.
    ///
    /// The child of a `fork` has a copy of the parent's values, and both processes export them, so a sum over both
    /// counts them twice. Install the recorder after the last `fork`; [`install`](crate::install) in a child fails with
    /// [`InstallError::Forked`](super::InstallError::Forked).
    pub fn is_forked(&self) -> bool {
        self.0.process != std::process::id()
    }

    /// Runs the collectors of the service and of the families, which update values that are stored elsewhere.
    pub(super) fn refresh(&self) {
        // If another exposition is running the collectors, do not wait: two concurrent expositions need them to run
        // once, and a collector that itself makes an exposition must not deadlock. A poisoned lock is safe to use,
        // because its next holder runs every collector again.
        let _held = match self.0.refreshing.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return self.await_first_refresh(),
        };
        if let Some(collectors) = &self.1 {
            collectors.run();
        }
        // A scrape is no part of the trace in which it is asked for.
        TraceScope::Closed.run(|| {
            metrics::with_local_recorder(self, || {
                for poll in &self.0.polls {
                    // A panic in one family affects only its own values.
                    let _ = collecting(|| catch_unwind(AssertUnwindSafe(poll)));
                }
                if let Some(collectors) = &self.1 {
                    collectors.report();
                }
            });
        });
        self.0.report();
        // Release: whoever reads this sees the values.
        self.0.is_refreshed.store(true, Ordering::Release);
    }

    /// Waits a little while the collectors run for the first time: before that, what they update has no values at all, and an
    /// exposition would lack whole metrics.
    fn await_first_refresh(&self) {
        if is_collecting() {
            return;
        }
        let begun = Instant::now();
        // Bounded, because a collector may also wait for an exposition on another thread.
        while !self.0.is_refreshed.load(Ordering::Acquire) && begun.elapsed() < FIRST_REFRESH {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The values of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figures {
    Counter(u64),
    Gauge(f64),
    Histogram { count: u64, sum: f64 },
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("series", &self.series()).finish_non_exhaustive()
    }
}
