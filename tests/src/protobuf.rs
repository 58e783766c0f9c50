//! Reads protobuf expositions with messages that are generated from their description, and text expositions in the same
//! form, to compare both.

use std::collections::BTreeMap;

use prost::Message as _;

/// The messages of an exposition.
#[allow(missing_docs, clippy::pedantic)]
pub mod client {
    tonic::include_proto!("io.prometheus.client");
}

use client::{Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// The name of a sample, and its labels by key without escapes. `le` is a number as Rust writes it.
pub type Series = (String, BTreeMap<String, String>);

/// Reads the messages of an exposition or of one chunk.
///
/// # Panics
///
/// When a message is not complete, or lacks what every reader needs.
#[track_caller]
pub fn families(mut bytes: &[u8]) -> Vec<MetricFamily> {
    let mut families = Vec::new();
    while !bytes.is_empty() {
        let family = MetricFamily::decode_length_delimited(&mut bytes).expect("a complete message");
        assert!(!family.metric.is_empty(), "{} has no metric", family.name());
        assert!(family.help.is_some() && family.r#type.is_some(), "{family:?}");
        families.push(family);
    }
    families
}

/// Reads the samples that the text formats would have.
///
/// # Panics
///
/// When a message is not complete, or a sample comes twice.
#[track_caller]
pub fn samples(bytes: &[u8]) -> BTreeMap<Series, f64> {
    let mut samples = BTreeMap::new();
    for family in families(bytes) {
        for metric in &family.metric {
            for (end, le, value) in lines(&family, metric) {
                let mut labels = labels(&metric.label);
                labels.extend(le.map(|bound| ("le".to_owned(), bound.to_string())));
                let series = (format!("{}{end}", family.name()), labels);
                assert_eq!(samples.insert(series.clone(), value), None, "{series:?} comes twice");
            }
        }
    }
    samples
}

/// Lists the samples of a metric: the end of the name, the bound of a bucket, and the value.
fn lines(family: &MetricFamily, metric: &Metric) -> Vec<(&'static str, Option<f64>, f64)> {
    match family.r#type() {
        MetricType::Counter => vec![("", None, metric.counter.as_ref().expect("a counter").value())],
        MetricType::Gauge => vec![("", None, metric.gauge.as_ref().expect("a gauge").value())],
        MetricType::Histogram => {
            let histogram = metric.histogram.as_ref().expect("a histogram");
            let count = histogram.sample_count() as f64;
            let bucket = |bound, count| ("_bucket", Some(bound), count);
            let finite = histogram.bucket.iter().map(|it| bucket(it.upper_bound(), it.cumulative_count() as f64));
            let mut lines: Vec<_> = finite.filter(|(_, bound, _)| *bound != Some(f64::INFINITY)).collect();
            lines.extend([
                bucket(f64::INFINITY, count),
                ("_sum", None, histogram.sample_sum()),
                ("_count", None, count),
            ]);
            lines
        }
        other => panic!("no metric of ours is a {other:?}"),
    }
}

/// Returns labels by key.
///
/// # Panics
///
/// When a key comes twice.
#[track_caller]
pub fn labels(pairs: &[LabelPair]) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for pair in pairs {
        let before = labels.insert(pair.name().to_owned(), pair.value().to_owned());
        assert_eq!(before, None, "{pairs:?}");
    }
    labels
}

/// Reads the samples of a text exposition.
///
/// # Panics
///
/// When a sample cannot be read.
#[track_caller]
pub fn text_samples(text: &str) -> BTreeMap<Series, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let samples = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').expect(line);
        (text_series(series), value.parse().expect(line))
    });
    samples.collect()
}

fn text_series(series: &str) -> Series {
    let (name, rest) = series.split_once('{').unwrap_or((series, "}"));
    let mut rest = rest.chars().peekable();
    let mut labels = BTreeMap::new();
    while rest.peek() != Some(&'}') {
        let key: String = rest.by_ref().take_while(|character| *character != '=').collect();
        assert_eq!(rest.next(), Some('"'), "{series}");
        let mut value = String::new();
        loop {
            match rest.next().expect(series) {
                '"' => break,
                '\\' => value.push(match rest.next().expect(series) {
                    'n' => '\n',
                    escaped => escaped,
                }),
                plain => value.push(plain),
            }
        }
        if key == "le" {
            value = value.replace("+Inf", "inf").parse::<f64>().expect(series).to_string();
        }
        labels.insert(key, value);
        rest.next_if_eq(&',');
    }
    (name.to_owned(), labels)
}

/// Values up to this one are in the zero bucket.
pub const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);

/// The native buckets of a histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeBuckets {
    /// Bounds are powers of `2^(2^-schema)`.
    pub schema: i32,
    /// The count of the zero bucket.
    pub zero: u64,
    /// Counts by index. None is zero.
    pub buckets: BTreeMap<i32, u64>,
}

impl NativeBuckets {
    /// Reads them from a message, if it has any.
    ///
    /// # Panics
    ///
    /// When spans and counts do not fit together, or the total is not the count.
    #[track_caller]
    pub fn of(histogram: &Histogram) -> Option<Self> {
        let schema = histogram.schema?;
        assert_eq!(histogram.zero_threshold(), ZERO_THRESHOLD);
        assert!(histogram.negative_span.is_empty() && histogram.negative_delta.is_empty());
        let mut deltas = histogram.positive_delta.iter();
        let mut buckets = BTreeMap::new();
        let (mut index, mut count) = (0_i32, 0_i64);
        for span in &histogram.positive_span {
            index += span.offset();
            for _ in 0..span.length() {
                count += deltas.next().expect("each bucket has a count");
                assert!(count > 0, "an empty bucket: {histogram:?}");
                buckets.insert(index, count.cast_unsigned());
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None, "each count has a bucket");
        let native = Self { schema, zero: histogram.zero_count(), buckets };
        assert_eq!(native.total(), histogram.sample_count());
        Some(native)
    }

    /// Returns the number of observations.
    pub fn total(&self) -> u64 {
        self.zero + self.buckets.values().sum::<u64>()
    }

    /// Returns how much wider a bucket is than the one before.
    pub fn factor(&self) -> f64 {
        self.bound(1)
    }

    /// Returns the upper bound of a bucket.
    pub fn bound(&self, index: i32) -> f64 {
        (f64::from(index) * f64::from(-self.schema).exp2()).exp2()
    }

    /// Returns the upper bound of the bucket of the observation that has this rank, counted from one.
    ///
    /// # Panics
    ///
    /// When there are not so many above zero.
    #[track_caller]
    pub fn upper_bound_of(&self, rank: u64) -> f64 {
        let mut below = self.zero;
        let holds = |(_, count): &(&i32, &u64)| {
            below += **count;
            below >= rank
        };
        self.bound(*self.buckets.iter().find(holds).expect("an observation").0)
    }

    /// Adds up two histograms, at the finest resolution with which both have at most 160 buckets.
    pub fn merged(&self, other: &Self) -> Self {
        let mut schema = self.schema.min(other.schema);
        loop {
            let mut buckets: BTreeMap<i32, u64> = BTreeMap::new();
            for part in [self, other] {
                for (index, count) in &part.buckets {
                    let steps = part.schema - schema;
                    *buckets.entry((index + (1 << steps) - 1) >> steps).or_default() += count;
                }
            }
            if buckets.len() <= 160 {
                return Self { schema, zero: self.zero + other.zero, buckets };
            }
            schema -= 1;
        }
    }
}
