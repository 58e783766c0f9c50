//! The function family without the macro: what each end of a call emits.

use std::future::{pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use mme_metrics::function::{CallSite, FUNCTION, FunctionName, ModulePath};
use mme_metrics::guard::{Guard, measure, measure_async};
use mme_metrics::op::{AlwaysOk, ByErrorType, ByResult, Outcome};
use mme_metrics::testing::{Emission, record};
use mme_metrics_tests::future::poll_once;

static SITE: CallSite = CallSite::new("call", "here");

/// Asserts that `calls` calls ended as `outcome`, and nothing else.
#[track_caller]
fn ended(emission: &Emission, outcome: Outcome, calls: u64) {
    let (function, module) = (FunctionName::find("call"), ModulePath::admit("here"));
    emission
        .expect()
        .counter(&FUNCTION.calls, (function, module, outcome.ended(), outcome.error_word()), calls)
        .histogram(&FUNCTION.duration, (function, module), calls)
        .only();
}

#[test]
fn a_return_is_ok() {
    ended(&record(|| measure(SITE.call(), AlwaysOk, || ())), Outcome::Ok, 1);
}

#[test]
fn an_error_reads_as_its_type_says() {
    let fails = || Err::<(), _>(io::Error::from(io::ErrorKind::NotFound));
    let emission = record(|| drop(measure(SITE.call(), ByErrorType, fails)));
    ended(&emission, Outcome::Error("not_found"), 1);
}

#[test]
fn an_error_without_a_type_reads_other() {
    ended(&record(|| drop(measure(SITE.call(), ByResult, || Err::<(), _>(String::new())))), Outcome::OTHER, 1);
}

#[test]
fn a_panic_is_recorded_and_goes_on() {
    let emission = record(|| {
        let panics = || measure(SITE.call(), AlwaysOk, || panic!("on purpose"));
        assert!(catch_unwind(panics).is_err());
    });
    ended(&emission, Outcome::Panic, 1);
}

#[test]
fn a_guard_dropped_without_an_end_was_cancelled() {
    ended(&record(|| drop(Guard::start(SITE.call()))), Outcome::Cancelled, 1);
}

#[test]
fn a_guard_in_an_unwinding_scope_saw_a_panic() {
    let emission = record(|| {
        let panics = || {
            let _guard = Guard::start(SITE.call());
            panic!("on purpose");
        };
        assert!(catch_unwind(panics).is_err());
    });
    ended(&emission, Outcome::Panic, 1);
}

#[test]
fn a_guard_made_while_unwinding_does_not_take_that_panic_for_its_own() {
    struct Cleanup;
    impl Drop for Cleanup {
        fn drop(&mut self) {
            Guard::start(SITE.call()).end(Outcome::Ok);
        }
    }
    let emission = record(|| {
        let panics = || {
            let _cleanup = Cleanup;
            panic!("on purpose");
        };
        assert!(catch_unwind(panics).is_err());
    });
    ended(&emission, Outcome::Ok, 1);
}

#[tokio::test]
async fn a_future_ends_once() {
    let emission = Emission::new();
    emission.record_async(measure_async(SITE.call(), AlwaysOk, ready(()))).await;
    ended(&emission, Outcome::Ok, 1);
}

#[test]
fn a_future_dropped_while_it_waits_was_cancelled() {
    let emission = Emission::new();
    let mut future = Box::pin(emission.record_async(measure_async(SITE.call(), AlwaysOk, pending::<()>())));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    ended(&emission, Outcome::Cancelled, 1);
}

#[test]
fn a_future_dropped_before_its_first_poll_never_began() {
    let emission = Emission::new();
    drop(emission.record_async(measure_async(SITE.call(), AlwaysOk, pending::<()>())));
    emission.expect().only();
}

#[test]
fn a_future_that_panics_in_a_poll_is_a_panic() {
    let emission = Emission::new();
    let panics = measure_async(SITE.call(), AlwaysOk, async { panic!("on purpose") });
    let mut panics = Box::pin(emission.record_async(panics));
    let caught: Result<Poll<()>, _> = catch_unwind(AssertUnwindSafe(|| poll_once(panics.as_mut())));
    drop(panics);
    assert!(caught.is_err());
    ended(&emission, Outcome::Panic, 1);
}

#[test]
fn a_concurrent_call_shows_while_it_runs_and_comes_down_whatever_the_end() {
    let labels = || (FunctionName::find("call"), ModulePath::admit("here"));
    let emission = Emission::new();
    let guard = emission.record(|| Guard::start(SITE.call().concurrent()));
    emission.expect().gauge(&FUNCTION.concurrent, labels(), 1.0).only();
    // Dropped where another recorder is current: the gauge that went up comes down.
    drop(guard);
    emission.expect().gauge(&FUNCTION.concurrent, labels(), 0.0).only();
}

#[test]
fn the_ends_of_a_function_exist_at_zero_once_it_was_called() {
    static FILES: CallSite = CallSite::new("files", "here");
    let emission = record(|| drop(measure(FILES.call(), ByErrorType, || Ok::<_, io::Error>(()))));
    let text = emission.recorder().render(mme_metrics::Format::Text);
    for labels in [
        r#"function="files",module="here",result="cancelled""#,
        r#"error_type="panic",function="files",module="here",result="error""#,
        r#"error_type="timed_out",function="files",module="here",result="error""#,
    ] {
        assert!(text.contains(&format!("function_calls_total{{{labels}}} 0\n")), "{labels}: {text}");
    }
}
