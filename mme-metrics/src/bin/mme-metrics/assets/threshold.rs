//! The command `mme-metrics assets thresholds`.

use std::fmt::Write as _;

use clap::Args;
use mme_metrics::asset::{self, FILES};

use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Thresholds {
    /// List only names that contain this text.
    #[arg(value_name = "TEXT", default_value = "")]
    text: String,
}

impl Thresholds {
    pub(crate) fn run(&self) -> Outcome {
        let wanted = self.text.to_lowercase();
        let all = asset::thresholds(FILES);
        let mut text = String::new();
        for threshold in all.iter().filter(|threshold| threshold.name.to_lowercase().contains(&wanted)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:<36} {:>10}   {}", threshold.name, threshold.value, threshold.condition);
        }
        Outcome::checked(text, false)
    }
}
