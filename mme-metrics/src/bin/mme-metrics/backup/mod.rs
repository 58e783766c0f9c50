//! The command `mme-metrics backup`.

mod create;
mod list;
mod restore;
mod textfile;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::outcome::Outcome;

#[derive(Subcommand)]
pub(crate) enum Backup {
    /// Take a snapshot of Prometheus' data, and copy it to a directory of its own.
    Create(create::Create),
    /// Copy a backup into an empty data directory, for a Prometheus that is not running.
    Restore(restore::Restore),
    /// Check that a backup is whole and unchanged.
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The directory of the backup.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
}

impl Backup {
    pub(crate) fn run(self) -> Result<Outcome, String> {
        match self {
            Self::Create(create) => create.run(),
            Self::Restore(restore) => restore.run(),
            Self::Verify(Verify { backup }) => {
                let problems = list::List::read(&backup)?.problems(&backup)?;
                let text =
                    if problems.is_empty() { format!("{} is whole", backup.display()) } else { problems.join("\n") };
                Ok(Outcome::checked(text, !problems.is_empty()))
            }
        }
    }
}
