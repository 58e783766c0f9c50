//! The process, read from `/proc`.

use std::sync::OnceLock;

use procfs::process::{LimitValue, Process};
use procfs::{CurrentSI as _, KernelStats, ticks_per_second};

use super::metrics::PROCESS;

/// Reads every figure; one that cannot be read keeps its value.
pub(super) fn collect() {
    let Ok(process) = Process::myself() else { return };
    if let Ok(stat) = process.stat() {
        let ticks = ticks_per_second() as f64;
        PROCESS.cpu.observe((), (stat.utime + stat.stime) as f64 / ticks);
        PROCESS.virtual_memory.set((), stat.vsize as f64);
        PROCESS.resident_memory.set((), (stat.rss * procfs::page_size()) as f64);
        PROCESS.threads.set((), stat.num_threads as f64);
        if let Some(seconds) = started(stat.starttime as f64 / ticks) {
            PROCESS.start_time.set((), seconds);
        }
    }
    if let Some(kibibytes) = process.status().ok().and_then(|status| status.vmdata) {
        PROCESS.heap.set((), kibibytes as f64 * 1024.0);
    }
    if let Ok(open) = process.fd_count() {
        PROCESS.open_fds.set((), open as f64);
    }
    if let Ok(limits) = process.limits() {
        PROCESS.max_fds.set((), limit(limits.max_open_files.soft_limit));
        PROCESS.virtual_memory_max.set((), limit(limits.max_address_space.soft_limit));
    }
}

/// Turns the process's start since boot into a Unix time, once: the kernel moves the time of boot when the clock is set, and a
/// start time that moves looks like a restart.
fn started(since_boot: f64) -> Option<f64> {
    static STARTED: OnceLock<f64> = OnceLock::new();
    if let Some(known) = STARTED.get() {
        return Some(*known);
    }
    let kernel = KernelStats::current().ok()?;
    Some(*STARTED.get_or_init(|| kernel.btime as f64 + since_boot))
}

/// Without a limit, Prometheus' client libraries write the largest number.
fn limit(value: LimitValue) -> f64 {
    match value {
        LimitValue::Unlimited => u64::MAX as f64,
        LimitValue::Value(value) => value as f64,
    }
}
