//! What is printed: spreads, and Markdown tables of them.

use std::fmt;

/// The measurements of one thing, sorted.
#[derive(Clone, Debug, Default)]
pub struct Spread(Vec<f64>);

impl Spread {
    /// Sorts `measurements`; what is not a number was not measured.
    pub fn new(mut measurements: Vec<f64>) -> Self {
        measurements.retain(|measurement| !measurement.is_nan());
        measurements.sort_by(f64::total_cmp);
        Self(measurements)
    }

    /// Returns the value that a `share` between 0 and 1 of all measurements lies below.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index between 0 and the length")]
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
    }

    /// Returns how many measurements there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing could be measured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value in the middle.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// The median, and between which values half of all measurements lie.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, middle, high) = (self.quantile(0.25), self.median(), self.quantile(0.75));
        let digits = usize::from(middle < 100.0);
        write!(f, "**{middle:.digits$}** ({low:.digits$}–{high:.digits$})")
    }
}

/// A Markdown table under a heading.
#[derive(Debug)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    /// Starts a table.
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { title: title.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a line below the table.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a line that says whether `figure` keeps to `most`.
    pub fn bar(&mut self, what: &str, figure: f64, most: f64) {
        self.note(format!("{what}: {figure:.1}, budget {most:.0}: {}", verdict(figure <= most)));
    }

    /// Adds a line that says whether `ratio` is no more than `most`.
    pub fn share(&mut self, what: &str, ratio: f64, most: f64) {
        self.note(format!("{what}: {ratio:.2}×, at most {most}×: {}", verdict(ratio <= most)));
    }

    /// Adds a line that says whether `ratio` reaches `least`.
    pub fn ratio(&mut self, what: &str, ratio: f64, least: f64) {
        self.note(format!("{what}: {ratio:.1}×, at least {least:.0}×: {}", verdict(ratio >= least)));
    }
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "does not hold" }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "### {}\n\n| {} |\n|---{}|",
            self.title,
            self.columns.join(" | "),
            "|---:".repeat(self.columns.len() - 1)
        )?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        writeln!(f)?;
        self.notes.iter().try_for_each(|note| writeln!(f, "- {note}"))
    }
}
