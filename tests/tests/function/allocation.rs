//! A measured call allocates nothing once its series exist.
//!
//! Handles are only kept under the recorder of the process, so this test installs one in a process of its own.

use mme_metrics::{LabelValue, Recorder, instrument_metrics};
use mme_metrics_tests::isolated_process::run_alone;

#[derive(Clone, Copy, LabelValue)]
#[label(key = "size")]
enum Size {
    Small,
    Large,
}

#[instrument_metrics]
fn plain(fail: bool) -> std::io::Result<u32> {
    if fail { Err(std::io::ErrorKind::TimedOut.into()) } else { Ok(7) }
}

#[instrument_metrics(labels(size), concurrent)]
async fn labelled(size: Size) -> u32 {
    size as u32
}

#[test]
fn a_call_allocates_nothing_whatever_its_end() {
    run_alone(|| {
        Recorder::builder().install().expect("nobody else installs a recorder in this process");
        let calls = || {
            let _ = (plain(false), plain(true));
            for size in [Size::Small, Size::Large] {
                let future = std::pin::pin!(labelled(size));
                assert!(mme_metrics_tests::future::poll_once(future).is_ready());
            }
        };
        calls();
        let allocations = allocation_counter::measure(|| (0..100).for_each(|_| calls()));
        assert_eq!(allocations.count_total, 0);
    });
}
