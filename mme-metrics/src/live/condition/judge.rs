//! The conditions of bundled alerts that one process can judge by itself.

use crate::certificate::{CERTIFICATE, CertificateName};
use crate::database::{ConnectionState, DATABASE, PoolName};
use crate::grpc::GRPC;
use crate::health::{DependencyKind, DependencyName, HEALTH};
use crate::http::HTTP;
use crate::isolation::ISOLATION;
use crate::label::LabelValue;
use crate::log::LOG;
use crate::metric::Spec;
use crate::process::{MME, PROCESS};
use crate::runtime::RUNTIME;

use super::evidence::Evidence;
use crate::live::chart::Group;
use crate::live::plan::USED;
use crate::live::window::quantile;

/// Something that a condition holds for.
#[derive(Debug, PartialEq)]
pub(in crate::live) struct Finding {
    /// The route, pool or other thing; empty for the whole service.
    pub(in crate::live) subject: String,
    /// The figure, in words.
    pub(in crate::live) figure: String,
}

/// Lists what a condition holds for, given the limits of its alert.
pub(super) type Judge = fn(&Evidence<'_>, &[f64]) -> Vec<Finding>;

/// The alerts that are judged, with how many limits each needs.
pub(super) const JUDGES: [(&str, usize, Judge); 22] = [
    ("MmeHttpErrorRateCritical", 3, |evidence, limits| share_of_all(evidence, HTTP.server_duration.spec(), limits)),
    ("MmeHttpErrorRateHigh", 3, |evidence, limits| shares(evidence, HTTP.server_duration.spec(), limits)),
    ("MmeHttpLatencyCritical", 2, latency),
    ("MmeDependencyErrorRateHigh", 2, |evidence, limits| shares(evidence, HTTP.client_duration.spec(), limits)),
    ("MmeGrpcErrorRateHigh", 3, |evidence, limits| share_of_all(evidence, GRPC.server_duration.spec(), limits)),
    ("MmeGrpcDependencyErrorRateHigh", 2, |evidence, limits| shares(evidence, GRPC.client_duration.spec(), limits)),
    ("MmeSloBurnFast", 1, burn),
    ("MmeDbPoolExhausted", 1, pool_used),
    ("MmeDbPoolWaiting", 1, pool_waiting),
    ("MmeDbPoolTimeouts", 1, pool_timeouts),
    ("MmeDatabaseDown", 1, |evidence, limits| down(evidence, limits, |kind| kind == "database")),
    ("MmeVaultUnavailable", 1, |evidence, limits| down(evidence, limits, |kind| kind == "secrets")),
    ("MmePkiUnavailable", 1, |evidence, limits| down(evidence, limits, |kind| kind == "pki")),
    ("MmeDependencyDown", 1, |evidence, limits| {
        down(evidence, limits, |kind| !matches!(kind, "database" | "secrets" | "pki"))
    }),
    ("MmeIsolationBreach", 1, breach),
    ("MmeCertificateExpired", 1, |evidence, _| expiring(evidence, f64::NEG_INFINITY, 0.0, false)),
    ("MmeCertificateExpiringSoon", 2, |evidence, limits| expiring(evidence, limits[1], limits[0], true)),
    ("MmeCertificateExpiring", 2, |evidence, limits| expiring(evidence, limits[1], limits[0], true)),
    ("MmeRuntimeStarved", 1, starved),
    ("MmeProcessCpuHigh", 1, cpu),
    ("MmeProcessFdsHigh", 1, files),
    ("MmePanics", 1, panics),
];

fn finding(subject: impl Into<String>, figure: String) -> Vec<Finding> {
    vec![Finding { subject: subject.into(), figure }]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Judges the share of failures of one group: over the first limit, with at least as many events and failures a second as the
/// others say.
fn share(evidence: &Evidence<'_>, group: &Group, limits: &[f64]) -> Vec<Finding> {
    let [events, failures] = evidence.rates_5m(group);
    let enough = events > limits[1] && limits.get(2).is_none_or(|least| failures > *least);
    if !enough || failures <= limits[0] * events {
        return Vec::new();
    }
    finding(&*group.key, format!("{} failed within 5 minutes", percent(failures / events)))
}

fn share_of_all(evidence: &Evidence<'_>, spec: &Spec, limits: &[f64]) -> Vec<Finding> {
    evidence.total(spec).map_or_else(Vec::new, |group| share(evidence, group, limits))
}

fn shares(evidence: &Evidence<'_>, spec: &Spec, limits: &[f64]) -> Vec<Finding> {
    evidence.groups(spec).iter().flat_map(|group| share(evidence, group, limits)).collect()
}

fn latency(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let Some(chart) = evidence.chart(HTTP.server_duration.spec()) else { return Vec::new() };
    let Some(total) = &chart.total else { return Vec::new() };
    let [events, _] = evidence.rates_5m(total);
    let p95 = quantile(0.95, &chart.bounds, &total.five_minutes());
    let high = p95.filter(|p95| *p95 > limits[0] && events > limits[1]);
    high.map_or_else(Vec::new, |p95| finding("", format!("the 95th percentile of 5 minutes is {p95:.2} s")))
}

/// The highest burn rate that a page waits for, and the share of bad events at which it does not: those of the rule that the alert
/// compares with.
const BURN_LIMITS: [f64; 2] = [14.4, 0.8];

fn burn(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let mut found = Vec::new();
    for objective in &evidence.objectives.list {
        let limit = BURN_LIMITS[0].min(BURN_LIMITS[1] / (1.0 - objective.target));
        let (Some(short), Some(long)) = (objective.burn_5m(), objective.burn_1h()) else { continue };
        if short > limit && long > limit && objective.last_hour()[0] > limits[0] {
            let figure = format!("burns {short:.1} times as fast as its budget lasts");
            found.extend(finding(&*objective.name, figure));
        }
    }
    found
}

fn pool_used(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let mut found = Vec::new();
    for most in evidence.facts.of(DATABASE.connection_max.spec()) {
        let pool = most.label(PoolName::KEY);
        let connections = evidence.facts.of(DATABASE.connections.spec()).iter();
        let used =
            connections.filter(|fact| fact.label(PoolName::KEY) == pool && fact.label(ConnectionState::KEY) == USED);
        let share = used.map(|fact| fact.value).sum::<f64>() / most.value;
        if most.value > 0.0 && share > limits[0] {
            found.extend(finding(pool, format!("{} of its connections are in use", percent(share))));
        }
    }
    found
}

fn pool_waiting(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let groups = evidence.groups(DATABASE.connection_pending.spec());
    let waiting = |group: &Group| {
        let least = group.lines.first().and_then(|line| evidence.floor_5m(line)).filter(|least| *least > limits[0])?;
        let figure = format!("never fewer than {least} waited within 5 minutes");
        Some(Finding { subject: group.key.to_string(), figure })
    };
    groups.iter().filter_map(waiting).collect()
}

fn pool_timeouts(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    increases(
        evidence,
        DATABASE.connection_timeouts.spec(),
        limits[0],
        "had no connection in time, times in 5 minutes:",
    )
}

/// Lists the groups of a rate that have grown by more than a limit within five minutes.
fn increases(evidence: &Evidence<'_>, spec: &Spec, limit: f64, what: &str) -> Vec<Finding> {
    let groups = evidence.groups(spec);
    let grown = |group: &Group| {
        let increase = evidence.increase_5m(group.lines.first()?);
        let subject = crate::live::labels::pairs(&group.key).next().map(|(_, value)| value.into_owned());
        let finding = Finding { subject: subject.unwrap_or_default(), figure: format!("{what} {increase:.0}") };
        (increase > limit).then_some(finding)
    };
    groups.iter().filter_map(grown).collect()
}

fn down(evidence: &Evidence<'_>, limits: &[f64], is_kind: fn(&str) -> bool) -> Vec<Finding> {
    let all = evidence.facts.of(HEALTH.up.spec()).iter();
    let down = all.filter(|fact| fact.value <= limits[0] && is_kind(&fact.label(DependencyKind::KEY)));
    down.flat_map(|fact| finding(fact.label(DependencyName::KEY), "did not answer this instance".into())).collect()
}

fn breach(evidence: &Evidence<'_>, _: &[f64]) -> Vec<Finding> {
    let is_breached = evidence.facts.only(ISOLATION.sentinel.spec()) == Some(0.0);
    if is_breached { finding("", "the sentinel has found a breach".into()) } else { Vec::new() }
}

/// Lists certificates with at least `from` and less than `to` seconds left. `by_life` leaves out those with a third of their life.
fn expiring(evidence: &Evidence<'_>, from: f64, to: f64, by_life: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for end in evidence.facts.of(CERTIFICATE.not_after.spec()) {
        let name = end.label(CertificateName::KEY);
        let left = end.value - evidence.unix;
        let begin = evidence.facts.sum(CERTIFICATE.not_before.spec(), CertificateName::KEY, &name);
        let is_young = by_life && begin.is_some_and(|begin| left >= (end.value - begin) / 3.0);
        let is_between = if by_life { (from..to).contains(&left) && left > 0.0 } else { left <= to };
        if is_between && !is_young {
            let days = left / 86_400.0;
            let figure = if left > 0.0 { format!("{days:.1} days left") } else { "it has expired".into() };
            found.extend(finding(name, figure));
        }
    }
    found
}

fn starved(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    /// Half a second, the bound that the rule of the alert counts from.
    const LATE: f64 = 0.5;
    let Some(chart) = evidence.chart(RUNTIME.delay.spec()) else { return Vec::new() };
    let Some(total) = &chart.total else { return Vec::new() };
    let late = total.five_minutes().into_iter().skip(chart.bounds.partition_point(|bound| *bound <= LATE));
    let late = late.sum::<u64>() as f64;
    if late > limits[0] {
        return finding("", format!("timers woke more than 500 ms late within 5 minutes: {late}"));
    }
    Vec::new()
}

fn cpu(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let used = evidence.total(PROCESS.cpu.spec()).and_then(|group| evidence.mean_5m(group.lines.first()?));
    ratio(used, evidence.facts.only(MME.cpu_cores.spec()), limits[0], "of the processor time it may use")
}

fn files(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    let [open, most] = [PROCESS.open_fds.spec(), PROCESS.max_fds.spec()].map(|spec| evidence.facts.only(spec));
    ratio(open, most, limits[0], "of its file descriptors are open")
}

fn ratio(part: Option<f64>, whole: Option<f64>, limit: f64, what: &str) -> Vec<Finding> {
    let share = part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole);
    let high = share.filter(|share| *share > limit);
    high.map_or_else(Vec::new, |share| finding("", format!("{} {what}", percent(share))))
}

fn panics(evidence: &Evidence<'_>, limits: &[f64]) -> Vec<Finding> {
    increases(evidence, LOG.panics.spec(), limits[0], "panics within 5 minutes:")
}
