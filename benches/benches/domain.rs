//! Does an event of a domain through a kept handle cost at most 1.5 times what bare handles of the facade cost?
//!
//! `cargo bench -p mme-metrics-benches --bench domain` prints the figures.

use std::hint::black_box;

use mme_metrics::business::{BUSINESS, BusinessOperation, BusinessValue, Currency, Money, ValueKind};
use mme_metrics::certificate::{CERTIFICATE, CertificateOperation};
use mme_metrics::op::{Operation as _, Outcome};
use mme_metrics::{Builder, Format, Recorder};
use mme_metrics_benches::contest::{self, Contestant};
use mme_metrics_benches::load;
use mme_metrics_benches::table::Table;

/// Batches of each contestant.
const ROUNDS: usize = 201;

/// How much more than bare handles an event may cost.
const MOST: f64 = 1.5;

static REVENUE: BusinessValue = BusinessValue::new(ValueKind::Revenue, Currency::EUR);
static WORK: BusinessOperation = BusinessOperation::new("work");

fn main() {
    Builder::new().install().expect("nobody else installs a recorder in this process");
    println!("{}", table("Money", &money()));
    println!("{}", table("An operation that has ended, its count and duration", &operations()));
}

/// Returns how much a counter or the `_count` of a histogram stands at, all series together.
fn total(name: &'static str) -> impl Fn() -> u64 + Send + Sync {
    || load::total(&Recorder::installed().expect("it was installed").render(Format::Text), name)
}

fn times(
    name: &str,
    one: impl Fn() + Send + Sync + 'static,
    done: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contestant {
    Contestant::new(name, move |count| (0..count).for_each(|_| one()), done)
}

fn bare() -> impl Iterator<Item = Contestant> {
    ["bare loop", "bare loop again"].into_iter().map(|name| times(name, || _ = black_box(1), || 0))
}

fn money() -> Vec<Contestant> {
    let labels =
        (ValueKind::Revenue, Currency::USD, mme_metrics::label::CountryCode::NONE, mme_metrics::business::Client::NONE);
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
    let ok = (signing, Outcome::Ok.ended(), Outcome::Ok.error_word());
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

fn table(what: &str, contestants: &[Contestant]) -> Table {
    contestants[..contestants.len() - 2].iter().for_each(Contestant::verify);
    let spreads = contest::alone(contestants, ROUNDS).spreads();
    let mut table = Table::new(format!("{what}, ns"), &["contestant", "ns", "least", "batches"]);
    for (contestant, spread) in contestants.iter().zip(&spreads) {
        let (least, batches) = (format!("{:.1}", spread.quantile(0.0)), spread.len().to_string());
        table.row(vec![contestant.name.clone(), spread.to_string(), least, batches]);
    }
    for (contestant, spread) in contestants.iter().zip(&spreads).skip(1).take(contestants.len() - 3) {
        let ratio = spread.median() / spreads[0].median();
        let verdict = if ratio <= MOST { "holds" } else { "MISSED" };
        table.note(format!("{}: {ratio:.2} times the bare handles, at most {MOST}: {verdict}", contestant.name));
    }
    table
}
