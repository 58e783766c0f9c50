//! One asset as a value.

use std::borrow::Cow;
use std::path::Path;
use std::{fs, io};

/// What a file is for, and so what is checked in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssetKind {
    /// Recording rules and alerts, as Prometheus loads them.
    Rules,
    /// Unit tests of rules, for `promtool test rules`.
    RuleTests,
    /// A Prometheus configuration, or rules with their test that it includes only where they are wanted.
    Configuration,
    /// An Alertmanager configuration: routes, inhibition and receivers.
    Routing,
    /// Templates of Alertmanager's notifications.
    Notification,
    /// The documented metrics of an exporter that no family declares.
    Exporter,
    /// A Grafana dashboard.
    Dashboard,
    /// Folders and data sources that Grafana loads at its start.
    Provisioning,
    /// What to do when an alert fires.
    Runbook,
}

/// A file: one that comes with the crate, or one of your own to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    kind: AssetKind,
    path: Cow<'static, str>,
    text: Cow<'static, str>,
}

impl AssetFile {
    /// Describes a file by its path, which findings name, and its text.
    pub fn new(kind: AssetKind, path: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, path: path.into(), text: text.into() }
    }

    /// Reads a file of your own.
    ///
    /// # Errors
    ///
    /// Returns what the system says when the file cannot be read or is not UTF-8.
    pub fn read(kind: AssetKind, path: impl AsRef<Path>) -> io::Result<Self> {
        let text = fs::read_to_string(&path)?;
        Ok(Self::new(kind, path.as_ref().to_string_lossy().replace('\\', "/"), text))
    }

    pub(super) const fn bundled(kind: AssetKind, path: &'static str, text: &'static str) -> Self {
        Self { kind, path: Cow::Borrowed(path), text: Cow::Borrowed(text) }
    }

    /// Says what the file is for.
    pub const fn kind(&self) -> AssetKind {
        self.kind
    }

    /// Returns where the file stands, with `/` between directories.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the last part of the path without its extension.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }
}
