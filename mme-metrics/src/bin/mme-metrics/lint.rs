//! The command `mme-metrics lint`.

use std::fmt::Write as _;

use clap::Args;

use crate::exposition;
use crate::fetch::Access;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Lint {
    /// The address of a `/metrics` page, or a file with one.
    #[arg(value_name = "URL|FILE")]
    source: String,

    #[command(flatten)]
    access: Access,
}

impl Lint {
    pub(crate) fn run(&self) -> Result<Outcome, String> {
        let text = exposition::read(&self.source, &self.access)?;
        let problems = exposition::lint(&text);
        let name = exposition::name(&self.source);
        let mut out = String::new();
        for problem in &problems {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name}:{}: {}", problem.line, problem.message);
        }
        Ok(Outcome::checked(out, !problems.is_empty()))
    }
}
