//! How much longer a measured operation takes than an unmeasured one.

use std::collections::HashMap;

use crate::contest::{Contestant, Rounds};
use crate::table::Table;

/// A table of that, and its medians by name.
#[derive(Debug)]
pub struct Overhead {
    /// The table.
    pub table: Table,
    medians: HashMap<String, f64>,
}

impl Overhead {
    /// Makes the table. `bare` says what a contestant is compared with, `allocations` how often each allocates.
    pub fn new(
        title: &str,
        contestants: &[Contestant],
        rounds: &Rounds,
        bare: impl Fn(&str) -> [usize; 2],
        allocations: Option<&HashMap<String, f64>>,
    ) -> Self {
        let mut columns = vec!["contestant", "over bare", "total", "rounds"];
        columns.extend(allocations.map(|_| "allocations"));
        let (mut table, mut medians) = (Table::new(title, &columns), HashMap::new());
        for (index, contestant) in contestants.iter().enumerate() {
            let (name, all) = (contestant.name.clone(), rounds.spread(index));
            let over = rounds.over(index, &bare(&name));
            let mut row = vec![name.clone(), over.to_string(), format!("{:.1}", all.median()), all.len().to_string()];
            row.extend(allocations.map(|allocations| format!("{:.1}", allocations[&name])));
            table.row(row);
            medians.insert(name, over.median());
        }
        Self { table, medians }
    }

    /// Returns the median of the contestant called `name`.
    ///
    /// # Panics
    ///
    /// When no contestant has this name.
    pub fn of(&self, name: &str) -> f64 {
        self.medians[name]
    }

    /// Adds a line that says whether the contestant called `name` costs no more than `most` times as much as `other`.
    pub fn share(&mut self, what: &str, name: &str, other: &str, most: f64) {
        let ratio = self.of(name) / self.of(other);
        self.table.share(what, ratio, most);
    }
}
