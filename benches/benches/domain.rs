//! Checks that a domain event through a kept handle costs at most 1.5 times as much as bare handles of the facade.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench domain` prints the figures.

use std::hint::black_box;

use mme_metrics::Recorder;
use mme_metrics::business::{BUSINESS, BusinessOperation, BusinessValue, Currency, Money, ValueKind};
use mme_metrics::certificate::{CERTIFICATE, CertificateOperation};
use mme_metrics::operation::{Operation as _, Outcome};
use mme_metrics_benches::contest::Contestant;
use mme_metrics_benches::event::{bare, beside_bare, times, total};

/// Batches of each contestant.
const ROUNDS: usize = 201;

static REVENUE: BusinessValue = BusinessValue::new(ValueKind::Revenue, Currency::EUR);
static WORK: BusinessOperation = BusinessOperation::new("work");

fn main() {
    Recorder::builder().install().expect("no other recorder is installed in this process");
    println!("{}", beside_bare("Money, ns", &money(), ROUNDS, 1));
    println!("{}", beside_bare("An operation that has ended, its count and duration, ns", &operations(), ROUNDS, 2));
}

fn money() -> Vec<Contestant> {
    let labels = (
        ValueKind::Revenue,
        Currency::USD,
        mme_metrics::label::CountryCode::NONE,
        mme_metrics::business::BusinessClient::NONE,
    );
    let facade = BUSINESS.value.with(labels).current();
    let cent = Money::from_minor(1, Currency::EUR);
    let mut all = vec![
        times("bare facade handle", move || facade.increment(black_box(1)), total("business_value_minor_units")),
        times("BusinessValue::add", move || REVENUE.add(black_box(cent)), total("business_value_minor_units")),
    ];
    all.extend(bare());
    all
}

fn operations() -> Vec<Contestant> {
    let signing = CertificateOperation::Signing;
    let ok = (signing, Outcome::Ok.result_label(), Outcome::Ok.error_word());
    let count = CERTIFICATE.operations.with(ok).current();
    let duration = CERTIFICATE.operation_duration.with((signing,)).current();
    let facade = move || {
        count.increment(1);
        duration.record(black_box(0.003));
    };
    let issuance = || CertificateOperation::Issuance.end(Outcome::Ok, black_box(0.003));
    let work = || WORK.event().end(Outcome::Ok, black_box(0.003));
    let mut all = vec![
        times("bare facade handles", facade, total("certificate_operations")),
        times("certificate operation", issuance, total("certificate_operations")),
        times("business operation", work, total("business_operations")),
    ];
    all.extend(bare());
    all
}
