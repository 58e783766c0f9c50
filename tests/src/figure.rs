//! Values of single series, for those that a test cannot know beforehand, such as times.

use std::time::{SystemTime, UNIX_EPOCH};

use mme_metrics::testing::Emission;
use mme_metrics::{Format, Gauge, LabelSet};

/// Returns the figure of a series, spelt as it is exported; nothing if it has none.
///
/// Looking is a rendering, which the recorder has figures of its own for: not before everything else is compared.
///
/// # Panics
///
/// When what is exported is no number.
pub fn figure(emission: &Emission, series: &str) -> Option<f64> {
    let text = emission.recorder().render(Format::Text);
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ').map(str::to_owned));
    line.map(|value| value.parse().expect("a figure is a number"))
}

/// Returns the figure of a gauge that is a time, which has to be one since `started`.
///
/// # Panics
///
/// When it has none, or one of another time.
#[track_caller]
pub fn time_since<L: LabelSet>(emission: &Emission, metric: &Gauge<L>, labels: L, started: SystemTime) -> f64 {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs_f64();
    let time = emission.gauge(metric, labels).unwrap_or_else(|| panic!("{metric:?} has no figure"));
    assert!(time >= seconds(started) && time <= seconds(SystemTime::now()), "{metric:?} is {time}");
    time
}
