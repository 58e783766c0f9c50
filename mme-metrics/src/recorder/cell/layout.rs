//! The bounds of native buckets, and the bucket of a value. Bucket `i` of schema `s` has the upper bound `2^(i · 2^-s)`.

use std::sync::Arc;

use crate::metric::Resolution;

/// The coarsest schema. At schema -3 all buckets above the zero bucket are 144, so no histogram gets here from a finer
/// one.
pub(super) const COARSEST: i8 = -4;

/// Largest number of native buckets that a series shows, without the zero bucket. With more, its resolution halves.
pub(super) const MAX_BUCKETS: usize = 160;

/// Values up to this one are in the zero bucket: 2^-128, as in the other client libraries.
pub(in crate::recorder) const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << MANTISSA_BITS);

const MANTISSA_BITS: u32 = 52;
const MANTISSA: u64 = (1 << MANTISSA_BITS) - 1;
const EXPONENT_BIAS: i32 = 1023;

/// The longest list in which every bound is compared, which is faster than a search in a list this short.
const COMPARED: usize = 16;

/// The native buckets of a metric, shared by all of its series.
#[derive(Clone)]
pub(in crate::recorder) struct NativeLayout {
    schema: i8,
    /// The mantissas of the bounds from 1 up to 2, at the schema or at schema 0 if that is finer.
    bounds: Arc<[u64]>,
}

impl NativeLayout {
    pub(in crate::recorder) fn new(resolution: Resolution) -> Self {
        let schema = resolution.schema();
        Self { schema, bounds: mantissas(schema.max(0).unsigned_abs()).into() }
    }

    /// Returns the schema that every series begins with.
    pub(super) fn schema(&self) -> i8 {
        self.schema
    }

    /// Returns the index of the bucket of a finite value at the schema, or `None` for the zero bucket.
    #[inline]
    pub(super) fn index(&self, value: f64) -> Option<i32> {
        if value <= ZERO_THRESHOLD {
            return None;
        }
        let bits = value.to_bits();
        // The value is positive and not subnormal, so the cast drops nothing.
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
        let exponent = (bits >> MANTISSA_BITS) as i32 - EXPONENT_BIAS;
        let mantissa = bits & MANTISSA;
        let above: i32 = if self.bounds.len() <= COMPARED {
            self.bounds.iter().map(|bound| i32::from(mantissa > *bound)).sum()
        } else {
            let above = self.bounds.partition_point(|bound| mantissa > *bound);
            // At most 256.
            i32::try_from(above).unwrap_or(i32::MAX)
        };
        let schema = self.schema.max(0);
        Some(coarser((exponent << schema) + above, schema - self.schema))
    }
}

/// Returns the index of a bucket at a schema that is lower by `steps`: that of the wider bucket that contains it.
#[inline]
pub(in crate::recorder) fn coarser(index: i32, steps: i8) -> i32 {
    // A bucket contains its upper bound, so the index is rounded up.
    (index + (1 << steps) - 1) >> steps
}

/// Returns the mantissas of `2^(k / 2^schema)` for each `k` below `2^schema`, rounded down: a float is at most the bound
/// if its mantissa is at most this.
fn mantissas(schema: u8) -> Vec<u64> {
    /// The position of the point in the numbers below, which lie between 1 and 2.
    const POINT: u32 = 63;
    let mut bounds: Vec<u128> = vec![1 << POINT];
    for _ in 0..schema {
        let coarse = bounds.len();
        // Every second bound is one of the coarser schema. Those between are roots of one of its bounds, or of twice one.
        let root = |at: usize| ((bounds[at % coarse] << (at / coarse)) << POINT).isqrt();
        bounds = (0..2 * coarse).map(|at| if at % 2 == 0 { bounds[at / 2] } else { root(at) }).collect();
    }
    // The lower 64 bits have the whole number.
    #[allow(clippy::cast_possible_truncation)]
    let mantissa = |bound: u128| (bound >> (POINT - MANTISSA_BITS)) as u64 & MANTISSA;
    bounds.into_iter().map(mantissa).collect()
}

#[cfg(all(test, not(mme_loom)))]
mod tests {
    use super::*;

    fn layout(schema: i8) -> NativeLayout {
        NativeLayout { schema, bounds: mantissas(schema.max(0).unsigned_abs()).into() }
    }

    #[test]
    fn bounds_are_the_powers_of_the_factor() {
        for schema in 0..=8_u8 {
            let count = 1 << schema;
            let bounds = mantissas(schema);
            assert_eq!(bounds.len(), count);
            for (at, mantissa) in bounds.into_iter().enumerate() {
                let bound = f64::from_bits(1023 << MANTISSA_BITS | mantissa);
                let power = (at as f64 / count as f64).exp2();
                assert!(
                    (bound - power).abs() <= 2.0 * f64::EPSILON,
                    "schema {schema}, bound {at}: {bound}, not {power}"
                );
            }
        }
        // The root of 2 is 1.41421356237309504880…, between these two floats.
        let root = f64::from_bits(1023 << MANTISSA_BITS | mantissas(1)[1]);
        assert!(root * root < 2.0 && root.next_up() * root.next_up() > 2.0);
    }

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        for schema in COARSEST..=8 {
            let layout = layout(schema);
            let step = 1 << schema.min(0).unsigned_abs();
            for exponent in (-112..=1008_i32).step_by(16) {
                let bound = f64::from(exponent).exp2();
                let index = (exponent / step) << schema.max(0);
                assert_eq!(layout.index(bound), Some(index), "{bound} at schema {schema}");
                assert_eq!(layout.index(bound.next_up()), Some(index + 1), "above {bound} at schema {schema}");
            }
        }
    }

    #[test]
    fn extremes_have_buckets() {
        for schema in COARSEST..=8 {
            let layout = layout(schema);
            let last = if schema < 0 { 1024 >> -schema } else { 1024 << schema };
            assert_eq!(layout.index(f64::MAX), Some(last), "schema {schema}");
            assert!(layout.index(ZERO_THRESHOLD.next_up()).is_some_and(|index| index > -(128 << schema.max(0)) - 16));
            for zero in [0.0, -0.0, 5e-324, f64::MIN_POSITIVE, ZERO_THRESHOLD] {
                assert_eq!(layout.index(zero), None, "{zero} at schema {schema}");
            }
        }
    }

    #[test]
    fn a_coarser_index_is_that_of_the_coarser_schema() {
        for value in [1e-30, 0.1, 0.5, 0.7, 1.0, 1.0_f64.next_up(), 3.0, 4.0, 1e300, f64::MAX] {
            for schema in COARSEST..8 {
                let fine = layout(schema + 1).index(value).expect("it is not zero");
                assert_eq!(layout(schema).index(value), Some(coarser(fine, 1)), "{value} at schema {schema}");
            }
        }
    }
}
