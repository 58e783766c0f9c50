//! Backups and data checks: every outcome and exactly what it emits.

use std::fs::{File, create_dir};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt as _, StreamBody};
use mme_metrics::health::{
    Backup, BackupFiles, BackupName, CheckName, CheckResult, ConsistencyCheck, Dependency, DependencyKind, HEALTH,
    HealthMonitor, dependency_layer,
};
use mme_metrics::operation::{AlwaysOk, ByResult, Outcome, ResultLabel};
use mme_metrics::operation::{Guard, measure, measure_async};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::figure::{figure, time_since};
use mme_metrics_tests::future::poll_once;
use mme_metrics_tests::grpc::{Script, answer};
use tokio::time::{sleep, timeout};
use tower::{Layer as _, Service as _, service_fn};

/// Asserts that one run ended so, that it was no good one, and nothing else.
#[track_caller]
fn only_ended(emission: &Emission, backup: Backup, ended: ResultLabel) {
    emission.expect().counter(&HEALTH.backup_runs, (BackupName::find(backup.name()), ended), 1).only();
}

#[test]
fn a_good_run_has_its_time_its_duration_and_its_size() {
    let (backup, started) = (Backup::register("good").unwrap(), SystemTime::now());
    let name = BackupName::find("good");
    let emission = record(|| {
        let mut guard = Guard::start(backup.run());
        guard.operation().unwrap().bytes(4096);
        guard.end(Outcome::Ok);
    });
    let made = time_since(&emission, &HEALTH.backup_last_success, (name,), started);
    let took = emission.gauge(&HEALTH.backup_last_duration, (name,)).unwrap();
    emission
        .expect()
        .counter(&HEALTH.backup_runs, (name, ResultLabel::Ok), 1)
        .gauge(&HEALTH.backup_last_success, (name,), made)
        .gauge(&HEALTH.backup_last_duration, (name,), took)
        .gauge(&HEALTH.backup_size, (name,), 4096.0)
        .only();
}

#[test]
fn a_run_that_fails_panics_or_is_cut_off_is_no_good_one() {
    let backup = Backup::register("bad").unwrap();
    only_ended(&record(|| _ = measure(backup.run(), ByResult, || Err::<(), _>(()))), backup, ResultLabel::Error);
    let panics = || measure(backup.run(), AlwaysOk, || panic!("on purpose"));
    only_ended(&record(|| _ = catch_unwind(AssertUnwindSafe(panics))), backup, ResultLabel::Error);
    only_ended(&record(|| drop(Guard::start(backup.run()))), backup, ResultLabel::Cancelled);
    let cut_off = || {
        let mut run = Box::pin(measure_async(backup.run(), AlwaysOk, std::future::pending::<()>()));
        assert!(poll_once(run.as_mut()).is_pending());
    };
    only_ended(&record(cut_off), backup, ResultLabel::Cancelled);
    record(|| drop(measure_async(backup.run(), AlwaysOk, std::future::pending::<()>()))).expect().only();
}

#[test]
fn a_backup_and_a_check_are_there_at_zero_before_anything_happens() {
    let emission = record(|| {
        Backup::register("never").unwrap();
        ConsistencyCheck::register("never").unwrap();
    });
    let text = emission.recorder().render(mme_metrics::Format::Text);
    for result in ["ok", "error", "cancelled"] {
        assert!(text.contains(&format!("backup_runs_total{{backup=\"never\",result=\"{result}\"}} 0\n")), "{text}");
    }
    for result in ["pass", "fail", "unknown"] {
        let series = format!("data_consistency_checks_total{{check=\"never\",result=\"{result}\"}} 0\n");
        assert!(text.contains(&series), "{text}");
    }
    assert!(!text.contains("backup_last_success_timestamp_seconds{"), "{text}");
}

/// Writes a file of this size that claims to be so old.
fn file(folder: &Path, name: &str, bytes: usize, written: SystemTime) {
    let mut file = File::create(folder.join(name)).unwrap();
    file.write_all(&vec![b'x'; bytes]).unwrap();
    file.set_modified(written).unwrap();
}

