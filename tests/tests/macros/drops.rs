//! A measured function drops its parameters in the order in which the bare function drops them.

#![allow(clippy::needless_pass_by_value, reason = "the drop of the values is what is tested")]

use std::cell::RefCell;
use std::future::Future;

use mme_metrics::instrument_metrics;
use mme_metrics_tests::future::{poll_once, yield_once};

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Notes its drop.
struct DropNote(&'static str);

impl Drop for DropNote {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

/// Returns what is dropped, in order.
fn dropped<T>(run: impl FnOnce() -> T) -> Vec<&'static str> {
    drop(run());
    DROPPED.take()
}

/// Polls a future to its end.
fn run<F: Future>(future: F) {
    let mut future = Box::pin(future);
    while poll_once(future.as_mut()).is_pending() {}
}

/// Declares one function twice: bare, and measured.
macro_rules! twice {
    ($bare:ident, $measured:ident, ($($parameters:tt)*) $body:block) => {
        fn $bare($($parameters)*) $body

        #[instrument_metrics]
        fn $measured($($parameters)*) $body
    };
    (async $bare:ident, $measured:ident, ($($parameters:tt)*) $body:block) => {
        async fn $bare($($parameters)*) $body

        #[instrument_metrics]
        async fn $measured($($parameters)*) $body
    };
}

twice!(plain, plain_measured, (first: DropNote, _second: DropNote, third: DropNote) {
    let _local = DropNote("local");
    assert_eq!(third.0, "third");
    assert_eq!(first.0, "first");
});

twice!(moved, moved_measured, (first: DropNote, second: DropNote, third: DropNote) {
    let _local = second;
    assert_eq!((third.0, first.0), ("third", "first"));
});

twice!(nameless, nameless_measured, (first: DropNote, _: DropNote, third: DropNote) {
    let _local = DropNote("local");
    assert_eq!((first.0, third.0), ("first", "third"));
});

twice!(patterns, patterns_measured, (first: DropNote, (second, _): (DropNote, DropNote), (_, mut fourth): (DropNote, DropNote), mut fifth: DropNote, _: DropNote) {
    let _local = DropNote("local");
    (fourth, fifth) = (fifth, fourth);
    assert_eq!((first.0, second.0, fourth.0, fifth.0), ("first", "second", "fifth", "fourth"));
});

twice!(async waits, waits_measured, (first: DropNote, _second: DropNote, third: DropNote, _: DropNote) {
    let _local = DropNote("local");
    yield_once().await;
    assert_eq!((third.0, first.0), ("third", "first"));
});

#[allow(dead_code, reason = "both are there to be dropped")]
struct Owner(DropNote, DropNote);

impl Owner {
    fn new() -> Self {
        Self(DropNote("owned"), DropNote("owned too"))
    }

    fn bare(self, other: DropNote) {
        let _local = DropNote("local");
        assert_eq!((self.1.0, other.0), ("owned too", "other"));
    }

    #[instrument_metrics]
    fn measured(self, other: DropNote) {
        let _local = DropNote("local");
        assert_eq!((self.1.0, other.0), ("owned too", "other"));
    }
}

#[test]
fn parameters_are_dropped_as_without_the_attribute() {
    let [first, second, third] = ["first", "second", "third"];
    let noted = DropNote;
    let bare = dropped(|| plain(noted(first), noted(second), noted(third)));
    assert_eq!(bare, ["local", "third", "second", "first"]);
    assert_eq!(dropped(|| plain_measured(noted(first), noted(second), noted(third))), bare);
    let bare = dropped(|| moved(noted(first), noted(second), noted(third)));
    assert_eq!(dropped(|| moved_measured(noted(first), noted(second), noted(third))), bare);
    let bare = dropped(|| nameless(noted(first), noted(second), noted(third)));
    assert_eq!(dropped(|| nameless_measured(noted(first), noted(second), noted(third))), bare);
    let bare = dropped(|| Owner::new().bare(noted("other")));
    assert_eq!(dropped(|| Owner::new().measured(noted("other"))), bare);
}

/// A function of which some parameters are patterns.
type PatternFn = fn(DropNote, (DropNote, DropNote), (DropNote, DropNote), DropNote, DropNote);

#[test]
fn what_a_pattern_binds_and_leaves_is_dropped_as_without_the_attribute() {
    let call = |function: PatternFn| {
        let pair = |left, right| (DropNote(left), DropNote(right));
        dropped(|| {
            let (second, fourth) = (pair("second", "rest of second"), pair("rest of fourth", "fourth"));
            function(DropNote("first"), second, fourth, DropNote("fifth"), DropNote("sixth"));
        })
    };
    assert_eq!(call(patterns_measured), call(patterns));
}

#[test]
fn parameters_of_an_asynchronous_function_are_dropped_as_without_the_attribute() {
    let all = || [DropNote("first"), DropNote("second"), DropNote("third"), DropNote("fourth")];
    let [first, second, third, fourth] = all();
    let bare = dropped(|| run(waits(first, second, third, fourth)));
    let [first, second, third, fourth] = all();
    assert_eq!(dropped(|| run(waits_measured(first, second, third, fourth))), bare);
}
