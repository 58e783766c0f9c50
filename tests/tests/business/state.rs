//! Queues and scores.

use std::panic::catch_unwind;

use mme_metrics::business::{BUSINESS, BusinessQueue, BusinessScore, QueueName, ScoreKind};
use mme_metrics::testing::{Emission, record};

use super::refused;

static ORDERS: BusinessQueue = BusinessQueue::new("orders");
static SATISFACTION: BusinessScore = BusinessScore::new("satisfaction");

#[track_caller]
fn waiting(emission: &Emission, items: f64) {
    emission.expect().gauge(&BUSINESS.queue_items, (QueueName::find("orders"),), items).only();
}

#[test]
fn an_item_waits_until_it_is_dropped_whatever_recorder_is_current_then() {
    let emission = Emission::new();
    let (first, second) = emission.record(|| (ORDERS.enter(), ORDERS.enter()));
    waiting(&emission, 2.0);
    drop(first);
    let other = record(|| drop(second));
    waiting(&emission, 0.0);
    other.expect().only();
}

#[test]
fn an_item_leaves_with_a_panic_and_with_a_future_that_is_dropped() {
    let emission = Emission::new();
    emission.record(|| {
        let panics = || {
            let _item = ORDERS.enter();
            panic!("on purpose");
        };
        assert!(catch_unwind(panics).is_err());
    });
    let mut future = Box::pin(emission.record_async(async {
        let _item = ORDERS.enter();
        std::future::pending::<()>().await;
    }));
    assert!(mme_metrics_tests::future::poll_once(future.as_mut()).is_pending());
    waiting(&emission, 1.0);
    drop(future);
    waiting(&emission, 0.0);
}

#[test]
fn a_length_that_is_known_elsewhere_is_told() {
    let emission = record(|| [7, 3].into_iter().for_each(|items| ORDERS.set(items)));
    waiting(&emission, 3.0);
}

#[test]
fn threads_that_come_and_go_leave_nothing_behind() {
    let emission = Emission::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| emission.record(|| (0..1_000).for_each(|_| drop(ORDERS.enter()))));
        }
    });
    waiting(&emission, 0.0);
}

#[test]
fn a_score_is_between_nothing_and_everything() {
    let score = |emission: &Emission, value| {
        let kind = ScoreKind::find("satisfaction");
        emission.expect().gauge(&BUSINESS.score, (kind,), value).among_others();
    };
    for value in [0.0, 0.25, 1.0] {
        score(&record(|| SATISFACTION.set(value)), value);
    }
    let emission = Emission::new();
    emission.record(|| [0.5, -0.1, 1.1, f64::NAN, f64::INFINITY].into_iter().for_each(|value| SATISFACTION.set(value)));
    score(&emission, 0.5);
    assert_eq!(["negative", "range", "not_finite"].map(|reason| refused(&emission, reason)), [1, 1, 2]);
}

#[test]
fn a_score_that_is_known_no_more_is_not_exported() {
    let emission = record(|| {
        SATISFACTION.set(0.5);
        SATISFACTION.clear();
    });
    let text = emission.recorder().render(mme_metrics::Format::Text);
    assert!(!text.contains("business_score{"), "{text}");
}
