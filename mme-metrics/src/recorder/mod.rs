//! The recorder behind the facade: storage, admission and exposition.
//!
//! ```
//! let recorder = mme_metrics::Recorder::builder().global_label("region", "eu").build()?;
//! metrics::with_local_recorder(&recorder, || metrics::counter!("jobs", "queue" => "mail").increment(2));
//! assert!(recorder.render(mme_metrics::Format::Text).contains("jobs_total{queue=\"mail\",region=\"eu\"} 2\n"));
//! # Ok::<(), mme_metrics::recorder::BuildError>(())
//! ```
//!
//! A service calls [`RecorderBuilder::install`] once instead, and every metric of its process ends up here: those of this crate,
//! those of its own families, and those that other crates emit through the [`metrics`] facade. All of them pass the same
//! admission, so that what is served is always an exposition that Prometheus takes:
//!
//! * Names, keys and values are made exportable when a series is registered. The table is in the documentation of
//!   [`Recorder`].
//! * One name has one kind. A second kind is refused, and what is recorded through it is counted in
//!   `mme_rejected_observations_total{reason="conflict"}`. The catalogue's kind and help come before anybody else's.
//! * Numbers that would poison a series are refused and counted: NaN and infinities everywhere, negative ones in histograms,
//!   totals that fall. So are those that a family cannot take: amounts too large to be exact, unknown currencies, shares
//!   outside 0 to 1. Counters stop at `u64::MAX`, sums at the largest finite number.
//! * Series with open labels have budgets: one for each capped label, for each family and for the process. What passes one
//!   goes to the series whose open labels read `_overflow` and whose closed labels say what they said, so that totals by
//!   outcome stay exact; `mme_series_overflow_total` counts it. Closed and registered labels are always admitted.

mod admit;
mod builder;
mod cell;
mod error;
mod exposition;
mod facade;
mod family;
#[cfg(feature = "metrics-exporter-prometheus")]
pub mod foreign;
mod install;
mod overflow;
mod registry;
mod rejection;
mod series;

pub use self::builder::RecorderBuilder;
pub use self::error::{BuildError, InstallError};
pub use self::exposition::{Exposition, Format};
pub use self::install::install;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, TryLockError};
use std::time::Duration;

use metrics::{Key, KeyName, Label};

use self::cell::{CounterCell, GaugeCell, Reading};
use self::family::Stored;
use self::overflow::Source;
use self::registry::{Admitted, Registry, Storage};
use crate::metric::Spec;
use crate::process::MME;

/// The recorder that [`RecorderBuilder::install`] gave to this process.
static INSTALLED: OnceLock<Recorder> = OnceLock::new();

/// Something that reads figures kept elsewhere, right before an exposition.
type Collector = Box<dyn Fn() + Send + Sync>;

/// A recorder of the [`metrics`] facade with its own storage and exposition. Clones share both.
///
/// | what comes | what is exported |
/// |---|---|
/// | a character a name or key cannot have | `_` |
/// | a counter without `_total` | with it |
/// | the keys `le` and `quantile`, or one that starts with `__` | with `exported_` before it |
/// | two keys of one series that come out the same | the second as `…_2` |
/// | an empty value | no label, which Prometheus reads the same |
/// | control, zero-width and direction-changing characters in a value | U+FFFD |
/// | a value over 128 bytes | its beginning, `~` and a hash of the whole |
/// | a key over 64 bytes | its beginning, `_` and a hash of the whole |
/// | more than 32 labels, a name over 128 bytes | refused and counted |
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    registry: Registry,
    collectors: Vec<Collector>,
    /// Nanoseconds that the last exposition took.
    render_nanos: AtomicU64,
    refreshing: Mutex<()>,
}

// Cells are atomics, locks are entered again after a panic, and a collector's panic is caught.
impl std::panic::UnwindSafe for Inner {}
impl std::panic::RefUnwindSafe for Inner {}

