//! What a check has found.

use std::fmt;

use super::AssetFile;

/// A fault in a file: where it stands and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssetFinding {
    /// Path of the file.
    pub file: String,
    /// Line on which the faulty part begins, from 1; none if the part cannot be located or the whole file is meant.
    pub line: Option<usize>,
    /// The rule, alert, panel or variable within the file; empty when the file as a whole is meant.
    pub place: String,
    /// The expression, as it stands in the file; empty when no expression is meant.
    pub expression: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Which of the checks failed.
    pub kind: FindingKind,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Part of a file that was not checked.
    Note,
    /// It loads and works, but not as well as it could.
    Warning,
    /// It does not load, or never gives what it promises.
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

            /// Returns the stable identifier, such as `unknown-metric`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// Returns how much findings of this kind matter.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }
        }
    };
}

kinds! {
    /// The file cannot be read as what it is said to be.
    UnreadableFile = "unreadable-file", Error;
    /// Prometheus 2.42 refuses the rule or its group.
    InvalidRule = "invalid-rule", Error;
    /// The expression is not PromQL.
    InvalidExpression = "invalid-expression", Error;
    /// A function or syntax that Prometheus 2.42 does not have.
    NewerSyntax = "newer-syntax", Error;
    /// A template of an alert that Prometheus refuses.
    InvalidTemplate = "invalid-template", Error;
    /// A dashboard variable where nothing fills it in.
    DashboardVariable = "dashboard-variable", Error;
    /// A metric that does not exist.
    UnknownMetric = "unknown-metric", Error;
    /// A label that the series do not have.
    UnknownLabel = "unknown-label", Error;
    /// A value that a label cannot have.
    ImpossibleValue = "impossible-value", Error;
    /// A bucket bound that the histogram does not have.
    UnknownBucket = "unknown-bucket", Error;
    /// A function for counters that gets a gauge, or one for gauges that gets a counter.
    WrongFunction = "wrong-function", Error;
    /// A quantile of series without the label `le`.
    MissingBuckets = "missing-buckets", Error;
    /// Two sides of an operator that have no series in common.
    NeverMatches = "never-matches", Error;
    /// A metric that is declared, of which the exposition has no series.
    NotRecorded = "not-recorded", Error;
    /// A metric that a file uses, of which the exposition has no series.
    NotEmitted = "not-emitted", Warning;
    /// A query that the check does not read, such as one for Loki.
    SkippedQuery = "skipped-query", Note;
    /// A name, label or annotation of an alert that is not as it should be.
    AlertStyle = "alert-style", Warning;
    /// A recorded name that does not read `level:metric:operations`.
    RecordName = "record-name", Warning;
    /// More rules in a group than one interval should evaluate.
    LargeGroup = "large-group", Warning;
    /// Two alerts or groups of one name.
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

/// What is wrong, before it is known where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: FindingKind,
    pub(super) message: String,
}

/// Where a problem stands.
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
    /// The file as a whole.
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
    /// Returns how much it matters.
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
