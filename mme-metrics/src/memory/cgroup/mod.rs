//! The control group of the process: limits, usage, pressure and kills of its container.

mod file;
mod group;

use std::path::Path;

use self::group::Group;
use super::label::PressureResource;
use super::metrics::MEMORY;
use crate::metric::Gauge;

/// Where the kernel shows control groups.
const ROOT: &str = "/sys/fs/cgroup";

/// The file that says which group the process is in.
const OWN: &str = "/proc/self/cgroup";

/// Reads the group that the process is in now.
pub(super) fn collect() {
    if let Some(group) = Group::find(Path::new(ROOT), Path::new(OWN)) {
        report(&group);
    }
}

fn report(group: &Group) {
    let memory = group.memory();
    set(&MEMORY.limit, memory.limit.map(|bytes| bytes as f64));
    set(&MEMORY.usage, memory.usage.map(|bytes| bytes as f64));
    set(&MEMORY.working_set, memory.working_set.map(|bytes| bytes as f64));
    set(&MEMORY.cpu_limit, group.cpu_limit());
    if let Some(kills) = group.oom_kills() {
        MEMORY.oom_kills.observe((), kills);
    }
    for resource in PressureResource::ALL {
        if let Some(seconds) = group.pressure(resource.as_str()) {
            MEMORY.pressure.observe((resource,), seconds);
        }
    }
}

fn set(gauge: &Gauge<()>, value: Option<f64>) {
    match value {
        Some(value) => gauge.set((), value),
        None => gauge.clear(()),
    }
}

#[cfg(test)]
mod tests;
