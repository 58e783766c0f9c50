//! A layer of `tracing_subscriber` that counts events.

use std::fmt;

use metrics::Key;
use tracing_core::field::{Field, Visit};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::label::{LogLevel, LogTarget};
use super::metrics::LOG;
use crate::label::RegisterError;
use crate::metric::{KeptSeries, SeriesKeys};
use crate::trace::TraceScope;

/// Levels, each with a series.
const LEVELS: usize = LogLevel::ALL.len();

/// Counts each event once, by level and target. Add it to the subscriber last.
///
/// A filter that was added before it, such as an `EnvFilter`, hides nothing from it. A layer or filter that is added after it
/// does: what it discards does not get here.
///
/// See [`log`](crate::log) for an example.
pub struct LogLayer {
    max_level: LevelFilter,
    /// Those that the service names, and then any other.
    targets: Vec<Target>,
}

impl LogLayer {
    /// Counts events of every level, of all targets together.
    pub fn new() -> Self {
        let other = Target { prefix: None, label: LogTarget::FALLBACK, series: KeptSeries::new() };
        Self { max_level: LevelFilter::TRACE, targets: vec![other] }
    }

    /// Counts events of `target` and of the modules below it apart: `shop` includes `shop::orders`, but not `shopping`.
    ///
    /// An event that several targets include counts for the longest of them.
    ///
    /// # Errors
    ///
    /// When the target cannot be a label: it is empty, too long, or there are more than 64.
    pub fn target(mut self, target: &str) -> Result<Self, RegisterError> {
        let label = LogTarget::register(target)?;
        if self.targets.iter().all(|known| known.label != label) {
            self.targets.push(Target { prefix: Some(label.as_str()), label, series: KeptSeries::new() });
            // The longest first, and what includes everything last.
            self.targets.sort_by_key(|target| std::cmp::Reverse(target.prefix.map_or(0, str::len)));
        }
        Ok(self)
    }

    /// Leaves events out that are more verbose than `level`.
    pub fn max_level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.max_level = level.into();
        self
    }

    /// Makes all series exist at zero. Call it at set-up; else the first event does it.
    pub fn touch(&self) {
        for target in &self.targets {
            target.series.touch(target);
        }
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        // `enabled!` and `log_enabled!` ask about an event that is not there; only the name says so.
        let asks = metadata.name().starts_with("enabled ") || metadata.name() == "log record";
        metadata.is_event() && *metadata.level() <= self.max_level && !asks
    }

    fn count(&self, name: &str, severity: Level) {
        let Some(target) = self.targets.iter().find(|target| target.includes(name)) else { return };
        // OpenTelemetry logs while it changes its own context, and panics when it is asked for the span meanwhile.
        let _scope = name.starts_with("opentelemetry").then(|| TraceScope::Closed.enter());
        if target.series.touch(target) {
            self.touch();
        }
        target.series.record(target, &[level(severity) as usize], None);
    }
}

impl Default for LogLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets: Vec<_> = self.targets.iter().map(|target| target.label.as_str()).collect();
        f.debug_struct("LogLayer").field("max_level", &self.max_level).field("targets", &targets).finish()
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // An event is asked about each time, so that it is counted when the filters before this layer discard it.
        if self.wants(metadata) { Interest::sometimes() } else { Interest::always() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, before: Context<'_, S>) -> bool {
        if !self.wants(metadata) || before.enabled(metadata) {
            return true;
        }
        self.count(metadata.target(), *metadata.level());
        false
    }

    fn event_enabled(&self, event: &Event<'_>, _before: Context<'_, S>) -> bool {
        // Called once for each event that `enabled` let through, before anything can discard it by its fields.
        let metadata = event.metadata();
        if self.wants(metadata) {
            let mut record = LogRecord { counted: false, layer: self, level: *metadata.level() };
            if metadata.name() == "log event" {
                event.record(&mut record);
            }
            if !record.counted {
                self.count(metadata.target(), *metadata.level());
            }
        }
        true
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.max_level)
    }
}

/// Counts a record of the crate `log` under its own target: `tracing-log` hands it on as an event of the target `log`, with the
/// record's target in a field.
struct LogRecord<'l> {
    counted: bool,
    layer: &'l LogLayer,
    level: Level,
}

impl Visit for LogRecord<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" && !self.counted {
            self.counted = true;
            self.layer.count(value, self.level);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

struct Target {
    /// What the event's target begins with; any does without it.
    prefix: Option<&'static str>,
    label: LogTarget,
    series: KeptSeries<LEVELS>,
}

