//! The container dashboard: containers from cAdvisor, and Kubernetes from kube-state-metrics.

use super::state;
use crate::asset::dashboard::{Dashboard, DisplayUnit, Panel, Promql, Row, Series, View};

/// Labels that identify a container: its name under Docker, and its location under Kubernetes.
const CONTAINER: [&str; 4] = ["namespace", "pod", "container", "name"];
const LEGEND: &str = "{{namespace}} {{pod}} {{container}} {{name}}";

/// Excludes the sums over pods and over the whole host.
const SINGLE: [&str; 2] = ["id!=\"/\"", "image!=\"\""];

const DEPLOYMENT: [&str; 2] = ["namespace", "deployment"];

/// Returns the dashboard of containers.
pub fn containers() -> Dashboard {
    Dashboard::of_exporter(
        "mme-containers",
        "Containers",
        "CPU, memory and restarts of containers, and the state of Kubernetes.",
        "container_last_seen",
    )
    .row(state::state())
    .row(resources())
    .row(network())
    .row(kubernetes())
}

fn of(name: &str) -> Series {
    SINGLE.into_iter().fold(Series::of_target(name), Series::matching)
}

fn largest(name: &str) -> Promql {
    of(name).value().max_by(&CONTAINER)
}

fn resources() -> Row {
    let used = of("container_cpu_usage_seconds_total").rate().sum_by(&CONTAINER);
    let throttled = of("container_cpu_cfs_throttled_periods_total").rate().sum_by(&CONTAINER);
    let periods = of("container_cpu_cfs_periods_total").rate().sum_by(&CONTAINER);
    Row::new("Containers")
        .panel(
            Panel::new(
                "Container CPU",
                DisplayUnit::Short,
                "Cores in use by each container, and how many its quota allows, if it has one.",
            )
            .query(used, LEGEND)
            .limit_line(
                largest("container_spec_cpu_quota").share_of(&largest("container_spec_cpu_period")).above_zero(),
                &CONTAINER,
            ),
        )
        .panel(
            Panel::new(
                "CPU throttling",
                DisplayUnit::Share,
                "Share of the periods in which a container was stopped because it had used up its quota.",
            )
            .query(throttled.share_of(&periods), LEGEND),
        )
        .panel(
            Panel::new(
                "Container memory",
                DisplayUnit::Share,
                "Working set as a share of the limit. At 100 % the kernel kills the container.",
            )
            .query(
                largest("container_memory_working_set_bytes").share_of(&largest("container_spec_memory_limit_bytes")),
                LEGEND,
            )
            .critical("MmeMemoryPressure", 0.85)
            .warning("MmeContainerMemoryHigh", 0.8),
        )
        .panel(
            Panel::new(
                "Working set",
                DisplayUnit::Bytes,
                "Memory that a container needs, and its limit if it has one.",
            )
            .query(largest("container_memory_working_set_bytes"), LEGEND)
            .limit_line(largest("container_spec_memory_limit_bytes").above_zero(), &CONTAINER),
        )
        .panel(
            Panel::new("Container started", DisplayUnit::Since, "When each container last started.")
                .view(View::Table)
                .query(largest("container_start_time_seconds").times(1000), ""),
        )
}

fn network() -> Row {
    // The containers of a pod share its network, so cAdvisor counts traffic for the pod.
    let rate = |name: &str| Series::of_target(name).rate().sum_by(&["namespace", "pod", "name"]);
    Row::new("Container network")
        .panel(
            Panel::new("Received", DisplayUnit::BytesPerSecond, "Bytes that each container or pod received.")
                .query(rate("container_network_receive_bytes_total"), "{{namespace}} {{pod}} {{name}}"),
        )
        .panel(
            Panel::new("Sent", DisplayUnit::BytesPerSecond, "Bytes that each container or pod sent.")
                .query(rate("container_network_transmit_bytes_total"), "{{namespace}} {{pod}} {{name}}"),
        )
}

fn kubernetes() -> Row {
    let wanted = Series::foreign("kube_deployment_spec_replicas").value().max_by(&DEPLOYMENT);
    let available = Series::foreign("kube_deployment_status_replicas_available").value().max_by(&DEPLOYMENT);
    let restarts = Series::foreign("kube_pod_container_status_restarts_total");
    Row::new("Kubernetes")
        .panel(
            Panel::new("Available replicas", DisplayUnit::Share, "Available replicas as a share of those asked for.")
                .query(available.share_of(&wanted), "{{namespace}} {{deployment}}"),
        )
        .panel(
            Panel::new("Restarts", DisplayUnit::Short, "Restarts of containers, each counted once.")
                .view(View::Counts)
                .sum(&restarts.counts(), &["namespace", "pod", "container"]),
        )
        .panel(
            Panel::new("Pods by phase", DisplayUnit::Short, "Pods that run, wait, have ended or have failed.")
                .sum(&Series::foreign("kube_pod_status_phase").value(), &["namespace", "phase"]),
        )
        .panel(
            Panel::new("Waiting containers", DisplayUnit::Short, "Containers that cannot start, and the reason.")
                .view(View::Table)
                .query(
                    Series::foreign("kube_pod_container_status_waiting_reason").value().max_by(&[
                        "namespace",
                        "pod",
                        "container",
                        "reason",
                    ]),
                    "",
                ),
        )
        .panel(
            Panel::new("Nodes ready", DisplayUnit::UpDown, "Nodes whose condition `Ready` is true.")
                .view(View::StateTimeline)
                .query(
                    Series::foreign("kube_node_status_condition")
                        .matching("condition=\"Ready\"")
                        .matching("status=\"true\"")
                        .value()
                        .min_by(&["node"]),
                    "{{node}}",
                ),
        )
}
