//! Every outcome of operations and tiers.

use std::future::{pending, ready};
use std::panic::catch_unwind;

use mme_metrics::business::tier::{self, Tier};
use mme_metrics::business::{BUSINESS, BusinessOperation, BusinessOperationName, BusinessOperationType, TierName};
use mme_metrics::operation::{AlwaysOk, ByResult, Outcome, ResultLabel};
use mme_metrics::operation::{Guard, measure, measure_async};
use mme_metrics::testing::{Emission, record};
use mme_metrics::{Format, LabelValue, instrument_metrics, labels};
use mme_metrics_tests::future::poll_once;

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "document_kind")]
enum Document {
    Invoice,
    Scan,
}

static PROCESSING: BusinessOperation<Document> = BusinessOperation::new("processing");
static CLOSING: BusinessOperation = BusinessOperation::new("closing");

/// Asserts that one event of an operation ended so, and nothing else.
#[track_caller]
fn ended(emission: &Emission, operation: &str, kind: &str, outcome: Outcome) {
    let kind = if kind.is_empty() { BusinessOperationType::NONE } else { BusinessOperationType::find(kind) };
    let operation = BusinessOperationName::find(operation);
    emission
        .expect()
        .counter(&BUSINESS.operations, (operation, kind, outcome.result_label()), 1)
        .histogram(&BUSINESS.operation_duration, (operation, kind), 1)
        .only();
}

#[test]
fn a_guard_ends_as_it_is_told_or_is_cancelled() {
    ended(&record(|| Guard::start(CLOSING.event()).end(Outcome::Ok)), "closing", "", Outcome::Ok);
    ended(&record(|| drop(Guard::start(CLOSING.event()))), "closing", "", Outcome::Cancelled);
    let failed = Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound));
    let emission = record(|| Guard::start(PROCESSING.of(Document::Scan)).end_with(&failed));
    ended(&emission, "processing", "scan", Outcome::OTHER);
}

#[test]
fn a_panic_is_an_error_in_a_guard_and_in_a_closure() {
    let guarded = || {
        let _guard = Guard::start(PROCESSING.of(Document::Invoice));
        panic!("on purpose");
    };
    ended(&record(|| assert!(catch_unwind(guarded).is_err())), "processing", "invoice", Outcome::Panic);
    let closed = || measure(CLOSING.event(), AlwaysOk, || panic!("on purpose"));
    ended(&record(|| assert!(catch_unwind(closed).is_err())), "closing", "", Outcome::Panic);
}

#[test]
fn closures_and_futures_end_as_what_they_return() {
    let emission = record(|| drop(measure(CLOSING.event(), ByResult, || Err::<(), _>(String::new()))));
    ended(&emission, "closing", "", Outcome::OTHER);
    let emission = Emission::new();
    let mut done = Box::pin(emission.record_async(measure_async(CLOSING.event(), AlwaysOk, ready(()))));
    assert!(poll_once(done.as_mut()).is_ready());
    ended(&emission, "closing", "", Outcome::Ok);
    let emission = Emission::new();
    let waiting = measure_async(PROCESSING.of(Document::Scan), AlwaysOk, pending::<()>());
    let mut waiting = Box::pin(emission.record_async(waiting));
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(waiting);
    ended(&emission, "processing", "scan", Outcome::Cancelled);
}

#[instrument_metrics(record = PROCESSING.of(document))]
fn process(document: Document, fail: bool) -> Result<(), String> {
    if fail { Err(String::new()) } else { Ok(()) }
}

#[test]
fn an_attribute_measures_the_same() {
    ended(&record(|| drop(process(Document::Invoice, false))), "processing", "invoice", Outcome::Ok);
    ended(&record(|| drop(process(Document::Scan, true))), "processing", "scan", Outcome::OTHER);
}

#[test]
fn a_type_may_be_found_out_on_the_way() {
    let emission = record(|| {
        let mut guard = Guard::start(PROCESSING.of(Document::Scan));
        if let Some(event) = guard.operation() {
            event.set_type(Document::Invoice);
        }
        guard.end(Outcome::Ok);
    });
    ended(&emission, "processing", "invoice", Outcome::Ok);
}

labels! {
    /// A product that customers buy.
    registered Product: "product", budget = 10, fallback = "_other";
}

#[test]
fn registered_types_are_told_apart_and_strangers_are_not() {
    static SALE: BusinessOperation<Product> = BusinessOperation::new("sale");
    let book = Product::register("book").unwrap();
    ended(&record(|| measure(SALE.of(book), AlwaysOk, || ())), "sale", "book", Outcome::Ok);
    let stranger = Product::find("eyJhbGciOiJub25lIn0");
    let text = record(|| measure(SALE.of(stranger), AlwaysOk, || ())).recorder().render(Format::Text);
    assert!(text.contains("business_operations_total{operation=\"sale\",result=\"ok\",type=\"_other\"} 1\n"), "{text}");
}

#[test]
fn every_type_and_end_can_begin_at_zero() {
    let text = record(|| PROCESSING.touch()).recorder().render(Format::Text);
    for (kind, result) in [("invoice", "ok"), ("scan", "error"), ("scan", "cancelled")] {
        let labels = format!("operation=\"processing\",result=\"{result}\",type=\"{kind}\"");
        assert!(text.contains(&format!("business_operations_total{{{labels}}} 0\n")), "{labels}: {text}");
    }
}

/// Asserts that one request ended in a tier, and nothing else.
#[track_caller]
fn answered(emission: &Emission, tier: &str, ended: ResultLabel) {
    let tier = TierName::find(tier);
    let expected = emission.expect().counter(&BUSINESS.tier_requests, (tier, ended), 1);
    expected.histogram(&BUSINESS.tier_request_duration, (tier,), 1).only();
}

#[test]
fn a_request_counts_once_for_the_tier_it_ends_in() {
    static ARCHIVE: Tier = Tier::new("archive");
    answered(&record(|| tier::DIRECT.start_request().end(Outcome::Ok)), "direct", ResultLabel::Ok);
    let emission = record(|| {
        let mut request = tier::DIRECT.start_request();
        request.pass_to(&tier::NEIGHBORS);
        request.pass_to(&ARCHIVE);
        request.end_with(&Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound)));
    });
    answered(&emission, "archive", ResultLabel::Error);
    let emission = record(|| {
        let mut request = tier::DIRECT.start_request();
        request.pass_to(&tier::RECENT);
    });
    answered(&emission, "recent", ResultLabel::Cancelled);
}

#[test]
fn a_tier_that_panics_is_an_error() {
    let panics = || {
        let mut request = tier::DIRECT.start_request();
        request.pass_to(&tier::NEIGHBORS);
        panic!("on purpose");
    };
    answered(&record(|| assert!(catch_unwind(panics).is_err())), "neighbors", ResultLabel::Error);
}
