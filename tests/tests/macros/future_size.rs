//! A measured future is at most 64 bytes larger than the bare one.

use std::mem::size_of_val;

use mme_metrics::instrument_metrics;
use mme_metrics_tests::future::yield_once;

/// Declares one asynchronous function twice: bare, and measured.
macro_rules! twice {
    ($bare:ident, $measured:ident, ($($name:ident: $type:ty),*) -> $output:ty $body:block) => {
        async fn $bare($($name: $type),*) -> $output $body

        #[instrument_metrics]
        async fn $measured($($name: $type),*) -> $output $body
    };
}

twice!(small, small_measured, () -> () { yield_once().await; });
twice!(usual, usual_measured, (id: u64, name: String) -> Result<usize, ()> {
    yield_once().await;
    Ok(name.len() + usize::try_from(id).map_err(drop)?)
});
twice!(large, large_measured, (block: [u8; 1024]) -> u8 { yield_once().await; block[7] });

/// Asserts that `measured` is not much larger than `bare`.
#[track_caller]
fn at_most_64_more<A, B>(bare: &A, measured: &B) {
    let (bare, measured) = (size_of_val(bare), size_of_val(measured));
    assert!(measured <= bare + 64, "{bare} bytes became {measured}");
}

#[test]
fn a_future_without_arguments_stays_small() {
    at_most_64_more(&small(), &small_measured());
}

#[test]
fn a_future_with_arguments_does_not_hold_them_twice() {
    at_most_64_more(&usual(1, String::new()), &usual_measured(1, String::new()));
    at_most_64_more(&large([0; 1024]), &large_measured([0; 1024]));
}
