//! The report of a day: slow and failed events, and which of them repeat.

mod format;
mod overall;
mod pattern;
mod read;
mod tally;

pub use self::overall::OverallLatency;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use self::format::{MAX_LISTED, code, duration, route};
use self::pattern::Patterns;
use self::read::{Line, Reader};
use self::tally::Tally;
use super::day::Day;
use super::label::SpikeCause;
use super::trace::Trace;

/// A summary of the traces of one day, formatted as Markdown.
///
/// ```
/// use mme_metrics::spike::{Day, Report};
///
/// # let directory = std::env::temp_dir().join("mme-metrics-doc-report");
/// # std::fs::create_dir_all(&directory)?;
/// let report = Report::read(&directory, Day::today().before(1))?;
/// let path = report.write(&directory)?;
/// assert!(std::fs::read_to_string(path)?.starts_with("# Spike traces of "));
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Report {
    day: Day,
    direct: String,
    overall: Option<OverallLatency>,
    skipped: u64,
    causes: BTreeMap<&'static str, u64>,
    all: Tally,
    tiers: BTreeMap<String, Tally>,
    routes: BTreeMap<String, Tally>,
    hours: BTreeMap<String, Tally>,
    patterns: Patterns,
}

impl Report {
    /// Reads the files of `day` in `directory`. A day without files gives a report without entries. Unreadable lines, such as
    /// the incomplete last line of a killed process, are counted.
    ///
    /// # Errors
    ///
    /// When the directory or one of the files cannot be read.
    pub fn read(directory: &Path, day: Day) -> io::Result<Self> {
        let mut report = Self {
            day,
            direct: "direct".to_owned(),
            overall: None,
            skipped: 0,
            causes: BTreeMap::new(),
            all: Tally::default(),
            tiers: BTreeMap::new(),
            routes: BTreeMap::new(),
            hours: BTreeMap::new(),
            patterns: Patterns::default(),
        };
        for path in read::files(directory, day)? {
            let mut lines = Reader::open(&path)?;
            while let Some(line) = lines.next_line()? {
                match line {
                    Line::Trace(trace) => report.add(&trace),
                    Line::Unreadable => report.skipped += 1,
                }
            }
        }
        Ok(report)
    }

    /// Sets the tier that is not a fallback: `direct` by default.
    pub fn direct(mut self, tier: &str) -> Self {
        tier.clone_into(&mut self.direct);
        self
    }

    /// Adds the quantiles of all events, not only of the traced ones; see [`OverallLatency`].
    pub const fn overall(mut self, overall: OverallLatency) -> Self {
        self.overall = Some(overall);
        self
    }

    /// Returns the number of traces.
    pub const fn entries(&self) -> u64 {
        self.all.entries
    }

    /// Returns the number of unreadable lines.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Returns the share of traces with a tier other than the direct one, in per cent; none if no trace has a tier.
    pub fn fallback_percentage(&self) -> Option<f64> {
        let all: u64 = self.tiers.values().map(|tally| tally.entries).sum();
        let direct = self.tiers.get(&self.direct).map_or(0, |tally| tally.entries);
        (all > 0).then(|| (all - direct) as f64 * 100.0 / all as f64)
    }

    /// Writes the report to `directory` as `YYYY-MM-DD.md`, replacing an existing one. Returns its path.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, directory: &Path) -> io::Result<PathBuf> {
        let path = directory.join(format!("{}.md", self.day));
        let beside = directory.join(format!(".{}.md.{}", self.day, std::process::id()));
        // Renaming replaces a link instead of following it, and readers never see half a report.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(&beside) {
            // A killed process with the same id left it, as the first process of a container has.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(&beside)?;
                options.open(&beside)?
            }
            opened => opened?,
        };
        let written = file.write_all(self.to_string().as_bytes()).and_then(|()| fs::rename(&beside, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        Ok(path)
    }

    fn add(&mut self, trace: &Trace) {
        let cause = match trace.cause {
            SpikeCause::Slow => "slow",
            SpikeCause::Error => "errors",
            SpikeCause::Cancelled => "cancelled",
        };
        *self.causes.entry(cause).or_default() += 1;
        self.all.add(trace);
        if let Some(tier) = &trace.tier {
            self.tiers.entry(tier.clone()).or_default().add(trace);
        }
        self.routes.entry(route(trace)).or_default().add(trace);
        self.hours.entry(trace.time.get(11..13).unwrap_or("?").to_owned()).or_default().add(trace);
        self.patterns.add(trace);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Spike traces of {}\n", self.day)?;
        let count = |cause| self.causes.get(cause).copied().unwrap_or_default();
        let (slow, errors, cancelled) = (count("slow"), count("errors"), count("cancelled"));
        writeln!(f, "{} entries: {slow} slow, {errors} errors, {cancelled} cancelled.", self.entries())?;
        if self.skipped > 0 {
            writeln!(f, "{} lines could not be read.", self.skipped)?;
        }
        writeln!(f, "\n## Durations\n\n| | p50 | p95 | slowest |\n|---|---:|---:|---:|")?;
        let all = &self.all;
        let sampled = [all.quantile(0.5), all.quantile(0.95), all.quantile(1.0)].map(duration);
        writeln!(f, "| what was sampled | {} |", sampled.join(" | "))?;
        if let Some(overall) = &self.overall {
            let [p50, p95] = [overall.p50, overall.p95].map(duration);
            writeln!(f, "| all requests | {p50} | {p95} | |")?;
        }
        self.write_tiers(f)?;
        self.write_routes(f)?;
        writeln!(f, "\n## Hours (UTC)\n")?;
        if self.hours.is_empty() {
            return writeln!(f, "No spikes.\n\n## Repeated patterns\n\nNone.");
        }
        writeln!(f, "| hour | entries | errors | slowest |\n|---|---:|---:|---:|")?;
        for (hour, tally) in &self.hours {
            let slowest = duration(tally.quantile(1.0));
            writeln!(f, "| {} | {} | {} | {slowest} |", code(hour), tally.entries, tally.errors)?;
        }
        write!(f, "\n## Repeated patterns\n\n{}", self.patterns)
    }
}

impl Report {
    fn write_tiers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## Tiers\n")?;
        let Some(percentage) = self.fallback_percentage() else { return writeln!(f, "No trace has a tier.") };
        writeln!(f, "| tier | entries | p50 | p95 |\n|---|---:|---:|---:|")?;
        for (tier, tally) in &self.tiers {
            let [p50, p95] = [0.5, 0.95].map(|q| duration(tally.quantile(q)));
            writeln!(f, "| {} | {} | {p50} | {p95} |", code(tier), tally.entries)?;
        }
        writeln!(f, "\nFallback usage percentage: {percentage:.2} %")
    }

    fn write_routes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n## Routes\n\n| route | entries | errors | p95 | slowest |\n|---|---:|---:|---:|---:|")?;
        let mut routes: Vec<_> = self.routes.iter().collect();
        routes.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.entries));
        for (route, tally) in routes.into_iter().take(MAX_LISTED) {
            let [p95, slowest] = [0.95, 1.0].map(|q| duration(tally.quantile(q)));
            writeln!(f, "| {} | {} | {} | {p95} | {slowest} |", code(route), tally.entries, tally.errors)?;
        }
        Ok(())
    }
}
