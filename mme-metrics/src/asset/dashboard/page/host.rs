//! The host dashboard, from the node exporter.

use super::state;
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};

/// A function that selects a metric of an exporter, either on the chosen targets or on all.
pub(super) type Select = fn(&str) -> Series;

const INSTANCE: [&str; 1] = ["instance"];
const LEGEND: &str = "{{instance}}";

/// Matches file systems on a disk. It does not matter if the others are full.
const ON_DISK: &str = "fstype!~\"tmpfs|overlay|squashfs|ramfs\"";

/// Matches physical network devices. Traffic on the others is not traffic of the host.
const PHYSICAL: &str = "device!~\"lo|veth.*|docker.*|br-.*|cali.*|cni.*\"";

/// Returns the dashboard of hosts.
pub fn host() -> Dashboard {
    Dashboard::of_exporter(
        "mme-host",
        "Hosts",
        "CPU, memory, disks, network and limits of the hosts, from the node exporter.",
        "node_load1",
    )
    .row(state::state())
    .row(resources(Series::of_target))
    .row(disks(Series::of_target))
    .row(traffic(Series::of_target))
    .row(limits(Series::of_target))
}

/// Returns the used share, from the remaining amount and the whole.
fn used(left: &Promql, whole: &Promql) -> Promql {
    left.share_of(whole).complement()
}

/// Returns the row of CPU, memory and disk.
pub(super) fn resources(select: Select) -> Row {
    let idle = select("node_cpu_seconds_total").matching("mode=\"idle\"").rate().avg_by(&INSTANCE);
    let memory = |name| select(name).value().max_by(&INSTANCE);
    let mounted = ["instance", "mountpoint"];
    let disk = |name| select(name).matching(ON_DISK).value().max_by(&mounted);
    Row::new("Hosts")
        .panel(
            Panel::new("Host CPU", DisplayUnit::Share, "Share of the host's CPU time that is not idle.")
                .query(idle.complement(), LEGEND)
                .warning("MmeNodeCpuHigh", 0.9),
        )
        .panel(
            Panel::new("Host memory", DisplayUnit::Share, "Share of the memory that is not available to programs.")
                .query(used(&memory("node_memory_MemAvailable_bytes"), &memory("node_memory_MemTotal_bytes")), LEGEND)
                .critical("MmeMemoryPressure", 0.85),
        )
        .panel(
            Panel::new("Disk use", DisplayUnit::Share, "Share of each file system that is in use.")
                .view(View::Bars)
                .query(
                    used(&disk("node_filesystem_avail_bytes"), &disk("node_filesystem_size_bytes")),
                    "{{instance}} {{mountpoint}}",
                )
                .warning("MmeNodeDiskLow", 0.9),
        )
}

fn disks(select: Select) -> Row {
    let device = ["instance", "device"];
    let legend = "{{instance}} {{device}}";
    let rate = |name: &str| select(name).rate().sum_by(&device);
    Row::new("Disks")
        .panel(
            Panel::new("Disk busy", DisplayUnit::Share, "Share of the time in which the device had work.")
                .query(rate("node_disk_io_time_seconds_total"), legend),
        )
        .panel(
            Panel::new("Disk reads", DisplayUnit::BytesPerSecond, "Bytes read from each device.")
                .query(rate("node_disk_read_bytes_total"), legend),
        )
        .panel(
            Panel::new("Disk writes", DisplayUnit::BytesPerSecond, "Bytes written to each device.")
                .query(rate("node_disk_written_bytes_total"), legend),
        )
}

/// Returns the row of network traffic and load.
pub(super) fn traffic(select: Select) -> Row {
    let rate = |name: &str| select(name).matching(PHYSICAL).rate().sum_by(&INSTANCE);
    let errors = |name: &str| select(name).matching(PHYSICAL).rate().sum_by(&["instance", "device"]);
    Row::new("Network and load")
        .panel(
            Panel::new("Network traffic", DisplayUnit::BytesPerSecond, "Bytes over the host's own devices.")
                .query(rate("node_network_receive_bytes_total"), "received {{instance}}")
                .query(rate("node_network_transmit_bytes_total"), "sent {{instance}}"),
        )
        .panel(
            Panel::new("Network errors", DisplayUnit::EventsPerSecond, "Packets that were received or sent with an error.")
                .query(errors("node_network_receive_errs_total"), "received {{instance}} {{device}}")
                .query(errors("node_network_transmit_errs_total"), "sent {{instance}} {{device}}")
.warning("MmeNodeNetworkErrors", 0.1),)
        .panel(
            Panel::new(
                "Load average",
                DisplayUnit::Short,
                "Tasks that run or wait, over 1, 5 and 15 minutes. More than the number of cores means that tasks wait.",
            )
            .query(select("node_load1").value().max_by(&INSTANCE), "1 min {{instance}}")
            .query(select("node_load5").value().max_by(&INSTANCE), "5 min {{instance}}")
            .query(select("node_load15").value().max_by(&INSTANCE), "15 min {{instance}}"),
        )
}

fn limits(select: Select) -> Row {
    let value = |name: &str| select(name).value().max_by(&INSTANCE);
    Row::new("Limits")
        .panel(
            Panel::new(
                "Open files of the host",
                DisplayUnit::Share,
                "Share of the file handles that the kernel allows.",
            )
            .query(value("node_filefd_allocated").share_of(&value("node_filefd_maximum")), LEGEND),
        )
        .panel(
            Panel::new("Booted", DisplayUnit::Since, "When each host started.")
                .view(View::Stat)
                .query(value("node_boot_time_seconds").times(1000), LEGEND),
        )
        .panel(
            Panel::new("Swap in use", DisplayUnit::Bytes, "Memory that was moved to disk.").query(
                format!("{} - {}", value("node_memory_SwapTotal_bytes"), value("node_memory_SwapFree_bytes"))
                    .as_str()
                    .into(),
                LEGEND,
            ),
        )
}
