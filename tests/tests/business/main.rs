//! The business family: exact money, operations, tiers, queues, scores, and refused input.

mod ends;
mod hostile;
mod laws;
mod money;
mod state;

use mme_metrics::Format;
use mme_metrics::testing::Emission;

/// Returns how many observations were refused for a reason.
fn refused(emission: &Emission, reason: &str) -> u64 {
    let text = emission.recorder().render(Format::Text);
    let beginning = format!("mme_rejected_observations_total{{reason=\"{reason}\"}} ");
    let line = text.lines().find_map(|line| line.strip_prefix(&beginning));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no reason {reason} in\n{text}"))
}
