//! One metric name of the exposition with all its series, and the groups that share a budget.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::admission::{Ledger, admit};
use super::cell::{Bounds, CounterCell, GaugeCell, HistogramCell};
use super::series::Series;
use crate::metric::{Kind, Spec};

/// The series of one family of the catalogue, or of all metrics without a catalogue entry, under one budget.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) budget: usize,
    /// How many series are held, including those that no budget bounds.
    pub(super) series: AtomicUsize,
    /// How many series count against the budget: those with an open label.
    pub(super) open: AtomicUsize,
    pub(super) folded: Arc<AtomicU64>,
}

impl Group {
    pub(super) fn new(name: &'static str, budget: usize) -> Arc<Self> {
        Arc::new(Self {
            name,
            budget,
            series: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            folded: Arc::new(AtomicU64::new(0)),
        })
    }
}

/// The series of a metric, all of one kind. The list only grows.
pub(super) enum SeriesList {
    Counters(boxcar::Vec<Arc<Series<CounterCell>>>),
    Gauges(boxcar::Vec<Arc<Series<GaugeCell>>>),
    Histograms(boxcar::Vec<Arc<Series<HistogramCell>>>),
}

impl SeriesList {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Counters(series) => series.count(),
            Self::Gauges(series) => series.count(),
            Self::Histograms(series) => series.count(),
        }
    }

    fn labels(&self, index: usize) -> Option<&str> {
        match self {
            Self::Counters(series) => series.get(index).map(|series| &*series.labels),
            Self::Gauges(series) => series.get(index).map(|series| &*series.labels),
            Self::Histograms(series) => series.get(index).map(|series| &*series.labels),
        }
    }
}

/// A metric: the text that its lines share, its series in the order of registration, and an index by label text.
pub(super) struct MetricFamily {
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) spec: Option<&'static Spec>,
    pub(super) help: OnceLock<Box<str>>,
    pub(super) group: Arc<Group>,
    pub(super) budget: usize,
    pub(super) bounds: Bounds,
    /// `le="…"} ` for every bound and `+Inf`.
    pub(super) bound_texts: Box<[Box<str>]>,
    pub(super) series: SeriesList,
    index: RwLock<HashTable<(u32, u32)>>,
    hasher: DefaultHashBuilder,
    /// Locked while a series is admitted, so that budgets are exact.
    pub(super) ledger: Mutex<Ledger>,
}

/// A hash, cut to the half that the index keeps with each entry.
#[derive(Clone, Copy)]
struct TextHash(u32);

impl TextHash {
    /// Spreads the kept half over all bits, because the table uses the low and the high ones.
    fn spread(kept: u32) -> u64 {
        u64::from(kept).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl MetricFamily {
    // Each argument is a field of its own, and there is one caller.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        name: String,
        kind: Kind,
        series: SeriesList,
        spec: Option<&'static Spec>,
        group: Arc<Group>,
        budget: usize,
        bounds: &[f64],
        help: Option<&str>,
    ) -> Self {
        let finite = bounds.iter().map(|bound| format!("le=\"{}\"}} ", admit::bound(*bound)).into());
        let bound_texts = finite.chain(["le=\"+Inf\"} ".into()]).collect();
        let cell = OnceLock::new();
        if let Some(help) = help {
            cell.get_or_init(|| help.into());
        }
        Self {
            name: name.into(),
            kind,
            spec,
            help: cell,
            group,
            budget,
            bounds: Bounds::new(bounds),
            bound_texts,
            series,
            index: RwLock::new(HashTable::new()),
            hasher: DefaultHashBuilder::default(),
            ledger: Mutex::default(),
        }
    }

    fn hash(&self, labels: &str) -> TextHash {
        // The upper half is mixed better.
        TextHash(u32::try_from(self.hasher.hash_one(labels) >> 32).unwrap_or(u32::MAX))
    }

    /// Returns the position of the series with this label text.
    pub(super) fn find(&self, labels: &str) -> Option<usize> {
        let hash = self.hash(labels);
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index
            .find(TextHash::spread(hash.0), |(kept, at)| {
                *kept == hash.0 && self.series.labels(*at as usize) == Some(labels)
            })
            .map(|(_, at)| *at as usize)
    }

    /// Adds the series at `at`, which was just pushed, to the index.
    pub(super) fn publish(&self, at: usize, labels: &str) {
        let hash = self.hash(labels);
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        // Four billion series of one metric do not fit any budget.
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        index.insert_unique(TextHash::spread(hash.0), (hash.0, at), |(kept, _)| TextHash::spread(*kept));
        // Relaxed: a count that orders nothing.
        self.group.series.fetch_add(1, Ordering::Relaxed);
    }
}
