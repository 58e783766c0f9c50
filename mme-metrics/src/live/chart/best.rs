//! The highest scores of many, in bounded memory.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A group that may get lines.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) score: f64,
    pub(super) key: String,
    /// Whether all of its series came since the last sample.
    pub(super) is_new: bool,
}

/// The candidates with the highest scores.
#[derive(Debug)]
pub(super) struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
}

impl Best {
    pub(super) fn new(most: usize) -> Self {
        Self { most, heap: BinaryHeap::new() }
    }

    pub(super) fn offer(&mut self, score: f64, key: &str, is_new: bool) {
        if self.heap.len() == self.most {
            match self.heap.peek() {
                Some(Reverse(least)) if score.total_cmp(&least.score).is_gt() => self.heap.pop(),
                _ => return,
            };
        }
        self.heap.push(Reverse(Candidate { score, key: key.to_owned(), is_new }));
    }

    /// Returns them, the highest first. Of equal ones, the first by name comes first.
    pub(super) fn into_sorted(self) -> Vec<Candidate> {
        let mut sorted: Vec<_> = self.heap.into_iter().map(|Reverse(candidate)| candidate).collect();
        sorted.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.key.cmp(&other.key)));
        sorted
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_are_kept_in_order() {
        let mut best = Best::new(3);
        for (score, key) in [(1.0, "a"), (9.0, "b"), (f64::NEG_INFINITY, "c"), (4.0, "d"), (4.0, "e"), (5.0, "f")] {
            best.offer(score, key, false);
        }
        let keys: Vec<_> = best.into_sorted().into_iter().map(|candidate| candidate.key).collect();
        assert_eq!(keys[..2], ["b", "f"]);
        assert_eq!(keys.len(), 3);
        let mut none = Best::new(0);
        none.offer(1.0, "a", false);
        assert!(none.into_sorted().is_empty());
    }
}
