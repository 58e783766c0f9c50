//! The findings of the asset check and the lint.

use std::fmt;

use super::AssetFile;

/// A finding in a file: its location, what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssetFinding {
    /// Path of the file.
    pub file: String,
    /// The line on which the faulty part begins, counted from 1. It is `None` if the part cannot be located or the
    /// finding is about the whole file.
    pub line: Option<usize>,
    /// The rule, alert, panel or variable within the file. It is empty if the finding is about the whole file.
    pub place: String,
    /// The expression, as written in the file. It is empty if the finding is not about an expression.
    pub expression: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The check that failed.
    pub kind: FindingKind,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// A part of the file was not checked.
    Note,
    /// The file loads and works, but it can be improved.
    Warning,
    /// The file does not load, or a part of it can never work.
    Error,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $id:literal, $severity:ident;)+) => {
        /// The check that failed. Its identifier stays the same between versions, so that a tool can filter by it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FindingKind {
            $($(#[$doc])+ $name,)+
        }

        impl FindingKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the stable identifier of the kind, such as `unknown-metric`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// Returns the severity of findings of this kind.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }
        }
    };
}

kinds! {
    /// The file cannot be parsed as the kind of asset that it is declared to be.
    UnreadableFile = "unreadable-file", Error;
    /// Prometheus 2.42 rejects the rule or its group.
    InvalidRule = "invalid-rule", Error;
    /// The expression is not PromQL.
    InvalidExpression = "invalid-expression", Error;
    /// A function or syntax that Prometheus 2.42 does not have.
    NewerSyntax = "newer-syntax", Error;
    /// A template of an alert that Prometheus rejects.
    InvalidTemplate = "invalid-template", Error;
    /// A dashboard variable in a place where it is not filled in.
    DashboardVariable = "dashboard-variable", Error;
    /// A metric that does not exist.
    UnknownMetric = "unknown-metric", Error;
    /// A label that the series do not have.
    UnknownLabel = "unknown-label", Error;
    /// A value that a label cannot have.
    ImpossibleValue = "impossible-value", Error;
    /// A bucket bound that the histogram does not have.
    UnknownBucket = "unknown-bucket", Error;
    /// A function for counters applied to a gauge, or a function for gauges applied to a counter.
    WrongFunction = "wrong-function", Error;
    /// A quantile of series without the label `le`.
    MissingBuckets = "missing-buckets", Error;
    /// An operator whose two sides have no matching series.
    NeverMatches = "never-matches", Error;
    /// A declared metric without a series in the exposition.
    NotRecorded = "not-recorded", Error;
    /// A metric that a file uses, without a series in the exposition.
    NotEmitted = "not-emitted", Warning;
    /// An expression that returns nothing, because the operator of the service has disabled what it reads.
    Blind = "blind", Error;
    /// An expression of which a part returns nothing, because the operator of the service has disabled what that reads.
    PartlyBlind = "partly-blind", Warning;
    /// A query in another language, such as one for Loki, which is not checked.
    SkippedQuery = "skipped-query", Note;
    /// A name, label or annotation of an alert that breaks a convention.
    AlertStyle = "alert-style", Warning;
    /// A name of a recording rule that does not have the form `level:metric:operations`.
    RecordName = "record-name", Warning;
    /// A group with more rules than one interval should evaluate.
    LargeGroup = "large-group", Warning;
    /// Two alerts or two groups with the same name.
    DuplicateName = "duplicate-name", Warning;
    /// A YAML alias in place of an expression.
    YamlAlias = "yaml-alias", Error;
    /// A denominator that can be zero.
    UnguardedDivision = "unguarded-division", Warning;
    /// A range of fewer than four scrapes.
    ShortRange = "short-range", Warning;
    /// A whole bucket bound, which Prometheus 2 and 3 write differently.
    WholeBound = "whole-bound", Warning;
    /// A link to a dashboard that does not exist.
    DashboardLink = "dashboard-link", Warning;
    /// A missing or incomplete runbook.
    Runbook = "runbook", Warning;
    /// A rule without a test.
    MissingTest = "missing-test", Warning;
    /// Groups that a rule test evaluates in random order.
    TestOrder = "test-order", Warning;
}

/// A finding without its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: FindingKind,
    pub(super) message: String,
}

/// The location of a problem.
#[derive(Clone, Debug)]
pub(super) struct Site<'f> {
    pub(super) file: &'f AssetFile,
    pub(super) line: Option<usize>,
    pub(super) place: String,
}

impl FindingKind {
    pub(super) fn says(self, message: impl Into<String>) -> Problem {
        Problem { kind: self, message: message.into() }
    }
}

impl<'f> Site<'f> {
    /// Returns the location of a whole file.
    pub(super) fn file(file: &'f AssetFile) -> Self {
        Self { file, line: None, place: String::new() }
    }

    pub(super) fn finding(&self, expression: &str, problem: Problem) -> AssetFinding {
        AssetFinding {
            file: self.file.path().to_owned(),
            line: self.line,
            place: self.place.clone(),
            expression: expression.to_owned(),
            message: problem.message,
            kind: problem.kind,
        }
    }
}

impl AssetFinding {
    /// Returns the severity of the finding.
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

impl fmt::Display for AssetFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.place.is_empty() {
            write!(f, ": {}", self.place)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.expression.is_empty() {
            write!(f, "\n    in: {}", self.expression.trim().replace('\n', "\n        "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
