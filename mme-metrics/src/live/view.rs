//! What the page asks for: the samples since one that it has, as JSON without NaN.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use crate::metric::Unit;
use crate::process::PROCESS;

use super::chart::{Chart, Group};
use super::history::History;
use super::labels;
use super::plan::{By, Shape};
use super::ring::{INTERVAL, Line, SAMPLES};
use super::table::{self, Table};

/// Families in the order of the page, with their titles. Those that are not listed, which are the service's own, come at `OWN`.
const FAMILIES: [(&str, &str); 22] = [
    ("http", "HTTP"),
    ("grpc", "gRPC"),
    ("slo", "Objectives"),
    (SLOW, "Slow and failed requests"),
    ("database", "Databases"),
    ("health", "Dependencies"),
    ("isolation", "Isolation of tenants"),
    ("certificate", "Certificates"),
    ("runtime", "Runtime"),
    ("process", "Process"),
    (OWN, ""),
    ("business", "Business"),
    ("function", "Functions"),
    ("cache", "Caches"),
    ("connection", "Connections"),
    ("security", "Security"),
    ("log", "Log"),
    ("memory", "Memory"),
    ("spike", "Spike traces"),
    ("build", "Build"),
    ("other", "Other metrics"),
    ("mme", "The library"),
];

/// The place of single requests.
const SLOW: &str = "slow";

/// The place of the service's own families.
const OWN: &str = "";

/// An answer.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    instance: &'a str,
    sample: u64,
    /// Unix time of the last sample in milliseconds.
    time: f64,
    interval: f64,
    samples: u64,
    started: Option<f64>,
    conditions: Vec<Condition<'a>>,
    judged: Vec<&'static str>,
    sections: Vec<Section<'a>>,
    notes: Vec<String>,
    /// Memory of the history.
    bytes: usize,
}

/// A condition that holds.
#[derive(Serialize)]
struct Condition<'a> {
    alert: &'static str,
    severity: &'static str,
    summary: &'static str,
    subject: &'a str,
    figure: &'a str,
    since: f64,
    /// Whether it has held for as long as the alert wants.
    is_firing: bool,
}

/// A family.
#[derive(Serialize)]
struct Section<'a> {
    id: &'a str,
    title: &'a str,
    tables: Vec<Table>,
    charts: Vec<ChartView<'a>>,
}

#[derive(Serialize)]
struct ChartView<'a> {
    name: &'a str,
    help: &'a str,
    unit: &'static str,
    shape: &'static str,
    /// The label by which groups are told apart.
    by: Option<&'a str>,
    total: Option<GroupView<'a>>,
    groups: Vec<GroupView<'a>>,
    rest: Option<LineView<'a>>,
    left_out: usize,
    /// Its name among the figures at the top, if it is one of them.
    tile: Option<&'static str>,
}

#[derive(Serialize)]
struct GroupView<'a> {
    labels: Vec<(String, String)>,
    lines: Vec<LineView<'a>>,
}

/// The samples of a line that a page lacks.
#[derive(Serialize)]
struct LineView<'a> {
    id: u32,
    /// The number of the first of them.
    first: u64,
    values: Values<'a>,
}

struct Values<'a> {
    line: &'a Line,
    first: u64,
    last: u64,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for value in self.line.between(self.first, self.last) {
            list.serialize_element(&rounded(value))?;
        }
        list.end()
    }
}

