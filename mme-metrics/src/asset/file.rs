//! An asset: a file for Prometheus, Alertmanager or Grafana, as a value.

use std::borrow::Cow;
use std::path::Path;
use std::{fs, io};

/// The kind of an asset file. It determines which checks apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetKind {
    /// Recording rules and alerts, as Prometheus loads them.
    Rules,
    /// Unit tests of rules, for `promtool test rules`.
    RuleTests,
    /// A Prometheus configuration, or optional rules with their test, which a configuration includes only if needed.
    Configuration,
    /// An Alertmanager configuration: routes, inhibition and receivers.
    Routing,
    /// Templates for the notifications of Alertmanager.
    Notification,
    /// The documented metrics of an exporter, which no family declares.
    Exporter,
    /// A Grafana dashboard.
    Dashboard,
    /// Folders and data sources that Grafana loads when it starts.
    Provisioning,
    /// A runbook: the steps to take when an alert fires.
    Runbook,
    /// A file that runs the others: for compose, Kubernetes, Helm or a collector.
    Deployment,
}

/// An asset file: a bundled one, or one of your own to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    kind: AssetKind,
    path: Cow<'static, str>,
    text: Cow<'static, str>,
}

impl AssetFile {
    /// Creates an asset file from its text. Findings name its path.
    pub fn new(kind: AssetKind, path: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, path: path.into(), text: text.into() }
    }

    /// Reads an asset file from disk.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if the file cannot be read, and an error if it is not UTF-8.
    pub fn read(kind: AssetKind, path: impl AsRef<Path>) -> io::Result<Self> {
        let text = fs::read_to_string(&path)?;
        Ok(Self::new(kind, path.as_ref().to_string_lossy().replace('\\', "/"), text))
    }

    pub(super) const fn bundled(kind: AssetKind, path: &'static str, text: &'static str) -> Self {
        Self { kind, path: Cow::Borrowed(path), text: Cow::Borrowed(text) }
    }

    /// Returns the kind of the file.
    pub const fn kind(&self) -> AssetKind {
        self.kind
    }

    /// Returns the path of the file, with `/` between directories.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the whole text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the file name without its extension.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }
}
