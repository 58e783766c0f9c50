//! Unusual spellings of functions: on one line, with inner attributes, with a block from a macro. None causes a
//! warning.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::panic::catch_unwind;
use std::pin::Pin;

use mme_metrics::function::{FUNCTION, FunctionName, ModulePath};
use mme_metrics::instrument_metrics;
use mme_metrics::operation::Outcome;
use mme_metrics::testing::Emission;
use mme_metrics_tests::future::poll_once;

// The compiler says of a block on one line, and of no other, that it needs no braces.
#[rustfmt::skip]
mod one_line {
    use super::{Infallible, Pin, instrument_metrics, pending, ready};

    #[instrument_metrics]
    pub(super) fn sync(number: u32) -> u32 { number + 1 }

    #[instrument_metrics]
    pub(super) async fn asynchronous(number: u32) -> u32 { ready(number).await + 1 }

    #[instrument_metrics]
    pub(super) async fn opaque(number: u32) -> impl Copy { ready(number).await }

    #[instrument_metrics]
    pub(super) async fn endless() -> Infallible { pending().await }

    #[instrument_metrics]
    pub(super) fn never() -> ! { panic!("on purpose") }

    #[instrument_metrics]
    #[track_caller]
    pub(super) fn inline(number: u32) -> u32 { number + 1 }

    #[instrument_metrics]
    pub(super) fn future(number: u32) -> impl Future<Output = u32> { async move { number + 1 } }

    #[instrument_metrics]
    pub(super) fn made(number: u32) -> impl Future<Output = u32> { ready(number) }

    #[instrument_metrics]
    pub(super) fn boxed(number: u32) -> Pin<Box<dyn Future<Output = u32>>> { Box::pin(async move { number + 1 }) }
}

/// Declares a function whose body is a macro's block.
macro_rules! with_block {
    ($name:ident, $body:block) => {
        #[instrument_metrics]
        async fn $name() -> u32 $body
    };
}

with_block!(of_a_macro, { ready(7).await });

#[instrument_metrics]
fn attributes_inside() -> u32 {
    #![allow(unused_variables)]
    let number = 7;
    8
}

#[instrument_metrics]
async fn attributes_inside_asynchronous() -> u32 {
    #![allow(unused_variables)]
    #![allow(clippy::unused_async)]
    let number = 7;
    8
}

/// Asserts that `function` of `module` was called once, and ended as `outcome`.
#[track_caller]
fn ended(emission: &Emission, module: &str, function: &str, outcome: Outcome) {
    let (name, module) = (FunctionName::find(function), ModulePath::admit(module));
    let labels = (name, module, outcome.result_label(), outcome.error_word());
    emission.expect().counter(&FUNCTION.calls, labels, 1).among_others();
}

#[test]
fn bodies_on_one_line() {
    let emission = Emission::new();
    emission.record(|| {
        assert_eq!((one_line::sync(1), one_line::inline(1)), (2, 2));
        assert!(catch_unwind(|| one_line::never()).is_err());
        assert!(poll_once(Box::pin(one_line::asynchronous(1)).as_mut()).is_ready());
        assert!(poll_once(Box::pin(one_line::opaque(1)).as_mut()).is_ready());
        assert!(poll_once(Box::pin(one_line::endless()).as_mut()).is_pending());
        assert!(poll_once(Box::pin(one_line::future(1)).as_mut()).is_ready());
        assert!(poll_once(Box::pin(one_line::made(1)).as_mut()).is_ready());
        assert!(poll_once(one_line::boxed(1).as_mut()).is_ready());
    });
    for function in ["sync", "inline", "asynchronous", "opaque", "future", "made", "boxed"] {
        ended(&emission, "macros::shapes::written::one_line", function, Outcome::Ok);
    }
    ended(&emission, "macros::shapes::written::one_line", "never", Outcome::Panic);
    ended(&emission, "macros::shapes::written::one_line", "endless", Outcome::Cancelled);
}

#[test]
fn a_block_of_a_macro_and_attributes_inside() {
    let emission = Emission::new();
    emission.record(|| {
        assert!(poll_once(Box::pin(of_a_macro()).as_mut()).is_ready());
        assert!(poll_once(Box::pin(attributes_inside_asynchronous()).as_mut()).is_ready());
        assert_eq!(attributes_inside(), 8);
    });
    for function in ["of_a_macro", "attributes_inside", "attributes_inside_asynchronous"] {
        ended(&emission, "macros::shapes::written", function, Outcome::Ok);
    }
}
