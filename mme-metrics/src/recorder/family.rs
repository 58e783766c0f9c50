//! A metric with all its series, and the group of metrics that share a budget.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::admission::{Ledger, admit};
use super::cell::{Bounds, CounterCell, GaugeCell, HistogramCell, NativeLayout};
use super::series::Series;
use crate::metric::{HistogramForm, Kind, Spec};

/// The counts of one budget: of one family of the catalogue, or of all metrics without a catalogue entry.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) budget: usize,
    /// The number of series, including those that no budget limits.
    pub(super) series: AtomicUsize,
    /// The number of series that count against the budget: those with an open label.
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

/// The series of a metric, all of one kind. Series are added and never removed.
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

/// A metric: the text that its lines share, its series in the order of registration, and an index of the series by
/// label text.
pub(super) struct MetricFamily {
    pub(super) name: Box<str>,
    pub(super) kind: Kind,
    pub(super) spec: Option<&'static Spec>,
    pub(super) help: OnceLock<Box<str>>,
    pub(super) group: Arc<Group>,
    pub(super) budget: usize,
    pub(super) bounds: Bounds,
    /// The native buckets, for a histogram that has them.
    pub(super) native: Option<NativeLayout>,
    /// `le="…"} ` for every bound and `+Inf`.
    pub(super) bound_texts: Box<[Box<str>]>,
    pub(super) series: SeriesList,
    index: RwLock<HashTable<(u32, u32)>>,
    hasher: DefaultHashBuilder,
    /// Locked while a series is admitted, so that the budgets are exact.
    pub(super) ledger: Mutex<Ledger>,
}

/// The upper half of the hash of a label text, which the index stores with each entry.
#[derive(Clone, Copy)]
struct TextHash(u32);

impl TextHash {
    /// Spreads the stored half over 64 bits, because the hash table uses both the low and the high bits.
    fn spread(kept: u32) -> u64 {
        u64::from(kept).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl MetricFamily {
    // Each argument is a separate field, and only one function calls this.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        name: String,
        kind: Kind,
        series: SeriesList,
        spec: Option<&'static Spec>,
        group: Arc<Group>,
        budget: usize,
        bounds: &[f64],
        form: HistogramForm,
        help: Option<&str>,
    ) -> Self {
        let bounds = if form.has_classic() { bounds } else { &[] };
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
            native: form.resolution().filter(|_| kind == Kind::Histogram).map(NativeLayout::new),
            bound_texts,
            series,
            index: RwLock::new(HashTable::new()),
            hasher: DefaultHashBuilder::default(),
            ledger: Mutex::default(),
        }
    }

    fn hash(&self, labels: &str) -> TextHash {
        // The upper half of the hash is better distributed.
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

    /// Adds the series at position `at`, which was just pushed, to the index.
    pub(super) fn publish(&self, at: usize, labels: &str) {
        let hash = self.hash(labels);
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        // The position fits in 32 bits, because four billion series of one metric exceed any budget.
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        index.insert_unique(TextHash::spread(hash.0), (hash.0, at), |(kept, _)| TextHash::spread(*kept));
        // Relaxed: no other memory access depends on this count.
        self.group.series.fetch_add(1, Ordering::Relaxed);
    }
}
