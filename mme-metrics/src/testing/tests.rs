use std::panic::catch_unwind;

use super::{Emission, record};
use crate::function::CallSite;
use crate::metric::{Counter, Gauge, Unit};
use crate::operation::{AlwaysOk, ByResult, Outcome, measure};

crate::metric::family! {
    /// For these tests.
    static TEST: TestMetrics {
        /// Events.
        events: Counter<()> = Counter::new("testing_events_total", Unit::None);
        /// A level.
        level: Gauge<()> = Gauge::new("testing_level", Unit::None);
    }
}

#[test]
fn finds_what_was_expected_and_what_was_not() {
    let emission = record(|| TEST.events.add((), 3));
    emission.expect().counter(&TEST.events, (), 3).only();
    assert!(catch_unwind(|| emission.expect().counter(&TEST.events, (), 2).only()).is_err());
    assert!(catch_unwind(|| emission.expect().only()).is_err());
}

#[test]
fn the_calls_of_one_function_are_found_by_outcome() {
    static SITE: CallSite = CallSite::new("testing_site", module_path!());
    let emission = record(|| {
        measure(SITE.call(), AlwaysOk, || ());
        for _ in 0..2 {
            let _ = measure(SITE.call(), ByResult, || Err::<(), _>("no"));
        }
    });
    let calls = |ok, failed| {
        let expected = emission.expect().function("testing_site", module_path!(), Outcome::Ok, ok);
        expected.function("testing_site", module_path!(), Outcome::OTHER, failed)
    };
    calls(1, 2).only();
    for (ok, failed) in [(0, 2), (1, 1), (1, 0), (2, 1)] {
        assert!(catch_unwind(|| calls(ok, failed).only()).is_err(), "{ok} {failed}");
    }
}

#[test]
fn a_gauge_back_at_zero_is_nothing() {
    let emission = record(|| {
        TEST.level.add((), 1.0);
        TEST.level.add((), -1.0);
    });
    emission.expect().only();
    emission.expect().gauge(&TEST.level, (), 0.0).only();
}

#[test]
fn a_gauge_is_read_only_if_it_was_set() {
    assert_eq!(Emission::new().gauge(&TEST.level, ()), None);
    assert_eq!(record(|| TEST.level.set((), 0.5)).gauge(&TEST.level, ()), Some(0.5));
}

#[test]
fn what_a_dropped_future_emits_is_recorded() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            TEST.events.increment(());
        }
    }
    let emission = Emission::new();
    let guard = OnDrop;
    drop(emission.record_async(async move {
        let _held = guard;
        std::future::pending::<()>().await;
    }));
    emission.expect().counter(&TEST.events, (), 1).only();
}
