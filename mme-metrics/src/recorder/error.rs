//! The errors of building or installing a recorder.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::global_label;
use super::registry::FOREIGN;
use crate::buckets;
use crate::label::MAX_VALUE_BYTES;
use crate::process::COLLECTORS;
#[cfg(feature = "settings")]
use crate::settings::SettingsError;

/// The error of building a recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Two families have this name.
    Family(String),
    /// Two metrics have this name, or their names differ only in a suffix that the exposition appends.
    Metric(String),
    /// A global label with this key cannot be exported.
    GlobalLabel(String),
    /// The buckets set for this metric cannot be used.
    Buckets(String),
    /// The form of a histogram was set for this metric, which is none.
    Histogram(String),
    /// A budget was set for a family of this name, but there is no such family.
    Budget(String),
    /// A collector cannot have this name, another one has it, or there are too many collectors.
    Collector(String),
    /// This deadline of the collectors is too short or too long.
    CollectDeadline(Duration),
    /// What the operator has set cannot be used.
    #[cfg(feature = "settings")]
    Settings(SettingsError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Family(name) => write!(f, "two families are named `{name}`: rename the static of one of them"),
            Self::Metric(name) => write!(f, "two metrics have lines named `{name}`: rename one of them"),
            Self::GlobalLabel(key) => {
                write!(
                    f,
                    "`{key}` cannot be a global label: use {}, once, and at most {} in all",
                    global_label::ACCEPTS,
                    global_label::MOST
                )
            }
            Self::Buckets(metric) => write!(
                f,
                "the buckets of `{metric}` cannot be used: give a histogram 1 to {} finite, ascending bounds without +Inf",
                buckets::MAX_BOUNDS
            ),
            Self::Histogram(metric) => {
                write!(f, "`{metric}` is not a histogram, so it has no form: name a histogram")
            }
            Self::Budget(family) => write!(
                f,
                "a budget is set for the unknown family `{family}`: add it with `RecorderBuilder::family`, or use `{FOREIGN}` for metrics of other crates"
            ),
            Self::Collector(name) => write!(
                f,
                "`{name}` cannot be the name of a collector: give each of at most {COLLECTORS} collectors a name of its own, of 1 to {MAX_VALUE_BYTES} bytes without invisible characters"
            ),
            Self::CollectDeadline(deadline) => {
                write!(f, "collectors cannot have a deadline of {deadline:?}: set one of 1 ms to 10 s")
            }
            // As it is, because it names the place that the operator has to change.
            #[cfg(feature = "settings")]
            Self::Settings(error) => write!(f, "{error}"),
        }
    }
}

impl Error for BuildError {}

/// The error of installing a recorder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstallError {
    /// The recorder could not be built.
    Build(BuildError),
    /// The process has a recorder of this crate already.
    Taken,
    /// The process has a recorder of another crate already.
    Foreign,
    /// The process was forked after its recorder was installed, so it has a copy of the parent's values.
    Forked,
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => write!(f, "the recorder could not be built: {error}"),
            Self::Taken => f.write_str("a recorder is installed already: call `install` once, at the start of `main`"),
            Self::Foreign => f.write_str(
                "the recorder of another crate is installed already: remove it, or keep it and leave out `install`",
            ),
            Self::Forked => f.write_str(
                "this process was forked after its recorder was installed: call `install` after the last `fork`",
            ),
        }
    }
}

impl Error for InstallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message has the error itself.
            Self::Build(error) => error.source(),
            Self::Taken | Self::Foreign | Self::Forked => None,
        }
    }
}
