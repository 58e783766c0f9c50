//! The buckets of the last five minutes, and quantiles of them.

/// Samples that share a slot.
const SAMPLES_EACH: u64 = 3;

/// Slots: five minutes.
const SLOTS: u64 = 20;

/// The same as a length.
const LENGTH: usize = 20;

/// Slots of the last minute.
pub(super) const MINUTE: u64 = 4;

/// All slots: five minutes.
pub(super) const FIVE_MINUTES: u64 = SLOTS;

/// What was added to each bucket, by slots of 15 seconds.
#[derive(Debug)]
pub(super) struct Window {
    buckets: usize,
    counts: Box<[u32]>,
    latest: u64,
}

impl Window {
    /// Returns how many words a window with so many buckets takes.
    pub(super) const fn words(buckets: usize) -> usize {
        buckets * LENGTH
    }

    pub(super) fn new(buckets: usize, sample: u64) -> Self {
        Self { buckets, counts: vec![0; Self::words(buckets)].into(), latest: sample / SAMPLES_EACH }
    }

    /// Begins a sample: slots that have not been written for five minutes are emptied.
    pub(super) fn begin(&mut self, sample: u64) {
        let slot = sample / SAMPLES_EACH;
        let passed = (slot - self.latest.min(slot)).min(SLOTS);
        for slot in (slot + 1 - passed)..=slot {
            self.slot(slot).fill(0);
        }
        self.latest = slot;
    }

    /// Adds observations of one bucket to the latest slot.
    pub(super) fn add(&mut self, bucket: usize, count: u64) {
        let latest = self.latest;
        if let Some(word) = self.slot(latest).get_mut(bucket) {
            *word = word.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    /// Adds the latest `slots` up.
    pub(super) fn sum(&self, slots: u64) -> Vec<u64> {
        let mut sum = vec![0; self.buckets];
        for slot in (self.latest + 1).saturating_sub(slots)..=self.latest {
            let start = self.place(slot);
            for (total, count) in sum.iter_mut().zip(&self.counts[start..start + self.buckets]) {
                *total += u64::from(*count);
            }
        }
        sum
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.counts)
    }

    fn slot(&mut self, slot: u64) -> &mut [u32] {
        let start = self.place(slot);
        &mut self.counts[start..start + self.buckets]
    }

    /// Lossless: the remainder is less than `SLOTS`.
    #[allow(clippy::cast_possible_truncation)]
    fn place(&self, slot: u64) -> usize {
        (slot % SLOTS) as usize * self.buckets
    }
}

/// Returns a quantile as Prometheus computes it from classic buckets: linear within a bucket, and the highest bound for
/// what lies above it. `None` if there are no observations or no bounds.
pub(super) fn quantile(share: f64, bounds: &[f64], buckets: &[u64]) -> Option<f64> {
    let total: u64 = buckets.iter().sum();
    let highest = *bounds.last()?;
    if total == 0 {
        return None;
    }
    let rank = share * total as f64;
    let (mut below, mut lower) = (0.0, 0.0_f64.min(bounds[0]));
    for (bound, count) in bounds.iter().zip(buckets) {
        let count = *count as f64;
        if count > 0.0 && below + count >= rank {
            return Some(lower + (bound - lower) * ((rank - below) / count).clamp(0.0, 1.0));
        }
        below += count;
        lower = *bound;
    }
    Some(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_prometheus() {
        let bounds = [0.1, 0.5, 1.0];
        // histogram_quantile(0.5, {le="0.1"} 2, {le="0.5"} 6, {le="1"} 8, {le="+Inf"} 8) is 0.3.
        assert_eq!(quantile(0.5, &bounds, &[2, 4, 2, 0]).map(|value| (value * 1e6).round()), Some(300_000.0));
        assert_eq!(quantile(0.5, &bounds, &[0, 0, 0, 9]), Some(1.0));
        assert_eq!(quantile(0.99, &bounds, &[0, 0, 0, 0]), None);
        assert_eq!(quantile(0.99, &[], &[7]), None);
        assert_eq!(quantile(1.0, &bounds, &[1, 0, 0, 0]), Some(0.1));
        assert!(quantile(0.0, &bounds, &[0, 1, 0, 0]).is_some_and(|value| (0.1..=0.5).contains(&value)));
    }

    #[test]
    fn a_window_forgets_what_is_older_than_it_is_long() {
        let mut window = Window::new(2, 0);
        for sample in 0..90 {
            window.begin(sample);
            window.add(1, 1);
            window.add(7, 1);
        }
        assert_eq!((window.sum(MINUTE), window.sum(FIVE_MINUTES)), (vec![0, 12], vec![0, 60]));
        window.begin(1_000_000);
        assert_eq!(window.sum(FIVE_MINUTES), [0, 0]);
        window.add(0, u64::MAX);
        assert_eq!(window.sum(1), [u64::from(u32::MAX), 0]);
    }
}