impl Recorder {
    /// Starts to set up a recorder: its families, labels, buckets and budgets.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder::new()
    }

    /// Returns the recorder that [`RecorderBuilder::install`] gave to this process, if it was called.
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Starts an exposition, to be written chunk by chunk.
    pub fn exposition(&self, format: Format) -> Exposition {
        Exposition::new(Arc::clone(&self.0), format)
    }

    /// Writes a whole exposition into one string; for tests and small tools.
    pub fn render(&self, format: Format) -> String {
        let mut text = Vec::new();
        for chunk in self.exposition(format) {
            text.extend_from_slice(&chunk);
        }
        // Every text was a `str` before.
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Calls `visit` with the name, label text and figures of every series that was ever given anything.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&str, &str, Figures)) {
        self.0.report_rejections();
        for family in self.0.registry.families() {
            let mut see = |labels: &str, figures| visit(&family.name, labels, figures);
            match &family.stored {
                Stored::Counters(list) => {
                    list.iter().for_each(|(_, series)| see(&series.labels, Figures::Counter(series.cell.read())));
                }
                Stored::Gauges(list) => {
                    let values = list.iter().map(|(_, series)| (series, series.cell.read()));
                    // NaN: the value was taken away.
                    let there = values.filter(|(_, value)| !value.is_nan());
                    there.for_each(|(series, value)| see(&series.labels, Figures::Gauge(value)));
                }
                Stored::Histograms(list) => list.iter().for_each(|(_, series)| {
                    let mut reading = Reading::default();
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

    /// Returns how many series are held.
    pub fn series(&self) -> usize {
        // Relaxed: a figure to be shown.
        self.0.registry.groups.iter().map(|group| group.series.load(Ordering::Relaxed)).sum()
    }
}

/// What one series holds.
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

impl Inner {
    /// Brings the figures up to date that are kept elsewhere.
    fn refresh(self: &Arc<Self>) {
        // Two expositions at one time need the figures once; and a collector that makes an exposition must not wait for
        // itself. What the lock guards is written again by the next holder, so a panic spoils nothing.
        let _held = match self.refreshing.try_lock() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let recorder = Recorder(Arc::clone(self));
        metrics::with_local_recorder(&recorder, || {
            for collector in &self.collectors {
                // A collector that panics loses its own figures only.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(collector));
            }
        });
        self.report();
    }

    /// Writes the library's figures about itself.
    fn report(&self) {
        // Relaxed, all through: figures to be shown.
        self.report_rejections();
        for group in &self.registry.groups {
            let label = [Label::from_static_parts("family", group.name)];
            self.own_gauge(MME.series.spec(), &label, group.series.load(Ordering::Relaxed) as f64);
            if let Some(series) = self.own::<CounterCell>(MME.series_overflow.spec(), &label) {
                series.cell.raise_to(group.folded.load(Ordering::Relaxed));
            }
        }
        // Zero before the first exposition is written: then there is no last one to tell of.
        match self.render_nanos.load(Ordering::Relaxed) {
            0 => {}
            nanos => self.own_gauge(MME.render_duration.spec(), &[], Duration::from_nanos(nanos).as_secs_f64()),
        }
    }

    /// Moves what was refused since the last call to its series, where typed metrics count theirs too.
    fn report_rejections(&self) {
        for (reason, count) in self.registry.rejections.drain() {
            let label = [Label::from_static_parts("reason", reason)];
            if let Some(series) = self.own::<CounterCell>(MME.rejected_observations.spec(), &label) {
                series.cell.add(count);
            }
        }
    }

    fn own_gauge(&self, spec: &Spec, labels: &[Label], value: f64) {
        if let Some(cell) = self.own::<GaugeCell>(spec, labels) {
            cell.cell.set(value);
        }
    }

    fn own<C: Storage>(&self, spec: &Spec, labels: &[Label]) -> Option<Arc<series::Series<C>>> {
        let key = Key::from_parts(KeyName::from_const_str(spec.name), labels.to_vec());
        match self.registry.register::<C>(&key, Source::Typed) {
            Admitted::Series(series) => Some(series),
            Admitted::Folded(_) | Admitted::Refused(_) => None,
        }
    }

    fn rendered(&self, took: Duration) {
        // Relaxed: a figure to be shown.
        self.render_nanos.store(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }
}
