//! The command `mme-metrics backup create`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use clap::Args;

use super::list::List;
use super::textfile;
use crate::disk::{self, cannot};
use crate::fetch::Access;
use crate::outcome::Outcome;
use crate::prometheus::Prometheus;

#[derive(Args)]
pub(crate) struct Create {
    /// The Prometheus to back up. It has to run with `--web.enable-admin-api`.
    #[arg(long, value_name = "URL")]
    prometheus: String,

    /// Its data directory: `--storage.tsdb.path`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Write the backup to a new directory in this one.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Write the metrics that `MmeBackupStale` reads to this file, for the textfile collector of `node_exporter`.
    #[arg(long, value_name = "FILE.prom")]
    textfile: Option<PathBuf>,

    /// The label `backup` of these metrics.
    #[arg(long, value_name = "NAME", default_value = "prometheus", value_parser = textfile::name)]
    name: String,

    #[command(flatten)]
    access: Access,
}

impl Create {
    pub(super) fn run(self) -> Result<Outcome, String> {
        let began = Instant::now();
        let prometheus = Prometheus::new(self.access.client()?, &self.prometheus);
        let snapshot = prometheus.snapshot()?;
        let from = self.data.join("snapshots").join(&snapshot);
        if !from.is_dir() {
            return Err(format!(
                "the snapshot {} is not there: --data has to be the --storage.tsdb.path of this Prometheus",
                disk::name(&from)
            ));
        }
        let copied = copy(&from, &self.out, &snapshot);
        // The snapshot is ours, and its files are links to those of Prometheus, so it goes in any case.
        let removed = fs::remove_dir_all(&from).map_err(cannot("remove", &from));
        let (backup, list) = copied?;
        removed?;
        if let Some(file) = &self.textfile {
            let made = SystemTime::now();
            textfile::write(file, &self.name, made, began.elapsed(), list.bytes())?;
        }
        Ok(Outcome::success(format!("{}: {} files, {} bytes", backup.display(), list.len(), list.bytes())))
    }
}

/// Copies a snapshot. The backup gets its name when it is whole.
fn copy(from: &Path, out: &Path, name: &str) -> Result<(PathBuf, List), String> {
    let (backup, partial) = (out.join(name), out.join(format!(".{name}.partial")));
    if backup.exists() {
        return Err(format!("{} exists already", backup.display()));
    }
    fs::create_dir_all(&partial).map_err(cannot("create", &partial))?;
    let list = List::copy(from, &partial).and_then(|list| {
        if !list.has_samples() {
            return Err("the snapshot has no samples: Prometheus has not scraped anything yet".to_owned());
        }
        list.write(&partial)?;
        fs::rename(&partial, &backup).map_err(cannot("write", &backup))?;
        Ok(list)
    });
    if list.is_err() {
        // What could be removed is; the error says why there is no backup.
        let _ = fs::remove_dir_all(&partial);
    }
    list.map(|list| (backup, list))
}