impl Target {
    fn includes(&self, target: &str) -> bool {
        let Some(prefix) = self.prefix else { return true };
        target.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

impl SeriesKeys<LEVELS> for Target {
    fn counters(&self) -> [Key; LEVELS] {
        LogLevel::ALL.map(|level| LOG.events.key_with(&(level, self.label), &[]))
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

#[cfg(test)]
mod tests {
    use tracing::subscriber::with_default;
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::registry;

    use super::*;
    use crate::testing::record;

    const OTHER: LogTarget = LogTarget::FALLBACK;

    #[test]
    fn an_event_counts_once_by_level() {
        let emission = record(|| {
            with_default(registry().with(LogLayer::new()), || {
                tracing::error!("down");
                tracing::warn!("slow");
                tracing::info!("up");
                tracing::debug!("a detail");
                tracing::trace!("a detail of it");
                let _span = tracing::error_span!("is no event").entered();
                assert!(tracing::enabled!(Level::ERROR) && tracing::event_enabled!(Level::ERROR));
            });
        });
        let expected = LogLevel::ALL
            .into_iter()
            .fold(emission.expect(), |expected, level| expected.counter(&LOG.events, (level, OTHER), 1));
        expected.only();
    }

    #[test]
    fn a_filter_before_it_hides_nothing() {
        let silent = || registry().with(LevelFilter::OFF).with(LogLayer::new());
        let by_layer = || {
            let hidden = tracing_subscriber::layer::Identity::new().with_filter(LevelFilter::ERROR);
            registry().with(hidden).with(LogLayer::new())
        };
        let by_field = || registry().with(DiscardsByField).with(LogLayer::new());
        let log = || {
            for _ in 0..3 {
                tracing::info!("up");
            }
            // These only ask.
            let _ = (tracing::enabled!(Level::INFO), tracing::event_enabled!(Level::INFO));
        };
        for emission in [
            record(|| with_default(silent(), log)),
            record(|| with_default(by_layer(), log)),
            record(|| with_default(by_field(), log)),
        ] {
            emission.expect().counter(&LOG.events, (LogLevel::Info, OTHER), 3).only();
        }
    }

    #[test]
    fn a_level_is_left_out_if_it_is_too_verbose() {
        let subscriber = || registry().with(LogLayer::new().max_level(Level::INFO));
        let emission = record(|| {
            with_default(subscriber(), || {
                tracing::info!("up");
                tracing::debug!("a detail");
            });
        });
        emission.expect().counter(&LOG.events, (LogLevel::Info, OTHER), 1).only();
    }

    #[test]
    fn a_target_includes_the_modules_below_it() {
        let layer = LogLayer::new().target("shop").unwrap().target("shop::orders").unwrap().target("shop").unwrap();
        let emission = record(|| {
            with_default(registry().with(layer), || {
                tracing::info!(target: "shop", "up");
                tracing::info!(target: "shop::till", "up");
                tracing::info!(target: "shop::orders::bill", "up");
                tracing::info!(target: "shopping", "up");
            });
        });
        let shop = LogTarget::find("shop");
        let expected = emission.expect().counter(&LOG.events, (LogLevel::Info, shop), 2);
        let expected = expected.counter(&LOG.events, (LogLevel::Info, LogTarget::find("shop::orders")), 1);
        expected.counter(&LOG.events, (LogLevel::Info, OTHER), 1).only();
    }

    #[test]
    fn a_span_is_as_the_filters_before_it_say() {
        let seen = with_default(registry().with(filter_fn(|_| false)).with(LogLayer::new()), || {
            tracing::error_span!("hidden").is_disabled()
        });
        assert!(seen);
    }

    #[test]
    fn a_record_of_the_crate_log_counts_under_its_own_target() {
        let layer = || LogLayer::new().target("rustls").unwrap();
        let logger = tracing_log::LogTracer::new();
        let log = || {
            let record = |target| log::Record::builder().level(log::Level::Error).target(target).build();
            log::Log::log(&logger, &record("rustls::conn"));
            log::Log::log(&logger, &record("shop"));
            log::Log::enabled(&logger, record("rustls").metadata());
        };
        let emission = record(|| with_default(registry().with(layer()), log));
        let expected = emission.expect().counter(&LOG.events, (LogLevel::Error, LogTarget::find("rustls")), 1);
        expected.counter(&LOG.events, (LogLevel::Error, OTHER), 1).only();
        // What a filter hides is no event of `tracing`; asking whether it would be is none either.
        let emission = record(|| with_default(registry().with(LevelFilter::OFF).with(layer()), log));
        emission.expect().only();
    }

    #[test]
    fn the_zero_series_exist_after_the_first_event() {
        let recorder = crate::Recorder::builder().build().unwrap();
        let layer = LogLayer::new().target("desk").unwrap();
        metrics::with_local_recorder(&recorder, || with_default(registry().with(layer), || tracing::info!("up")));
        let text = recorder.render(crate::Format::Text);
        for series in [r#"{level="error",target="desk"} 0"#, r#"{level="info",target="_other"} 1"#] {
            assert!(text.contains(&format!("log_events_total{series}\n")), "{series} in\n{text}");
        }
    }

    /// Lets every event through until it sees the event itself.
    struct DiscardsByField;

    impl<S: Subscriber> Layer<S> for DiscardsByField {
        fn event_enabled(&self, _event: &Event<'_>, _context: Context<'_, S>) -> bool {
            false
        }
    }
}
