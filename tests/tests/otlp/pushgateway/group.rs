//! What a real Pushgateway keeps of the runs of jobs, and what a real Prometheus reads of it.

use std::fs;
use std::io;

use mme_metrics::Recorder;
use mme_metrics::asset::write_to;
use mme_metrics::job::{Job, run_batch_blocking};
use mme_metrics::operation::ByErrorType;
use mme_metrics::pushgateway::{PushError, Pushgateway};
use mme_metrics_tests::exporter::Exporter;
use mme_metrics_tests::prometheus::Prometheus;

fn start() -> Exporter {
    // Debian's would keep what it has in a file of the machine.
    Exporter::start("pushgateway", |command| _ = command.arg("--persistence.file="))
}

/// Returns what a Pushgateway exposes.
fn exposition(server: &Exporter) -> String {
    ureq::get(format!("http://{}/metrics", server.address())).call().unwrap().body_mut().read_to_string().unwrap()
}

/// Returns the values of the series whose line begins so.
fn values(server: &Exporter, series: &str) -> Vec<f64> {
    let text = exposition(server);
    let found = text.lines().filter(|line| line.starts_with(series));
    found.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
}

/// Runs `job` in a process of its own, as far as its recorder goes, and pushes that.
fn run(server: &Exporter, job: &str, succeeds: bool, emit: impl FnOnce()) {
    let recorder = Recorder::builder().build().unwrap();
    let gateway =
        Pushgateway::builder(&format!("http://{}", server.address()), "shop").unwrap().build(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || {
        emit();
        let work = || if succeeds { Ok(()) } else { Err(io::Error::from(io::ErrorKind::NotFound)) };
        let end = run_batch_blocking(Job::register(job).unwrap(), &gateway, ByErrorType, work);
        assert!(end.flush_error().is_none(), "{end:?}");
        assert_eq!(end.returned().is_ok(), succeeds);
    });
}

#[test]
fn a_run_that_fails_keeps_the_last_success_of_an_earlier_process() {
    let server = start();
    let success = "job_last_success_timestamp_seconds{instance=\"\",job=\"shop\",job_name=\"kept\"}";
    run(&server, "kept", true, || metrics::counter!("of_the_first_total").increment(7));
    let [first] = values(&server, success)[..] else { panic!("{}", exposition(&server)) };
    run(&server, "kept", false, || metrics::counter!("of_the_second_total").increment(8));
    assert_eq!(values(&server, success), [first]);
    assert!(
        values(&server, "job_last_start_timestamp_seconds{instance=\"\",job=\"shop\",job_name=\"kept\"}")[0] > first
    );
    let failed =
        "job_runs_total{error_type=\"not_found\",instance=\"\",job=\"shop\",job_name=\"kept\",result=\"error\"}";
    assert_eq!(values(&server, failed), [1.0]);
    assert_eq!((values(&server, "of_the_first_total"), values(&server, "of_the_second_total")), (vec![7.0], vec![8.0]));
    // A success replaces the group: what an earlier program pushed is gone.
    run(&server, "kept", true, || ());
    assert!(values(&server, success)[0] > first);
    assert_eq!(values(&server, failed), [0.0]);
    assert_eq!(values(&server, "of_the_").len(), 0);
}

#[test]
fn the_jobs_of_a_service_do_not_touch_each_other() {
    let server = start();
    let recorder = Recorder::builder().build().unwrap();
    let url = format!("http://{}", server.address());
    let gateway = Pushgateway::builder(&url, "shop/ö").unwrap().grouping_label("team", "a/../b").unwrap();
    let gateway = gateway.build(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || {
        for job in ["one/two", "..", "one"] {
            metrics::counter!("rows_total", "job_name" => job).increment(3);
            let job = Job::register(job).unwrap();
            let end = run_batch_blocking(job, &gateway, ByErrorType, || Ok::<_, io::Error>(()));
            assert!(end.flush_error().is_none(), "{end:?}");
        }
    });
    for job in ["one/two", "..", "one"] {
        let group = format!("instance=\"\",job=\"shop/ö\",job_name=\"{job}\"");
        for (name, result) in [("job_runs_total", "result=\"ok\","), ("rows_total", "")] {
            let expected = if name == "rows_total" { 3.0 } else { 1.0 };
            let series = format!("{name}{{{group},{result}team=\"a/../b\"}} ");
            assert_eq!(values(&server, &series), [expected], "{series}{}", exposition(&server));
        }
    }
    assert_eq!(values(&server, "job_last_success_timestamp_seconds{").len(), 3);
}

#[test]
fn a_pushgateway_says_why_it_refuses_and_what_it_has_stays() {
    let server = start();
    run(&server, "first", true, || metrics::counter!("conflicts_total").increment(1));
    let recorder = Recorder::builder().build().unwrap();
    let url = format!("http://{}", server.address());
    let gateway = Pushgateway::builder(&url, "mill").unwrap().build(&recorder).unwrap();
    metrics::with_local_recorder(&recorder, || metrics::gauge!("conflicts_total").set(1.0));
    let error = gateway.push_blocking(Job::register("second").unwrap()).unwrap_err();
    assert!(matches!(&error, PushError::Refused(reason) if reason.contains("conflicts_total")), "{error:?}");
    assert_eq!(values(&server, "conflicts_total{instance=\"\",job=\"shop\"").len(), 1);
    // What `MmePushRefused` reads.
    let time = |name: &str| values(&server, &format!("{name}{{instance=\"\",job=\"mill\",job_name=\"second\"}}"))[0];
    assert!(time("push_failure_time_seconds") > time("push_time_seconds"));
}

#[test]
fn the_bundled_configuration_reads_the_jobs_as_what_they_are_and_the_alert_notices_a_failure() {
    let server = start();
    let folder = tempfile::tempdir().unwrap();
    write_to(folder.path()).unwrap();
    let configuration = folder.path().join("prometheus/prometheus.yml");
    let text = fs::read_to_string(&configuration).unwrap().replace("_interval: 15s", "_interval: 1s");
    fs::write(&configuration, text).unwrap();
    fs::create_dir(folder.path().join("prometheus/targets")).unwrap();
    let targets = format!("[{{targets: ['{}']}}]", server.address());
    fs::write(folder.path().join("prometheus/targets/pushgateway.yml"), targets).unwrap();
    run(&server, "watched", true, || ());
    let prometheus = Prometheus::setup().configuration(configuration).start();
    let success = "job_last_success_timestamp_seconds";
    let found = prometheus.wait_for(success, |samples| !samples.is_empty());
    let labels: Vec<_> = found[0].labels.iter().map(|(key, value)| (&**key, &**value)).collect();
    assert_eq!(labels, [("__name__", success), ("job", "shop"), ("job_name", "watched")]);
    assert_eq!(
        prometheus.wait_for("vector(1) unless on () ALERTS{alertname=\"MmeJobFailed\"}", |one| !one.is_empty()).len(),
        1
    );
    run(&server, "watched", false, || ());
    let pending = "ALERTS{alertname=\"MmeJobFailed\",alertstate=\"pending\",job=\"shop\",job_name=\"watched\"}";
    prometheus.wait_for(pending, |samples| !samples.is_empty());
}
