//! The panels of the process and its runtime.

use crate::asset::dashboard::{DisplayUnit, Panel, Promql, Row, Series, View};
use crate::memory::MEMORY;
use crate::metric::Spec;
use crate::process::PROCESS;
use crate::runtime::RUNTIME;

const EACH: [&str; 2] = ["job", "instance"];
const LEGEND: &str = "{{job}} {{instance}}";
const INSTANCE: [&str; 1] = ["instance"];
const RUNTIMES: [&str; 3] = ["job", "instance", "runtime"];
const RUNTIME_LEGEND: &str = "{{job}} {{instance}} {{runtime}}";

/// Returns the value of a metric on each instance.
pub(super) fn each(spec: &Spec) -> Promql {
    Series::of(spec).value().max_by(&EACH)
}

pub(super) fn cpu() -> Panel {
    Panel::new("CPU", DisplayUnit::Share, "Share of the cores that the process may use.")
        .judged(&Series::of_target("job_instance:process_cpu_seconds_per_core:ratio_rate5m"), &EACH)
        .warning("MmeProcessCpuHigh", 0.8)
}

pub(super) fn memory() -> Panel {
    Panel::new(
        "Memory",
        DisplayUnit::Bytes,
        "Resident memory, and the data segment, which holds the heap. The limit is that of the container, where there is one.",
    )
    .query(each(PROCESS.resident_memory.spec()), "resident {{instance}}")
    .query(each(PROCESS.heap.spec()), "heap {{instance}}")
    .limit_line(each(MEMORY.limit.spec()), &INSTANCE)
}

pub(super) fn file_descriptors() -> Panel {
    let share = each(PROCESS.open_fds.spec()).share_of(&each(PROCESS.max_fds.spec()));
    Panel::new(
        "File descriptors",
        DisplayUnit::Share,
        "Share of the limit. At 100 % the process can accept no connection and open no file.",
    )
    .query(share, LEGEND)
    .warning("MmeProcessFdsHigh", 0.8)
}

/// Returns the row of the process, from the operating system.
pub(super) fn process() -> Row {
    Row::new("Process")
        .panel(cpu())
        .panel(memory())
        .panel(file_descriptors())
        .panel(
            Panel::new(
                "Open file descriptors",
                DisplayUnit::Short,
                "Files and sockets that the process has open, and how many it may open.",
            )
            .query(each(PROCESS.open_fds.spec()), "open {{instance}}")
            .limit_line(each(PROCESS.max_fds.spec()), &INSTANCE),
        )
        .panel(
            Panel::new("Threads", DisplayUnit::Short, "Threads of the operating system.")
                .query(each(PROCESS.threads.spec()), LEGEND),
        )
        .panel(
            Panel::new("Started", DisplayUnit::Since, "When each process started.")
                .view(View::Stat)
                .query(each(PROCESS.start_time.spec()).times(1000), LEGEND),
        )
        .panel(
            Panel::new("Virtual memory", DisplayUnit::Bytes, "Address space, and its limit where there is one.")
                .query(each(PROCESS.virtual_memory.spec()), "used {{instance}}")
                // If there is no limit, the metric has the largest possible value, which would flatten all other lines.
                .limit_line(format!("{} < 1e15", each(PROCESS.virtual_memory_max.spec())).as_str().into(), &INSTANCE),
        )
}

