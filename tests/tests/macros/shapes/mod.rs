//! `#[instrument_metrics]` on every form of function, with every outcome.

#![deny(warnings, clippy::all, clippy::pedantic)]

/// A body that comes to `$end`.
macro_rules! ends {
    ($end:expr, $value:expr) => {
        match $end {
            $crate::shapes::End::Ok | $crate::shapes::End::Wait => Ok($value),
            $crate::shapes::End::Error => Err($crate::shapes::Failure),
            $crate::shapes::End::Question => {
                $crate::shapes::fails()?;
                Ok($value)
            }
            $crate::shapes::End::EarlyReturn => return Ok($value),
            $crate::shapes::End::Panic => panic!("on purpose"),
        }
    };
    ($end:expr) => {
        ends!($end, 7)
    };
}

mod asynchronous;
mod synchronous;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use mme_metrics::operation::{ErrorType, Outcome};
use mme_metrics::testing::Emission;
use mme_metrics_tests::future::poll_once;

/// How a call is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Ok,
    Error,
    Question,
    EarlyReturn,
    Panic,
    /// Pending at the first poll; only for asynchronous functions.
    Wait,
}

#[derive(Debug)]
pub(crate) struct Failure;

impl ErrorType for Failure {
    const ERROR_TYPES: &'static [&'static str] = &["refused"];

    fn error_type(&self) -> &'static str {
        "refused"
    }
}

pub(crate) type Fallible<T = u32> = Result<T, Failure>;

pub(crate) fn fails() -> Fallible {
    Err(Failure)
}

impl End {
    const RETURNS: [Self; 5] = [Self::Ok, Self::Error, Self::Question, Self::EarlyReturn, Self::Panic];

    fn outcome(self) -> Outcome {
        match self {
            Self::Ok | Self::EarlyReturn => Outcome::Ok,
            Self::Error | Self::Question => Outcome::Error("refused"),
            Self::Panic => Outcome::Panic,
            Self::Wait => Outcome::Cancelled,
        }
    }
}

/// Asserts that one call of `function` ended as `outcome`, and that nothing else was emitted.
#[track_caller]
pub(crate) fn only(emission: &Emission, module: &str, function: &str, outcome: Outcome) {
    emission.expect().function(function, module, outcome, 1).only();
}

/// Calls `call` once for each end.
#[track_caller]
pub(crate) fn check<T>(function: &str, call: impl Fn(End) -> Fallible<T>) {
    for end in End::RETURNS {
        let emission = Emission::new();
        let caught = emission.record(|| catch_unwind(AssertUnwindSafe(|| call(end).is_ok())));
        assert_eq!(caught.ok(), (end != End::Panic).then_some(end.outcome() == Outcome::Ok), "{end:?}");
        only(&emission, "macros::shapes::synchronous", function, end.outcome());
    }
}

/// Polls `call` to each end, drops it while it waits, and drops it unpolled.
#[track_caller]
pub(crate) fn check_async<T, F: Future<Output = Fallible<T>>>(function: &str, call: impl Fn(End) -> F) {
    for end in End::RETURNS.into_iter().chain([End::Wait]) {
        let emission = Emission::new();
        let mut future = Box::pin(emission.record_async(call(end)));
        assert!(poll_once(future.as_mut()).is_pending(), "{end:?}");
        if end != End::Wait {
            let caught = catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()).map(|returned| returned.is_ok())));
            let ready = Poll::Ready(end.outcome() == Outcome::Ok);
            assert_eq!(caught.ok(), (end != End::Panic).then_some(ready), "{end:?}");
        }
        drop(future);
        only(&emission, "macros::shapes::asynchronous", function, end.outcome());
    }
    let emission = Emission::new();
    drop(emission.record_async(call(End::Ok)));
    emission.expect().only();
}
