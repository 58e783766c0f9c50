//! A control group of version 2.

use std::path::{Component, Path, PathBuf};

use super::file;

/// A control group, by its folder and those above it.
#[derive(Debug)]
pub(super) struct Group {
    /// The folder of the group, and then each folder above it up to the root.
    folders: Vec<PathBuf>,
}

/// The memory of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupMemory {
    pub(super) limit: Option<u64>,
    pub(super) usage: Option<u64>,
    pub(super) working_set: Option<u64>,
}

impl Group {
    /// Returns the group of a process, if the groups below `root` are of version 2. `own` is the process's `/proc/…/cgroup`.
    pub(super) fn find(root: &Path, own: &Path) -> Option<Self> {
        if !root.join("cgroup.controllers").exists() {
            return None;
        }
        let path = file::rest(own, "0::/").unwrap_or_default();
        let path = Path::new(&path);
        // A group above what the process can see begins with `..`; it is shown as the root.
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        let own = if is_below { root.join(path) } else { root.to_owned() };
        Some(Self {
            folders: own.ancestors().take_while(|folder| folder.starts_with(root)).map(Path::to_owned).collect(),
        })
    }

    fn own(&self, name: &str) -> PathBuf {
        self.folders[0].join(name)
    }

    /// Returns the memory of the nearest group with a limit, or else of the group itself.
    pub(super) fn memory(&self) -> GroupMemory {
        let limited = self.folders.iter().find_map(|folder| Some((folder, limit(folder)?)));
        let (folder, limit) = match limited {
            Some((folder, limit)) => (folder, Some(limit)),
            None => (&self.folders[0], None),
        };
        let usage = file::line(&folder.join("memory.current")).and_then(|text| text.parse().ok());
        let unused = file::number(&folder.join("memory.stat"), "inactive_file");
        let working_set = usage.zip(unused).map(|(usage, unused): (u64, u64)| usage.saturating_sub(unused));
        GroupMemory { limit, usage, working_set }
    }

    /// Returns the cores that the group may use: the smallest quota of it and of the groups above.
    pub(super) fn cpu_limit(&self) -> Option<f64> {
        self.folders.iter().filter_map(|folder| cores(folder)).reduce(f64::min)
    }

    /// Returns how many processes of the group the kernel has killed for memory.
    pub(super) fn oom_kills(&self) -> Option<u64> {
        file::number(&self.own("memory.events"), "oom_kill")
    }

    /// Returns the seconds that some task of the group has waited for a resource.
    pub(super) fn pressure(&self, resource: &str) -> Option<f64> {
        let some = file::rest(&self.own(&format!("{resource}.pressure")), "some ")?;
        let microseconds: u64 = some.split(' ').find_map(|part| part.strip_prefix("total="))?.parse().ok()?;
        Some(microseconds as f64 / 1e6)
    }
}

/// Returns the limit of a group itself; `max` means that it has none.
fn limit(folder: &Path) -> Option<u64> {
    file::line(&folder.join("memory.max"))?.parse().ok()
}

/// Returns the quota of a group itself, in cores: `max 100000`, or `150000 100000` for one and a half.
fn cores(folder: &Path) -> Option<f64> {
    let line = file::line(&folder.join("cpu.max"))?;
    let (quota, period) = line.split_once(' ')?;
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
