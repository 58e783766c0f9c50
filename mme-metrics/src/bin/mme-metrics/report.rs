//! `mme-metrics report daily`.

use std::fs;
use std::path::PathBuf;

use mme_metrics::http::HTTP;
use mme_metrics::spike::{Day, OverallLatency, Report};

use crate::{Said, Wrong, prometheus};

const HELP: &str = "\
Writes the report of a day's spike traces as YYYY-MM-DD.md.

Usage: mme-metrics report daily [options]

  --dir DIR          where the traces are [logs/spike_traces]
  --out DIR          where the report goes [where the traces are]
  --day YYYY-MM-DD   which day, in UTC [yesterday]
  --direct TIER      the tier that is no fallback [direct]
  --prometheus URL   asks a Prometheus for the quantiles of all requests, such as http://localhost:9090
  --job JOB          asks it for the requests of this job only
  --exposition FILE  reads them from a saved /metrics instead, since the start of that process
";

struct Options {
    traces: PathBuf,
    out: Option<PathBuf>,
    day: Day,
    direct: String,
    prometheus: Option<String>,
    job: Option<String>,
    exposition: Option<PathBuf>,
}

/// Writes the report, and says where and what is in it.
pub(crate) fn daily(arguments: &[&str]) -> Result<Said, Wrong> {
    let Some(options) = read(arguments)? else { return Ok(Said::Help(HELP)) };
    let Options { traces, out, day, direct, .. } = &options;
    let report = Report::read(traces, *day).map_err(|error| format!("cannot read {}: {error}", traces.display()))?;
    let mut report = report.direct(direct);
    if let Some(overall) = overall(&options)? {
        report = report.overall(overall);
    }
    let out = out.as_ref().unwrap_or(traces);
    let path = report.write(out).map_err(|error| format!("cannot write to {}: {error}", out.display()))?;
    Ok(Said::Done(format!("{}: {} entries", path.display(), report.entries())))
}

/// Finds the quantiles of all requests, where it was said how.
fn overall(options: &Options) -> Result<Option<OverallLatency>, Wrong> {
    let name = HTTP.server_duration.spec().name;
    if let Some(url) = &options.prometheus {
        let quantile = |q| prometheus::quantile(url, name, q, options.job.as_deref(), options.day.end());
        return Ok(Some(OverallLatency::new(quantile(0.5)?, quantile(0.95)?)));
    }
    let Some(path) = &options.exposition else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(Some(OverallLatency::from_exposition(&text, name)))
}

/// Reads the options; nothing where the help is asked for.
fn read(arguments: &[&str]) -> Result<Option<Options>, Wrong> {
    let mut options = Options {
        traces: PathBuf::from("logs/spike_traces"),
        out: None,
        day: Day::today().before(1),
        direct: "direct".to_owned(),
        prometheus: None,
        job: None,
        exposition: None,
    };
    let mut arguments = arguments.iter();
    while let Some(option) = arguments.next() {
        if matches!(*option, "--help" | "-h") {
            return Ok(None);
        }
        let mut value = || arguments.next().map(|value| (*value).to_owned());
        let value = value().ok_or_else(|| Wrong::call(format!("`{option}` needs a value: see `--help`")))?;
        match *option {
            "--dir" => options.traces = value.into(),
            "--out" => options.out = Some(value.into()),
            "--day" => options.day = value.parse().map_err(|error| Wrong::call(format!("`{value}`: {error}")))?,
            "--direct" => options.direct = value,
            "--prometheus" => options.prometheus = Some(value),
            "--job" => options.job = Some(value),
            "--exposition" => options.exposition = Some(value.into()),
            _ => return Err(Wrong::call(format!("`{option}` is no option: see `mme-metrics report daily --help`"))),
        }
    }
    Ok(Some(options))
}
