//! Dashboard variables, which the user of a dashboard chooses.

use super::query::Series;
use crate::metric::Spec;
use crate::process::MME;

/// A dashboard variable that offers the values of a label. Panels use it as `label=~"$name"`.
#[derive(Clone, Debug)]
pub struct Variable {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) query: String,
}

impl Variable {
    /// Creates a variable with the values of `label` on the series of a metric, for the chosen job and instance.
    pub fn label(name: &str, title: &str, spec: &Spec, label: &str) -> Self {
        Self::values(name, title, &Series::of(spec).to_string(), label)
    }

    /// Returns the variables `job` and `instance`, from a metric that every recorder exposes.
    pub(super) fn service() -> Vec<Self> {
        Self::targets(MME.series.spec().name)
    }

    /// Returns the variables `job` and `instance`, with the targets that have a metric.
    pub(super) fn targets(metric: &str) -> Vec<Self> {
        vec![
            Self::values("job", "Job", metric, "job"),
            Self::values("instance", "Instance", &format!("{metric}{{job=~\"$job\"}}"), "instance"),
        ]
    }

    fn values(name: &str, title: &str, series: &str, label: &str) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), query: format!("label_values({series}, {label})") }
    }
}
