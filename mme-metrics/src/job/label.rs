//! The label of jobs, registered at set-up.

use crate::label::labels;

labels! {
    /// The label `job_name`: a name that the service gives to a job. `job` is Prometheus' own label, for the service.
    pub registered JobName: "job_name", budget = 200, fallback = "_other";
}
