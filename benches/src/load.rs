//! What the contestants record: the same values, buckets and labels for all.

/// Bounds of a histogram that is recorded into: fifteen, those of requests.
pub const RECORD_BOUNDS: [f64; 15] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 5.0, 7.5, 10.0];

/// Bounds of a histogram that is rendered: fourteen, those of streams.
pub const RENDER_BOUNDS: [f64; 14] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// How many values there are; a power of two.
pub const VALUES: usize = 1024;

/// Returns seconds from half a millisecond to sixteen, spread over the buckets in an order that no predictor learns.
pub fn values() -> [f64; VALUES] {
    // Xorshift with a fixed seed: the same values in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::array::from_fn(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let share = (state >> 11) as f64 / (1_u64 << 53) as f64;
        0.0005 * (15.0 * share).exp2()
    })
}

/// The keys that every series of the mix has.
pub const KEYS: [&str; 5] = ["method", "route", "status", "region", "tenant"];

/// Returns the label values of one series of the mix; no two are the same.
pub fn labels(index: usize) -> [String; 5] {
    [
        ["GET", "POST", "PUT", "DELETE"][index % 4].to_owned(),
        format!("/api/v1/documents/{}", index % 97),
        ["200", "201", "404", "500"][index % 4].to_owned(),
        ["eu-west-1", "us-east-1"][index % 2].to_owned(),
        format!("tenant-{index:06}"),
    ]
}

/// What one series of the mix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A counter at some whole number.
    Counter,
    /// A gauge at some fraction.
    Gauge,
    /// A histogram with five observations.
    Histogram,
}

/// Says what the series at `index` is: a third of each.
pub fn kind(index: usize) -> Kind {
    [Kind::Counter, Kind::Gauge, Kind::Histogram][index % 3]
}

/// Returns what a counter of the mix stands at.
pub fn count(index: usize) -> u64 {
    (index as u64).wrapping_mul(7919) % 1_000_000 + 1
}

/// Returns what a gauge of the mix stands at.
pub fn level(index: usize) -> f64 {
    (index % 10_000) as f64 / 8.0
}

/// Observations of each histogram of the mix.
pub const OBSERVATIONS: [f64; 5] = [0.004, 0.03, 0.3, 3.5, 400.0];

/// Adds up the samples of an exposition whose name starts with `name` and ends in `_total` or `_count`.
pub fn total(exposition: &str, name: &str) -> u64 {
    let samples = exposition.lines().filter(|line| line.starts_with(name));
    samples
        .filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let sample = series.split('{').next()?;
            // Some peers write whole numbers as floats; these are far below 2^53.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            (sample.ends_with("_total") || sample.ends_with("_count"))
                .then(|| value.parse::<f64>().ok().map(|value| value as u64))?
        })
        .sum()
}
