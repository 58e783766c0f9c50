//! Background checks of the trust service: tenants, dependencies, backup and data.

use std::time::{Duration, Instant};

use mme_metrics_tests::service::Service;

/// Longest time in which a running demo shows all of it.
const DEMO: Duration = Duration::from_mins(1);

/// What has to be seen, as a series and its labels, at least once.
const SHOWN: [(&str, &[&str]); 7] = [
    ("mme_isolation_sentinel", &[]),
    ("mme_isolation_checks_total", &["result=\"pass\""]),
    ("dependency_up", &["dependency=\"documents\"", "kind=\"database\""]),
    ("dependency_up", &["dependency=\"ledger\"", "kind=\"http\""]),
    ("backup_runs_total", &["backup=\"documents\"", "result=\"ok\""]),
    ("backup_size_bytes", &["backup=\"documents\""]),
    ("data_consistency_checks_total", &["check=\"tags_have_documents\"", "result=\"pass\""]),
];

#[test]
fn the_demo_watches_tenants_neighbours_backup_and_data() {
    let service = Service::start(&["--demo"]);
    let begun = Instant::now();
    for (metric, labels) in SHOWN {
        while service.count(metric, labels) == 0 {
            assert!(begun.elapsed() < DEMO, "{metric} {labels:?} is not to be seen in\n{}", service.metrics());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    for bad in ["breach", "unknown"] {
        assert_eq!(service.count("mme_isolation_checks_total", &[&format!("result=\"{bad}\"")]), 0);
    }
    assert_eq!(service.count("data_consistency_checks_total", &["result=\"fail\""]), 0);
    let stopped = service.stop();
    assert!(stopped.status.success());
}

#[test]
fn without_the_demo_it_sends_itself_nothing() {
    let service = Service::start(&[]);
    let text = service.metrics();
    assert!(!text.contains("\nmme_isolation_") && !text.contains("dependency=\"ledger\""), "{text}");
}
