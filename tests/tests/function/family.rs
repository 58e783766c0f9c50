//! The function family without the macro: what each end of a call emits.

use std::future::{pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use mme_metrics::function::{CallSite, FUNCTION, FunctionName, ModulePath};
use mme_metrics::operation::{AlwaysOk, ByErrorType, ByResult, Outcome};
use mme_metrics::operation::{Guard, measure, measure_async};
use mme_metrics::testing::{Emission, record};
use mme_metrics::{Format, Recorder, labels};
use mme_metrics_tests::future::poll_once;

labels! {
    /// What a guest calls a dish.
    capped Dish: "dish", budget = 2;
    /// Who eats.
    registered Guest: "guest", budget = 10, fallback = "_unknown";
}

static SITE: CallSite = CallSite::new("call", "here");

/// Asserts that `calls` calls ended as `outcome`, and nothing else.
#[track_caller]
fn ended(emission: &Emission, outcome: Outcome, calls: u64) {
    let (function, module) = (FunctionName::find("call"), ModulePath::admit("here"));
    emission
        .expect()
        .counter(&FUNCTION.calls, (function, module, outcome.result_label(), outcome.error_word()), calls)
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

/// Lists the counters of a function as they are exported.
fn counters(emission: &Emission, function: &str) -> Vec<String> {
    let text = emission.recorder().render(Format::Text);
    let own = format!("function=\"{function}\"");
    let lines = text.lines().filter(|line| line.starts_with("function_calls_total") && line.contains(&own));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_success_and_a_panic_exist_at_zero_from_the_first_call_and_other_ends_with_their_first() {
    static FILES: CallSite = CallSite::new("files", "here");
    let emission = Emission::new();
    let call = |result: io::Result<()>| emission.record(|| drop(measure(FILES.call(), ByErrorType, || result)));
    call(Ok(()));
    let ok = r#"function_calls_total{function="files",module="here",result="ok"} 1"#;
    let panic = r#"function_calls_total{error_type="panic",function="files",module="here",result="error"} 0"#;
    assert_eq!(counters(&emission, "files"), [ok, panic]);
    call(Err(io::ErrorKind::TimedOut.into()));
    let error = r#"function_calls_total{error_type="timed_out",function="files",module="here",result="error"} 1"#;
    assert_eq!(counters(&emission, "files"), [ok, panic, error]);
}

#[test]
fn a_capped_label_of_the_users_own_keeps_its_cap_and_registered_ones_are_always_admitted() {
    static COOK: CallSite = CallSite::new("cook", "here");
    let recorder = Recorder::builder().process_metrics(false).family_budget("function", 5).build().expect("it fits");
    let emission = Emission::from(recorder);
    emission.record(|| {
        for dish in 0..9 {
            measure(COOK.call_with((Dish::new(dish.to_string()), Guest::FALLBACK)), AlwaysOk, || ());
        }
    });
    let mut dishes = counters(&emission, "cook");
    dishes.retain(|line| line.contains("result=\"ok\""));
    let of = |dish: &str, calls: u32| {
        format!(
            "function_calls_total{{dish=\"{dish}\",function=\"cook\",guest=\"_unknown\",module=\"here\",result=\"ok\"}} {calls}"
        )
    };
    assert_eq!(dishes, [of("0", 1), of("1", 1), of("_overflow", 7)]);
    // The calls and their durations.
    let text = emission.recorder().render(Format::Text);
    assert!(text.contains("mme_series_overflow_total{family=\"function\"} 14\n"), "{text}");
    let regular = Guest::register("regular").expect("there is room");
    emission.record(|| (0..9).for_each(|_| measure(COOK.call_with((regular,)), AlwaysOk, || ())));
    let admitted = r#"function_calls_total{function="cook",guest="regular",module="here",result="ok"} 9"#;
    assert!(counters(&emission, "cook").iter().any(|line| line == admitted));
}
