#![allow(clippy::float_cmp, reason = "the figures are whole numbers, which are exact")]

use tokio::runtime::{Builder, Runtime};

use super::super::metrics::RUNTIME;
use super::*;
use crate::metric::Spec;
use crate::{Format, Recorder};

fn figures(name: &str) -> Vec<String> {
    let text = Recorder::builder().build().unwrap().render(Format::Text);
    let label = format!("runtime=\"{name}\"");
    let mine = text.lines().filter(|line| line.contains(&label) && !line.contains("_bucket"));
    mine.map(str::to_owned).collect()
}

/// Returns the value of a metric of a runtime.
fn figure(name: &str, metric: &Spec) -> f64 {
    let start = format!("{}{{runtime=\"{name}\"}} ", metric.name);
    let lines = figures(name);
    let value = lines.iter().find_map(|line| line.strip_prefix(&start));
    value.unwrap_or_else(|| panic!("{start} in {lines:#?}")).parse().unwrap()
}

fn workers(count: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(count).enable_all().build().unwrap()
}

#[test]
fn a_runtime_has_every_figure_that_a_stable_tokio_tells() {
    let runtime = workers(3);
    RuntimeMeter::new("every figure").start(runtime.handle());
    assert_eq!(figure("every figure", RUNTIME.workers.spec()), 3.0);
    assert_eq!(figure("every figure", RUNTIME.alive_tasks.spec()), 1.0);
    for metric in [RUNTIME.stalls.spec(), RUNTIME.global_queue.spec(), RUNTIME.busy.spec(), RUNTIME.parks.spec()] {
        figure("every figure", metric);
    }
    let has = |metric: &Spec| figures("every figure").iter().any(|line| line.starts_with(metric.name));
    assert!(has(RUNTIME.delay.spec()));
    assert_eq!(has(RUNTIME.polls.spec()), cfg!(tokio_unstable));
}

#[test]
fn tasks_and_work_are_counted() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    RuntimeMeter::new("work").canary(false).start(runtime.handle());
    let sleeper = runtime.spawn(std::future::pending::<()>());
    runtime.block_on(async {
        tokio::spawn(async { std::thread::sleep(Duration::from_millis(20)) }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
    assert_eq!(figure("work", RUNTIME.alive_tasks.spec()), 2.0);
    assert!(figure("work", RUNTIME.busy.spec()) >= 0.02);
    assert!(figure("work", RUNTIME.parks.spec()) >= 1.0);
    drop(sleeper);
}

#[test]
fn a_runtime_that_has_ended_keeps_its_totals_and_has_nothing_else() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    RuntimeMeter::new("ended").start(runtime.handle());
    runtime.block_on(async {
        tokio::spawn(async { std::thread::sleep(Duration::from_millis(20)) }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
    let before = figure("ended", RUNTIME.busy.spec());
    drop(runtime);
    assert_eq!(figure("ended", RUNTIME.workers.spec()), 0.0);
    assert_eq!(figure("ended", RUNTIME.alive_tasks.spec()), 0.0);
    let after = figure("ended", RUNTIME.busy.spec());
    assert!(before >= 0.02 && after >= before, "{before} {after}");

    // Another of the same name goes on from there.
    let next = workers(2);
    RuntimeMeter::new("ended").start(next.handle());
    assert_eq!(figure("ended", RUNTIME.workers.spec()), 2.0);
    assert!(figure("ended", RUNTIME.busy.spec()) >= after);
}

#[test]
fn a_runtime_that_is_shut_down_already_is_not_measured() {
    let runtime = workers(1);
    let handle = runtime.handle().clone();
    drop(runtime);
    RuntimeMeter::new("shut down").start(&handle);
    assert_eq!(figure("shut down", RUNTIME.workers.spec()), 0.0);
}

#[test]
fn runtimes_of_one_name_are_added_up_and_a_runtime_counts_once() {
    let runtimes = [workers(1), workers(2)];
    for runtime in runtimes.iter().chain(&runtimes) {
        RuntimeMeter::new("twins").start(runtime.handle());
    }
    assert_eq!(figure("twins", RUNTIME.workers.spec()), 3.0);
    assert_eq!(figure("twins", RUNTIME.alive_tasks.spec()), 2.0);
}

#[test]
fn a_runtime_without_timers_has_figures_and_no_canary() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    RuntimeMeter::new("no timers").start(runtime.handle());
    assert_eq!(figure("no timers", RUNTIME.workers.spec()), 1.0);
    assert_eq!(figure("no timers", RUNTIME.alive_tasks.spec()), 1.0);
    assert!(!figures("no timers").iter().any(|line| line.contains("event_loop")));
}

#[test]
fn names_beyond_the_budget_are_one() {
    let name = RuntimeMeter::new("").name;
    assert_eq!(name, RuntimeName::FALLBACK);
}
