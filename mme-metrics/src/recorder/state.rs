//! The state that the clones of a recorder share, and the metrics of the library about itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics::{Key, KeyName, Label};

use super::admission::Source;
use super::cell::{CounterCell, GaugeCell};
use super::registry::{Admission, Registry, Storage};
use super::series::Series;
use crate::clock::positive_nanos;
use crate::metric::Spec;
use crate::process::MME;

/// A function of a family that runs right before each exposition and updates values that are stored elsewhere.
pub(super) type Poll = Box<dyn Fn() + Send + Sync>;

/// The state of a recorder.
pub(super) struct State {
    pub(super) registry: Registry,
    pub(super) polls: Vec<Poll>,
    /// The ID of the process that built the recorder. A child of `fork` has another ID.
    pub(super) process: u32,
    /// Locked while the collectors and the families run.
    pub(super) refreshing: Mutex<()>,
    /// Whether they have run to their end once.
    pub(super) is_refreshed: AtomicBool,
    /// Nanoseconds that the last exposition took.
    render_nanos: AtomicU64,
    /// What the operator has set.
    #[cfg(feature = "settings")]
    pub(super) settings: crate::settings::Settings,
}

// Unwind-safe: cells are atomics, poisoned locks are used again after a panic, and a family's panic is caught.
impl std::panic::UnwindSafe for State {}
impl std::panic::RefUnwindSafe for State {}

impl State {
    pub(super) fn new(registry: Registry, polls: Vec<Poll>) -> Self {
        let render_nanos = AtomicU64::new(0);
        Self {
            registry,
            polls,
            process: std::process::id(),
            refreshing: Mutex::new(()),
            is_refreshed: AtomicBool::new(false),
            render_nanos,
            #[cfg(feature = "settings")]
            settings: crate::settings::Settings::default(),
        }
    }

    /// Keeps what the operator has set.
    #[cfg(feature = "settings")]
    pub(super) fn with_settings(self, settings: crate::settings::Settings) -> Self {
        Self { settings, ..self }
    }

    /// Updates the metrics of the library about itself.
    pub(super) fn report(&self) {
        // Relaxed, in the whole function: the numbers are for display only.
        self.report_rejections();
        for group in &self.registry.groups {
            let label = [Label::from_static_parts("family", group.name)];
            self.own_gauge(MME.series.spec(), &label, group.series.load(Ordering::Relaxed) as f64);
            if let Some(series) = self.own::<CounterCell>(MME.series_overflow.spec(), &label) {
                series.cell.raise_to(group.folded.load(Ordering::Relaxed));
            }
        }
        if let Some(series) = self.own::<CounterCell>(MME.exemplars.spec(), &[]) {
            series.cell.raise_to(self.registry.shared.exemplars.stored());
        }
        // The duration is zero until the first exposition is complete.
        match self.render_nanos.load(Ordering::Relaxed) {
            0 => {}
            nanos => self.own_gauge(MME.render_duration.spec(), &[], Duration::from_nanos(nanos).as_secs_f64()),
        }
    }

    /// Adds the observations refused since the last call to their series, in which typed metrics count theirs too.
    pub(super) fn report_rejections(&self) {
        for (reason, count) in self.registry.shared.rejections.drain() {
            let label = [Label::from_static_parts("reason", reason)];
            if let Some(series) = self.own::<CounterCell>(MME.rejected_observations.spec(), &label) {
                series.cell.add(count);
            }
        }
    }

    /// Sets a gauge of the library itself.
    fn own_gauge(&self, spec: &Spec, labels: &[Label], value: f64) {
        if let Some(cell) = self.own::<GaugeCell>(spec, labels) {
            cell.cell.set(value);
        }
    }

    /// Returns a series of the library itself.
    fn own<C: Storage>(&self, spec: &Spec, labels: &[Label]) -> Option<Arc<Series<C>>> {
        let key = Key::from_parts(KeyName::from_const_str(spec.name), labels.to_vec());
        match self.registry.register::<C>(&key, Source::Typed) {
            Admission::Series(series) => Some(series),
            Admission::Overflow(_) | Admission::Refusal(_) | Admission::Disabled => None,
        }
    }

    /// Stores how long an exposition took.
    pub(super) fn rendered(&self, took: Duration) {
        // Relaxed: the number is for display only.
        self.render_nanos.store(positive_nanos(took), Ordering::Relaxed);
    }
}