/// Looks at the files of a folder once, and returns what it emits.
async fn look(backup: &str, files: BackupFiles) -> Emission {
    let emission = Emission::new();
    let monitor = HealthMonitor::new().at_once(true).backup_files(Backup::register(backup).unwrap(), files);
    let looked = async {
        for _ in 0..400 {
            if emission.gauge(&HEALTH.backup_size, (BackupName::find(backup),)).is_some() {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        never = emission.record_async(monitor.run()) => match never {},
        () = looked => {}
    }
    emission
}

#[tokio::test]
async fn the_newest_file_that_can_be_a_backup_is_the_last_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let (path, now) = (folder.path(), SystemTime::now());
    let ago = |hours: u64| now - Duration::from_hours(hours);
    file(path, "monday.dump", 700, ago(30));
    file(path, "tuesday.dump", 900, ago(6));
    // None of these can be: another name, nothing in it, too little, of the future, no file, a link.
    file(path, "wednesday.dump.part", 900, ago(1));
    file(path, "empty.dump", 0, ago(1));
    file(path, "small.dump", 99, ago(1));
    file(path, "future.dump", 900, now + Duration::from_hours(24));
    create_dir(path.join("folder.dump")).unwrap();
    file(path, "elsewhere", 900, ago(1));
    std::os::unix::fs::symlink(path.join("elsewhere"), path.join("link.dump")).unwrap();
    let emission = look("files", BackupFiles::new(path, ".dump").at_least(100)).await;
    let made = ago(6).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let name = BackupName::find("files");
    emission
        .expect()
        .gauge(&HEALTH.backup_last_success, (name,), made)
        .gauge(&HEALTH.backup_size, (name,), 900.0)
        .only();
}

#[tokio::test]
async fn a_folder_without_a_backup_and_no_folder_emit_nothing() {
    let folder = tempfile::tempdir().unwrap();
    look("none", BackupFiles::new(folder.path(), ".dump")).await.expect().only();
    look("no_folder", BackupFiles::new(folder.path().join("gone"), ".dump")).await.expect().only();
}

#[tokio::test(start_paused = true)]
async fn a_check_passes_with_nothing_found_fails_with_something_and_else_is_unknown() {
    type Check = fn() -> std::pin::Pin<Box<dyn Future<Output = Result<u64, ()>> + Send>>;
    let cases: [(&str, Check, CheckResult); 5] = [
        ("none_found", || Box::pin(async { Ok(0) }), CheckResult::Pass),
        ("some_found", || Box::pin(async { Ok(7) }), CheckResult::Fail),
        ("fails", || Box::pin(async { Err(()) }), CheckResult::Unknown),
        ("panics", || Box::pin(async { panic!("on purpose") }), CheckResult::Unknown),
        ("hangs", || Box::pin(std::future::pending()), CheckResult::Unknown),
    ];
    for (name, check, result) in cases {
        let registered = ConsistencyCheck::register(name).unwrap();
        let monitor = HealthMonitor::new().at_once(true).consistency(registered, Duration::from_mins(10), check);
        let emission = Emission::new();
        assert!(timeout(Duration::from_mins(5), emission.record_async(monitor.run())).await.is_err());
        emission.expect().counter(&HEALTH.consistency_checks, (CheckName::find(name), result), 1).only();
    }
}

/// Sends a request that is answered so through the layer, and returns what `dependency_up` stands at.
async fn after(emission: &Emission, dependency: &Dependency, answer: Result<u16, ()>) -> Option<f64> {
    let answer = move |_: http::Request<()>| async move {
        answer.map(|status| {
            http::Response::builder().status(status).body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap()
        })
    };
    let mut client = dependency_layer(dependency.clone()).layer(service_fn(answer));
    let _ = emission.record_async(client.call(http::Request::new(()))).await;
    figure(emission, "dependency_up{dependency=\"called\",kind=\"http\"}")
}

#[tokio::test]
async fn calls_mark_a_dependency_down_with_the_third_failure_in_a_row() {
    let dependency = Dependency::register("called", DependencyKind::Http).unwrap();
    let emission = Emission::new();
    let mut figures = Vec::new();
    for answer in [Ok(200), Err(()), Ok(503), Ok(404), Ok(500), Err(()), Ok(502), Ok(500), Ok(201)] {
        figures.push(after(&emission, &dependency, answer).await);
    }
    let [up, down] = [Some(1.0), Some(0.0)];
    assert_eq!(figures, [up, up, up, up, up, up, down, down, up]);
    // One that is dropped before its answer says nothing.
    let never = service_fn(|_: http::Request<()>| {
        std::future::pending::<Result<http::Response<http_body_util::Empty<bytes::Bytes>>, ()>>()
    });
    let mut client = dependency_layer(dependency.clone()).layer(never);
    for _ in 0..3 {
        emission.record(|| drop(client.call(http::Request::new(()))));
    }
    assert_eq!(figure(&emission, "dependency_up{dependency=\"called\",kind=\"http\"}"), up);
}

/// Sends a request through the layer, reads the answer to its end, and returns what `dependency_up` stands at.
async fn after_reading<B>(emission: &Emission, dependency: &Dependency, response: http::Response<B>) -> Option<f64>
where
    B: http_body::Body<Data: Send, Error: std::fmt::Debug> + Send + Unpin + 'static,
{
    let mut response = Some(response);
    let answer = service_fn(move |_: http::Request<()>| std::future::ready(response.take().ok_or(())));
    let mut client = dependency_layer(dependency.clone()).layer(answer);
    let read = async {
        let response = client.call(http::Request::new(())).await.expect("it answers once");
        // How it ended is the layer's business here.
        _ = response.into_body().collect().await;
    };
    emission.record_async(read).await;
    let (name, kind) = (dependency.name(), dependency.kind());
    figure(emission, &format!("dependency_up{{dependency=\"{name}\",kind=\"{}\"}}", kind.as_str()))
}

#[tokio::test]
async fn the_third_body_in_a_row_that_breaks_off_is_down_though_each_had_a_good_head() {
    let dependency = Dependency::register("breaking", DependencyKind::Storage).unwrap();
    let emission = Emission::new();
    let response = |breaks: bool| {
        let frame = Ok(http_body::Frame::data(bytes::Bytes::from_static(b"half")));
        let rest = if breaks { Some(Err(std::io::Error::other("on purpose"))) } else { None };
        http::Response::new(StreamBody::new(futures_util::stream::iter([Some(frame), rest].into_iter().flatten())))
    };
    let mut figures = Vec::new();
    for breaks in [true, true, true, true, false, true, true, false, true, true] {
        figures.push(after_reading(&emission, &dependency, response(breaks)).await);
    }
    let [up, down] = [Some(1.0), Some(0.0)];
    assert_eq!(figures, [up, up, down, down, up, up, up, up, up, up]);
}

#[tokio::test]
async fn a_call_of_grpc_is_judged_by_its_status_wherever_it_stands() {
    let dependency = Dependency::register("over_grpc", DependencyKind::Grpc).unwrap();
    let emission = Emission::new();
    let in_trailers = |status: &str| answer(200, &[], Script::empty().message(3).trailers(&[status]));
    let answers = [
        (in_trailers("0"), 1.0),
        (in_trailers("14"), 1.0),
        (answer(200, &["14"], Script::empty()), 1.0),
        (in_trailers("13"), 0.0),
        // The caller's own fault, and the server answers.
        (in_trailers("5"), 1.0),
        // No status at all, none that there is, and an answer of a proxy.
        (answer(200, &[], Script::empty().message(3)), 1.0),
        (in_trailers("17"), 1.0),
        (answer(503, &["0"], Script::empty()), 0.0),
        (answer(200, &["16"], Script::empty()), 1.0),
    ];
    for (at, (mut response, up)) in answers.into_iter().enumerate() {
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc+proto"));
        assert_eq!(after_reading(&emission, &dependency, response).await, Some(up), "{at}");
    }
}
