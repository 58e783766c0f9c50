//! A real Prometheus reads exactly the values of the recorder.

use mme_metrics::Recorder;
use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::scrape_target::ScrapeTarget;

fn scraped(path: &str) -> (Recorder, ScrapeTarget, Prometheus) {
    let recorder =
        Recorder::builder().global_label("region", "eu").build_info("1.2.3", "abc").build().expect("a builder");
    let target = ScrapeTarget::serve(recorder.clone());
    let server = Prometheus::setup().scrape("service", &target.address(), path).start();
    server.wait_until_up("service");
    (recorder, target, server)
}

fn emit() {
    metrics::counter!("jobs.done", "queue" => "mail").increment(7);
    metrics::gauge!("queue_length", "queue" => "mail").set(-2.5);
    metrics::histogram!("job_seconds", "queue" => "mail").record(0.25);
    metrics::histogram!("job_seconds", "queue" => "mail").record(1e6);
}

#[test]
fn every_figure_arrives_in_both_formats() {
    for path in ["/text", "/openmetrics"] {
        let (recorder, _target, server) = scraped(path);
        metrics::with_local_recorder(&recorder, emit);
        server.wait_for_value("jobs_done_total{queue='mail', region='eu'}", 7.0);
        server.wait_for_value("queue_length", -2.5);
        server.wait_for_value("job_seconds_sum", 1_000_000.25);
        server.wait_for_value("job_seconds_count", 2.0);
        server.wait_for_value("job_seconds_bucket{le='0.25'}", 1.0);
        server.wait_for_value("job_seconds_bucket{le='+Inf'}", 2.0);
        server.wait_for_value("build_info{version='1.2.3', revision='abc'}", 1.0);
    }
}

#[test]
fn the_process_is_told_with_fractions() {
    let (_recorder, _target, server) = scraped("/text");
    server.wait_for("process_cpu_seconds_total > 0", |samples| samples.len() == 1);
    let metadata = server.get("/api/v1/metadata", &[("metric", "process_cpu_seconds_total")]);
    assert_eq!(metadata["process_cpu_seconds_total"][0]["type"], "counter");
    let started = server.value("time() - process_start_time_seconds").expect("a start time");
    assert!((-2.0..600.0).contains(&started), "{started}");
}

#[test]
fn rules_see_what_was_scraped() {
    let recorder = Recorder::builder().build().expect("a builder");
    let target = ScrapeTarget::serve(recorder);
    let rule = "groups: [{name: test, rules: [{alert: Up, expr: 'up == 1', labels: {severity: info}}]}]";
    let server = Prometheus::setup().scrape("service", &target.address(), "/text").rules(rule).start();
    let fired = server.wait_for("ALERTS{alertstate='firing'}", |samples| !samples.is_empty());
    assert_eq!(fired[0].labels["severity"], "info");
    assert_eq!(server.alerts()[0]["alertname"], "Up");
}