/// Rounds to four digits, which is what a chart shows. `None` for no value.
fn rounded(value: f32) -> Option<f64> {
    let value = f64::from(value);
    if value == 0.0 || !value.is_finite() {
        return value.is_finite().then_some(0.0);
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    let scaled = (value * scale).round() / scale;
    Some(if scaled.is_finite() { scaled } else { value })
}

impl<'a> Answer<'a> {
    /// Makes the answer for a page that has the samples up to `since`.
    pub(super) fn new(history: &'a History, since: u64, slow: Vec<Table>) -> Self {
        let since = if since > history.sample { 0 } else { since };
        let conditions = history.conditions.active.iter().filter_map(|condition| {
            let alert = history.conditions.alert(condition)?;
            Some(Condition {
                alert: alert.name,
                severity: alert.severity,
                summary: alert.summary,
                subject: &condition.finding.subject,
                figure: &condition.finding.figure,
                since: condition.since,
                is_firing: history.unix - condition.since >= alert.hold,
            })
        });
        Self {
            instance: &history.instance,
            sample: history.sample,
            time: (history.unix * 1000.0).round(),
            interval: INTERVAL.as_secs_f64(),
            samples: SAMPLES,
            started: history.facts.only(PROCESS.start_time.spec()),
            conditions: conditions.collect(),
            judged: history.conditions.names().collect(),
            sections: sections(history, since, slow),
            notes: notes(history),
            bytes: history.bytes(),
        }
    }
}

fn notes(history: &History) -> Vec<String> {
    let set = history.settings.iter().map(|settings| format!("The operator has set: {settings}."));
    let mut notes: Vec<_> = set.collect();
    if history.left_out > 0 {
        notes.push(format!("There is no room for {} more metrics; /metrics has them all.", history.left_out));
    }
    let rows = history.facts.left_out + history.objectives.left_out;
    if rows > 0 {
        notes.push(format!("The tables and the judged alerts leave out {rows} series that there is no room for."));
    }
    notes
}

fn sections<'a>(history: &'a History, since: u64, slow: Vec<Table>) -> Vec<Section<'a>> {
    let mut slow = Some(slow);
    let mut families: BTreeMap<(usize, &'static str), Vec<&'a Chart>> = BTreeMap::new();
    let place = |family: &str| {
        let find = |wanted: &str| FAMILIES.iter().position(|(name, _)| *name == wanted);
        find(family).or_else(|| find(OWN)).unwrap_or(FAMILIES.len())
    };
    for chart in history.charts.iter().filter(|chart| chart.total.is_some()) {
        families.entry((place(chart.family), chart.family)).or_default().push(chart);
    }
    // Those that may have a table only.
    for (family, _) in FAMILIES.iter().filter(|(family, _)| *family != OWN) {
        families.entry((place(family), family)).or_default();
    }
    let mut section = |place: usize, family: &'static str, charts: Vec<&'a Chart>| {
        let title = FAMILIES.get(place).map_or("", |(_, title)| title);
        let mut charts: Vec<_> = charts.into_iter().map(|chart| ChartView::new(chart, since, history.sample)).collect();
        if family == "slo" {
            charts.extend(burn(history, since));
        }
        let title = if title.is_empty() { family } else { title };
        let tables = if family == SLOW { slow.take().unwrap_or_default() } else { table::of_family(history, family) };
        let section = Section { id: family, title, tables, charts };
        (!section.charts.is_empty() || !section.tables.is_empty()).then_some(section)
    };
    families.into_iter().filter_map(|((place, family), charts)| section(place, family, charts)).collect()
}

/// Returns the chart of all burn rates.
fn burn(history: &History, since: u64) -> Option<ChartView<'_>> {
    let groups: Vec<_> = history
        .objectives
        .list
        .iter()
        .map(|objective| GroupView {
            labels: vec![("slo".to_owned(), objective.name.to_string())],
            lines: vec![LineView::new(&objective.burn, since, history.sample)],
        })
        .collect();
    (!groups.is_empty()).then_some(ChartView {
        name: "burn rate",
        help: "Bad events of the last five minutes over those that the budget allows. 1 spends it exactly in the period.",
        unit: "",
        shape: "level",
        by: None,
        total: None,
        groups,
        rest: None,
        left_out: 0,
        tile: None,
    })
}

impl<'a> ChartView<'a> {
    fn new(chart: &'a Chart, since: u64, last: u64) -> Self {
        let shape = match chart.plan.shape {
            Shape::Latency => "latency",
            Shape::Rate => "rate",
            Shape::Level => "level",
            Shape::Age => "age",
        };
        let by = if let By::Label(key) = chart.plan.by { Some(key) } else { None };
        let group = |group: &'a Group| GroupView {
            labels: match by {
                Some(key) => vec![(key.to_owned(), group.key.to_string())],
                None => labels::pairs(&group.key).map(|(key, value)| (key.to_owned(), value.into_owned())).collect(),
            },
            lines: group.lines.iter().map(|line| LineView::new(line, since, last)).collect(),
        };
        Self {
            name: &chart.name,
            help: &chart.help,
            // The time since a moment is a time, whatever the moment is.
            unit: if chart.plan.shape == Shape::Age { Unit::Seconds } else { chart.unit }.as_str(),
            shape,
            by,
            total: chart.total.as_ref().map(|total| GroupView { labels: Vec::new(), ..group(total) }),
            groups: chart.groups.iter().map(group).collect(),
            rest: chart.rest.as_ref().map(|line| LineView::new(line, since, last)),
            left_out: chart.left_out,
            tile: chart.plan.tile,
        }
    }
}

impl<'a> LineView<'a> {
    fn new(line: &'a Line, since: u64, last: u64) -> Self {
        let first = line.first(since + 1, last);
        Self { id: line.id, first, values: Values { line, first, last } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits_and_are_never_nan() {
        let rounded = |value| rounded(value).map(|value| value.to_string());
        assert_eq!(rounded(0.123_456).as_deref(), Some("0.1235"));
        assert_eq!(rounded(-98_765.4).as_deref(), Some("-98770"));
        assert_eq!(rounded(0.0).as_deref(), Some("0"));
        assert_eq!((rounded(f32::NAN), rounded(f32::INFINITY)), (None, None));
        assert!(rounded(f32::MAX).is_some() && rounded(f32::MIN_POSITIVE).is_some());
    }
}
