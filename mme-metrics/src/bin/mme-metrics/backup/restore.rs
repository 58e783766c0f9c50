//! The command `mme-metrics backup restore`.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::list::List;
use crate::disk::cannot;
use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Restore {
    /// The directory of the backup.
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,

    /// The data directory, which has to be empty or missing: `--storage.tsdb.path`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Restore {
    pub(super) fn run(self) -> Result<Outcome, String> {
        let list = List::read(&self.backup)?;
        let problems = list.problems(&self.backup)?;
        if !problems.is_empty() {
            return Err(format!("nothing was restored, because the backup is not whole:\n  {}", problems.join("\n  ")));
        }
        if self.data.exists() {
            let mut entries = fs::read_dir(&self.data).map_err(cannot("read", &self.data))?;
            if entries.next().is_some() {
                return Err(format!("{} is not empty: restore to a new directory", self.data.display()));
            }
        }
        for path in list.paths() {
            let (from, to) = (self.backup.join(path), self.data.join(path));
            let parent = to.parent().unwrap_or(&self.data);
            fs::create_dir_all(parent).map_err(cannot("create", parent))?;
            fs::copy(&from, &to).map_err(cannot("write", &to))?;
        }
        Ok(Outcome::success(format!("{}: {} files, {} bytes", self.data.display(), list.len(), list.bytes())))
    }
}
