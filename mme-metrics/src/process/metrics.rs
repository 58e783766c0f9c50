//! The declaration of every metric of the process and of the library itself.

use crate::label::{Cardinality, LabelValue, Refusal, labels};
use crate::metric::{Counter, FractionalCounter, Gauge, REJECTED, Unit, family};

labels! {
    /// The version of the service.
    pub capped Version: "version", budget = 4;
    /// The revision the service was built from.
    pub capped Revision: "revision", budget = 4;
    /// The compiler that built the service.
    pub capped Rustc: "rustc", budget = 4;
}

labels! {
    /// How an export by OTLP ended.
    #[non_exhaustive]
    pub closed OtlpExportResult: "result" {
        /// The receiver accepted all data points.
        Success = "success",
        /// It refused some of them.
        Partial = "partial",
        /// It did not accept a request, or did not answer.
        Failure = "failure",
    }
}

labels! {
    /// How a push to a Pushgateway ended.
    #[non_exhaustive]
    pub closed PushResult: "result" {
        /// The Pushgateway accepted the metrics.
        Success = "success",
        /// It did not, or did not answer.
        Failure = "failure",
    }
}

/// The name of a family of the catalogue, or `other` for all metrics without an entry. Only the recorder writes it.
#[derive(Clone, Copy, Debug)]
pub struct FamilyName(&'static str);

impl LabelValue for FamilyName {
    const KEY: &'static str = "family";
    const CARDINALITY: Cardinality = Cardinality::Bounded(64);

    fn label_value(&self) -> metrics::SharedString {
        metrics::SharedString::const_str(self.0)
    }
}

/// The largest number of collectors of one recorder; each has a thread.
pub(crate) const COLLECTORS: usize = 100;

/// The name of a collector of the service. The builder of a recorder refuses a name that cannot be exported; only the recorder writes it.
#[derive(Clone, Debug)]
pub struct CollectorName(metrics::SharedString);

impl CollectorName {
    pub(crate) fn new(name: String) -> Self {
        Self(name.into())
    }
}

impl LabelValue for CollectorName {
    const KEY: &'static str = "collector";
    const CARDINALITY: Cardinality = Cardinality::Bounded(COLLECTORS);

    fn label_value(&self) -> metrics::SharedString {
        self.0.clone()
    }
}

family! {
    /// The process, as the operating system sees it.
    pub static PROCESS: ProcessMetrics {
        /// Total user and system CPU time spent in seconds.
        cpu: FractionalCounter<()> = FractionalCounter::new("process_cpu_seconds_total", Unit::Seconds);
        /// Number of open file descriptors.
        open_fds: Gauge<()> = Gauge::new("process_open_fds", Unit::None);
        /// Maximum number of open file descriptors.
        max_fds: Gauge<()> = Gauge::new("process_max_fds", Unit::None);
        /// Virtual memory size in bytes.
        virtual_memory: Gauge<()> = Gauge::new("process_virtual_memory_bytes", Unit::Bytes);
        /// Maximum amount of virtual memory available in bytes.
        virtual_memory_max: Gauge<()> = Gauge::new("process_virtual_memory_max_bytes", Unit::Bytes);
        /// Resident memory size in bytes.
        resident_memory: Gauge<()> = Gauge::new("process_resident_memory_bytes", Unit::Bytes);
        /// Process heap size in bytes.
        heap: Gauge<()> = Gauge::new("process_heap_bytes", Unit::Bytes);
        /// Start time of the process since unix epoch in seconds.
        start_time: Gauge<()> = Gauge::new("process_start_time_seconds", Unit::Seconds);
        /// Number of OS threads in the process.
        threads: Gauge<()> = Gauge::new("process_threads", Unit::None);
    }
    collect = super::collect;
}

family! {
    /// What the service was built from.
    pub static BUILD: BuildMetrics {
        /// A series with the value 1, whose labels say what the service was built from.
        info: Gauge<(Version, Revision, Rustc)> = Gauge::new("build_info", Unit::None);
    }
}

family! {
    /// The library itself.
    pub static MME: MmeMetrics {
        /// Series that are held, by family.
        series: Gauge<(FamilyName,)> = Gauge::new("mme_series", Unit::None);
        /// Observations that were folded into an overflow series, because their labels did not fit a budget.
        series_overflow: Counter<(FamilyName,)> = Counter::new("mme_series_overflow_total", Unit::None);
        /// Observations that were refused, because they would have poisoned a series or could not be exported.
        rejected_observations: Counter<(Refusal,)> = Counter::new(REJECTED, Unit::None);
        /// Exemplars that were kept: observations with the ids of their trace.
        exemplars: Counter<()> = Counter::new("mme_exemplars_total", Unit::None);
        /// CPU cores that the process may use, by affinity and by the quota of its container.
        cpu_cores: Gauge<()> = Gauge::new("mme_cpu_cores", Unit::None);
        /// Time the last exposition took.
        render_duration: Gauge<()> = Gauge::new("mme_render_duration_seconds", Unit::Seconds);
        /// Time since the last run of a collector that ended without a panic; since the first request if there was none.
        collector_age: Gauge<(CollectorName,)> = Gauge::new("mme_collector_age_seconds", Unit::Seconds);
        /// Time the last run of a collector took.
        collector_duration: Gauge<(CollectorName,)> = Gauge::new("mme_collector_duration_seconds", Unit::Seconds);
        /// Expositions that went on while a collector was running, with the values that it had set before.
        collector_timeouts: Counter<(CollectorName,)> = Counter::new("mme_collect_timeouts_total", Unit::None);
        /// Exports by OTLP that ended, by outcome. Needs a started exporter.
        otlp_exports: Counter<(OtlpExportResult,)> = Counter::new("mme_otlp_exports_total", Unit::None).optional();
        /// Data points that an OTLP receiver refused in requests that it accepted. Needs a started exporter.
        otlp_rejected_data_points: Counter<()> =
            Counter::new("mme_otlp_rejected_data_points_total", Unit::None).optional();
        /// Unix time at which an OTLP receiver last accepted an export. Needs a started exporter.
        otlp_last_success: Gauge<()> =
            Gauge::new("mme_otlp_last_success_timestamp_seconds", Unit::Seconds).optional();
        /// Time the last export by OTLP took, with its retries. Needs a started exporter.
        otlp_export_duration: Gauge<()> = Gauge::new("mme_otlp_export_duration_seconds", Unit::Seconds).optional();
        /// Pushes to a Pushgateway that ended, by outcome. Needs a Pushgateway.
        pushes: Counter<(PushResult,)> = Counter::new("mme_pushgateway_pushes_total", Unit::None).optional();
    }
}
