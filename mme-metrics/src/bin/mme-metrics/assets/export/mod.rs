//! The command `mme-metrics assets export`.

mod change;
mod manifest;
mod platform;
mod target;

use std::path::{Path, PathBuf};

use clap::Args;
use mme_metrics::asset::{AssetFile, AssetHistograms, AssetLayout, AssetOptions, FILES};

pub(crate) use self::platform::Platform;
use self::target::Target;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Export {
    /// Write to this directory. It is created if need be. A file in it that this command did not write is never replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Arrange the files like this: `default`, `mme`, `platform` or `trust`. Only `default` has the rule tests.
    #[arg(long, value_name = "LAYOUT", default_value = "default")]
    layout: AssetLayout,

    /// Let Prometheus scrape the service under this job [default: trust-service]
    #[arg(long, value_name = "JOB")]
    job: Option<String>,

    /// Take only these jobs for services whose failure pages: a regular expression of the whole name, such as `shop-.*|till`
    /// [default: every job]
    #[arg(long, value_name = "REGEX")]
    services: Option<String>,

    /// Also judge services that push their metrics, by OTLP or remote write, which have no `up`: by the age of their newest sample.
    #[arg(long)]
    pushed: bool,

    /// Read these buckets of histograms: `classic`, `native` or `both`. Native ones need Prometheus 3.
    #[arg(long, value_name = "FORM", default_value = "classic")]
    histograms: AssetHistograms,

    /// Keep targets apart by these labels too, in rules, alerts and dashboards.
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    by: Vec<String>,

    /// Set a threshold of an alert, such as `MmeHttpErrorRateHigh=0.01` or `MmeHttpErrorRateHigh.for=10m`, or that of some series,
    /// such as `MmeHttpLatencyHigh{http_route="/export"}=2`; `assets thresholds` lists the names. The rule tests of a changed file
    /// are left out.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,

    /// Also write the files that deploy the stack here. They need the layout `default`.
    #[arg(long = "for", value_name = "PLATFORM", value_enum)]
    platform: Option<platform::Platform>,

    /// Print what would change, and write nothing. The exit code is 1 if anything would change.
    #[arg(long)]
    diff: bool,
}

/// Splits `name=value`, where the name may have a selector with further signs of equality.
fn assignment(text: &str) -> Result<(String, String), String> {
    let selected = text.rfind('}').map_or(0, |end| end + 1);
    let equals = text[selected..].find('=').ok_or("write it as NAME=VALUE")? + selected;
    Ok((text[..equals].to_owned(), text[equals + 1..].to_owned()))
}

/// Renders the bundled files with those of a platform.
pub(crate) fn render(options: &AssetOptions, platform: Option<Platform>) -> Result<Vec<AssetFile>, String> {
    let mut files = options.render(FILES).map_err(|error| error.to_string())?;
    platform::retain(&mut files, platform);
    Ok(files)
}

/// Writes files to a directory as an export does, but keeps those that were changed since an earlier one. Returns their paths.
pub(crate) fn update(directory: &Path, files: &[AssetFile]) -> Result<Vec<String>, String> {
    let target = Target::open(directory)?;
    let (kept, changes): (Vec<_>, Vec<_>) =
        target.plan(files)?.into_iter().partition(|change| change.refusal().is_some());
    target.apply(files, &changes)?;
    Ok(kept.into_iter().map(|change| change.path).collect())
}

impl Export {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        let is_rendered = self.pushed
            || self.services.is_some()
            || self.histograms != AssetHistograms::Classic
            || !(self.by.is_empty() && self.set.is_empty());
        if let Some(platform) = self.platform {
            if self.layout != AssetLayout::Default {
                return Err("the deployment files name those of the layout `default`: leave out --layout".to_owned());
            }
            if let Some(refusal) = platform.refusal(self.job.is_some(), is_rendered) {
                return Err(refusal.to_owned());
            }
        }
        let mut options = AssetOptions::new().layout(self.layout).pushed(self.pushed).histograms(self.histograms);
        options = self.by.into_iter().fold(options, AssetOptions::group_by);
        options = self.set.into_iter().fold(options, |options, (name, value)| options.threshold(name, value));
        options = self.job.into_iter().fold(options, AssetOptions::job);
        options = self.services.into_iter().fold(options, AssetOptions::services);
        let files = render(&options, self.platform)?;
        let target = Target::open(&self.out)?;
        let changes = target.plan(&files)?;
        if self.diff {
            let text: String = changes.iter().map(change::Change::diff).collect();
            return Ok(Outcome::checked(text, !changes.is_empty()));
        }
        let refused: Vec<_> = changes.iter().filter_map(change::Change::refusal).collect();
        if !refused.is_empty() {
            return Err(format!(
                "nothing was written, because files at {} would be lost that this command did not write, or that were \
                 changed since: move them away, or export to another directory\n  {}",
                self.out.display(),
                refused.join("\n  ")
            ));
        }
        target.apply(&files, &changes)?;
        let count = |kind: &str| changes.iter().filter(|change| change.verb() == kind).count();
        Ok(Outcome::success(format!(
            "{}: {} files, {} new, {} changed, {} removed",
            self.out.display(),
            files.len(),
            count("add"),
            count("change"),
            count("remove")
        )))
    }
}