/// Returns the row of the tokio runtimes.
pub(super) fn runtime() -> Row {
    let value = |spec: &Spec| Series::of(spec).value().max_by(&RUNTIMES);
    Row::new("Runtime (tokio)")
        .panel(
            Panel::new(
                "Delay of the event loop",
                DisplayUnit::Seconds,
                "How late timers wake. A slow backend does not delay them; a busy or blocked runtime does.",
            )
            .quantiles(&Series::buckets(RUNTIME.delay.spec()), &RUNTIMES),
        )
        .panel(
            Panel::new("Stalls", DisplayUnit::Short, "Times that nothing ran for more than 100 ms.")
                .view(View::Counts)
                .sum(&Series::of(RUNTIME.stalls.spec()).counts(), &RUNTIMES),
        )
        .panel(
            Panel::new(
                "Busy workers",
                DisplayUnit::Share,
                "Share of the worker threads' time that is spent on tasks. Near 100 % tasks wait for a worker.",
            )
            .judged(&Series::of_target("job_instance_runtime:tokio_worker_busy_per_worker:ratio_rate5m"), &RUNTIMES)
            .warning("MmeRuntimeBlocked", 0.9),
        )
        .panel(
            Panel::new("Tasks alive", DisplayUnit::Short, "Tasks that have not ended. A steady rise is a leak.")
                .query(value(RUNTIME.alive_tasks.spec()), RUNTIME_LEGEND),
        )
        .panel(
            Panel::new(
                "Global queue",
                DisplayUnit::Short,
                "Tasks that wait for a worker. A queue that does not empty means that workers are blocked.",
            )
            .query(value(RUNTIME.global_queue.spec()), RUNTIME_LEGEND),
        )
        .panel(
            Panel::new(
                "Workers falling asleep",
                DisplayUnit::EventsPerSecond,
                "Times that a worker had nothing to do. None while all workers are busy.",
            )
            .sum(&Series::of(RUNTIME.parks.spec()).rate(), &RUNTIMES),
        )
        .panel(
            Panel::new(
                "Blocking threads",
                DisplayUnit::Short,
                "Threads for blocking work, and calls that wait for one. Only if the service is compiled with tokio_unstable.",
            )
            .query(value(RUNTIME.blocking_threads.spec()), "threads {{instance}} {{runtime}}")
            .query(value(RUNTIME.blocking_queue.spec()), "waiting {{instance}} {{runtime}}"),
        )
}

/// Returns the row of the container's memory and of the allocator.
pub(super) fn container() -> Row {
    let allocators = ["job", "instance", "allocator"];
    let held = |spec: &Spec| Series::of(spec).value().max_by(&allocators);
    Row::new("Container and allocator")
        .panel(
            Panel::new(
                "Memory of the limit",
                DisplayUnit::Share,
                "Share of the container's memory limit that is in use.",
            )
            .query(each(MEMORY.working_set.spec()).share_of(&each(MEMORY.limit.spec())), LEGEND)
            .warning("MmeMemoryLimitNear", 0.9),
        )
        .panel(
            Panel::new(
                "Memory of the container",
                DisplayUnit::Bytes,
                "The working set is what the kernel cannot take back; usage includes caches of files.",
            )
            .query(each(MEMORY.working_set.spec()), "working set {{instance}}")
            .query(each(MEMORY.usage.spec()), "usage {{instance}}")
            .limit_line(each(MEMORY.limit.spec()), &INSTANCE),
        )
        .panel(
            Panel::new(
                "Pressure",
                DisplayUnit::Share,
                "Share of the time in which some task of the container waited for a resource.",
            )
            .sum(&Series::of(MEMORY.pressure.spec()).rate(), &["job", "instance", "resource"]),
        )
        .panel(
            Panel::new("Killed for memory", DisplayUnit::Short, "Processes of the container that the kernel killed.")
                .view(View::Counts)
                .sum(&Series::of(MEMORY.oom_kills.spec()).counts(), &EACH)
                .warning("MmeOomKills", 0.0),
        )
        .panel(
            Panel::new(
                "CPU of the container",
                DisplayUnit::Short,
                "Cores that the process uses, and how many the quota of the container allows.",
            )
            .query(Series::of(PROCESS.cpu.spec()).rate().sum_by(&EACH), "used {{instance}}")
            .limit_line(each(MEMORY.cpu_limit.spec()), &INSTANCE),
        )
        .panel(
            Panel::new(
                "Allocator",
                DisplayUnit::Bytes,
                "Resident far above allocated means fragmentation, or memory that was not given back yet.",
            )
            .query(held(MEMORY.allocated.spec()), "allocated {{instance}} {{allocator}}")
            .query(held(MEMORY.active.spec()), "active {{instance}} {{allocator}}")
            .query(held(MEMORY.resident.spec()), "resident {{instance}} {{allocator}}")
            .query(held(MEMORY.retained.spec()), "retained {{instance}} {{allocator}}"),
        )
}
