//! Amounts of money are exact to the minor unit.

use std::collections::BTreeMap;
use std::thread;

use iso_currency::IntoEnumIterator as _;
use mme_metrics::business::{self, BUSINESS, BusinessClient, BusinessValue, Currency, Money, ValueKind};
use mme_metrics::label::CountryCode;
use mme_metrics::testing::{Emission, record};
use mme_metrics::{Format, Recorder};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::recorders::on_both;

use super::refused;

const USD: Currency = Currency::USD;

/// The largest amount that one event may have.
const MOST: i64 = 100_000_000_000_000;

/// Labels of a value without country and client.
const fn plain(kind: ValueKind, currency: Currency) -> (ValueKind, Currency, CountryCode, BusinessClient) {
    (kind, currency, CountryCode::NONE, BusinessClient::NONE)
}

#[test]
fn ten_million_times_ten_cents_is_a_million_to_the_cent() {
    run_alone(|| {
        let recorder = Recorder::builder().install().expect("nobody else is in this process");
        let dime = Money::parse("0.10", USD).expect("it is an amount");
        (0..10_000_000).for_each(|_| business::record(ValueKind::Revenue, dime));
        let text = recorder.render(Format::Text);
        assert!(text.contains("business_value_minor_units_total{currency=\"USD\",kind=\"revenue\"} 100000000\n"));
        let samples = Samples::parse(&text);
        let minor = samples.value("business_value_minor_units_total{currency=\"USD\",kind=\"revenue\"}");
        let units = samples.value("business_currency_minor_units{currency=\"USD\"}");
        assert_eq!(format!("{:.2}", minor / units), "1000000.00");
    });
}

#[test]
fn sixty_four_threads_lose_nothing() {
    run_alone(|| {
        static FEES: BusinessValue = BusinessValue::new(ValueKind::Fee, Currency::JPY);
        let recorder = Recorder::builder().install().expect("nobody else is in this process");
        thread::scope(|scope| {
            for thread in 0..64 {
                scope.spawn(move || {
                    for turn in 0..10_000 {
                        FEES.add(Money::from_minor(thread, Currency::JPY));
                        business::record(ValueKind::Cost, Money::from_minor(turn % 7, Currency::KWD));
                    }
                });
            }
        });
        let samples = Samples::parse(&recorder.render(Format::Text));
        let value = |labels| samples.value(&format!("business_value_minor_units_total{{{labels}}}")) as u64;
        assert_eq!(value("currency=\"JPY\",kind=\"fee\""), (0..64).sum::<u64>() * 10_000);
        assert_eq!(value("currency=\"KWD\",kind=\"cost\""), (0..10_000).map(|turn| turn % 7).sum::<u64>() * 64);
    });
}

#[test]
fn each_kind_grows_by_itself_and_tells_its_currencys_units() {
    let emission = record(|| {
        business::record(ValueKind::Revenue, Money::parse("12.34", USD).unwrap());
        business::record(ValueKind::Refund, Money::parse("2.34", USD).unwrap());
        business::record(ValueKind::Fee, Money::parse("500", Currency::JPY).unwrap());
        business::record(ValueKind::Cost, Money::parse("1.5", Currency::KWD).unwrap());
    });
    let mut expected = emission.expect();
    for (kind, currency, minor, units) in [
        (ValueKind::Revenue, USD, 1234, 100),
        (ValueKind::Refund, USD, 234, 100),
        (ValueKind::Fee, Currency::JPY, 500, 1),
        (ValueKind::Cost, Currency::KWD, 1500, 1000),
    ] {
        expected = expected.counter(&BUSINESS.value, plain(kind, currency), minor);
        expected = expected.gauge(&BUSINESS.currency_minor_units, (currency,), f64::from(units));
    }
    expected.only();
}

#[test]
fn what_is_no_exact_amount_is_refused_and_counted() {
    let emission = record(|| {
        business::record(ValueKind::Revenue, Money::from_minor(-1, USD));
        business::record(ValueKind::Revenue, Money::from_minor(i64::MIN, USD));
        business::record(ValueKind::Revenue, Money::from_minor(MOST + 1, USD));
        business::record_decimal(ValueKind::Revenue, "99999999999999999999", "USD");
        business::record_decimal(ValueKind::Revenue, "-99999999999999999999", "USD");
        business::record_decimal(ValueKind::Revenue, "0.001", "USD");
        business::record_decimal(ValueKind::Revenue, "ten", "USD");
        business::record_decimal(ValueKind::Revenue, "10", "BTC");
    });
    let counts = ["negative", "overflow", "malformed", "currency"].map(|reason| refused(&emission, reason));
    assert_eq!(counts, [3, 2, 2, 1]);
    assert!(!emission.recorder().render(Format::Text).contains("business_value"));
}

#[test]
fn the_largest_amount_is_taken() {
    let emission = record(|| business::record(ValueKind::Revenue, Money::from_minor(MOST, USD)));
    let expected = emission.expect().gauge(&BUSINESS.currency_minor_units, (USD,), 100.0);
    expected.counter(&BUSINESS.value, plain(ValueKind::Revenue, USD), MOST.unsigned_abs()).only();
}

#[test]
fn a_counter_that_is_full_stays_there_and_says_so() {
    let emission = Emission::new();
    emission.record(|| BUSINESS.value.add(plain(ValueKind::Cost, USD), u64::MAX - 5));
    emission.record(|| (0..3).for_each(|_| business::record(ValueKind::Cost, Money::from_minor(4, USD))));
    let text = emission.recorder().render(Format::Text);
    assert!(text.contains("business_value_minor_units_total{currency=\"USD\",kind=\"cost\"} 18446744073709551615\n"));
    assert_eq!(refused(&emission, "overflow"), 2);
}

#[test]
fn an_unknown_currency_folds_and_is_counted() {
    let emission = record(|| {
        business::record(ValueKind::Revenue, Money::from_minor(5, Currency::find("BTC")));
        business::record(ValueKind::Revenue, Money::from_minor(7, Currency::find("XAU")));
    });
    assert_eq!(refused(&emission, "currency"), 2);
    let text = emission.recorder().render(Format::Text);
    assert!(text.contains("business_value_minor_units_total{currency=\"_unknown\",kind=\"revenue\"} 12\n"), "{text}");
    assert!(!text.contains("business_currency_minor_units"), "{text}");
}

#[test]
fn a_client_that_was_not_registered_and_a_country_that_is_none_have_no_names() {
    let acme = BusinessClient::register("acme").unwrap();
    let value = |client, country| {
        BusinessValue::new(ValueKind::Revenue, USD).client(client).country(CountryCode::find(country))
    };
    let cent = Money::from_minor(1, USD);
    let emission = record(|| {
        value(acme, "fr").add(cent);
        value(BusinessClient::find("mallory@example.com"), "203.0.113.9").add(cent);
    });
    let expected = emission.expect().gauge(&BUSINESS.currency_minor_units, (USD,), 100.0);
    let expected = expected.counter(&BUSINESS.value, (ValueKind::Revenue, USD, CountryCode::find("FR"), acme), 1);
    let unknown = (ValueKind::Revenue, USD, CountryCode::UNKNOWN, BusinessClient::FALLBACK);
    expected.counter(&BUSINESS.value, unknown, 1).only();
}

#[test]
fn countries_past_their_budget_fold_and_no_cent_is_lost() {
    let letters = || (b'A'..=b'Z').map(char::from);
    let emission = Emission::new();
    emission.record(|| {
        for (first, second) in letters().flat_map(|first| letters().map(move |second| (first, second))) {
            let country = CountryCode::find(&format!("{first}{second}"));
            BusinessValue::new(ValueKind::Revenue, USD).country(country).add(Money::from_minor(3, USD));
        }
    });
    let samples = Samples::parse(&emission.recorder().render(Format::Text));
    let values: Vec<_> = samples.of("business_value_minor_units_total").collect();
    assert_eq!((values.len(), samples.sum("business_value_minor_units_total") as u64), (251, 676 * 3));
    let folded =
        "business_value_minor_units_total{currency=\"USD\",geo_country_iso_code=\"_overflow\",kind=\"revenue\"}";
    assert_eq!(samples.value(folded) as u64, (676 - 250) * 3);
}

#[test]
fn an_amount_in_another_currency_is_counted_under_that() {
    static EUROS: BusinessValue = BusinessValue::new(ValueKind::Revenue, Currency::EUR);
    let emission = record(|| {
        EUROS.add(Money::from_minor(3, Currency::EUR));
        EUROS.add(Money::from_minor(4, Currency::JPY));
    });
    let expected = emission.expect().gauge(&BUSINESS.currency_minor_units, (Currency::EUR,), 100.0);
    let expected = expected.gauge(&BUSINESS.currency_minor_units, (Currency::JPY,), 1.0);
    let expected = expected.counter(&BUSINESS.value, plain(ValueKind::Revenue, Currency::EUR), 3);
    expected.counter(&BUSINESS.value, plain(ValueKind::Revenue, Currency::JPY), 4).only();
}

#[test]
fn a_currency_can_begin_at_zero() {
    let text = record(|| business::touch_currency(Currency::SEK)).recorder().render(Format::Text);
    for kind in ["revenue", "fee", "refund", "cost"] {
        let line = format!("business_value_minor_units_total{{currency=\"SEK\",kind=\"{kind}\"}} 0\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(text.contains("business_currency_minor_units{currency=\"SEK\"} 100\n"), "{text}");
}

#[test]
fn both_recorders_count_the_same_cents() {
    let emit = || business::record(ValueKind::Revenue, Money::from_minor(12_345, USD));
    on_both(&[], emit, |recorder, samples| {
        // Another recorder writes labels that are empty.
        let value = samples.sum("business_value_minor_units_total");
        let units = samples.value("business_currency_minor_units{currency=\"USD\"}");
        assert_eq!([value as u64, units as u64], [12_345, 100], "{recorder}");
    });
}

/// What one publication of the table has and the other has not, for a reason.
const ONE_SIDED: [(&str, &str); 4] = [
    ("CUC", "withdrawn in 2021: Cuba has the CUP"),
    ("HRK", "withdrawn in 2023: Croatia has the EUR"),
    ("SLL", "withdrawn in 2024: Sierra Leone has the SLE"),
    ("ZWL", "withdrawn in 2024: Zimbabwe has the ZWG"),
];

#[test]
fn the_table_is_that_of_another_publication() {
    let theirs: BTreeMap<String, Option<u32>> =
        iso_currency::Currency::iter().map(|it| (it.code().to_owned(), it.exponent().map(u32::from))).collect();
    let ours: BTreeMap<String, Option<u32>> =
        Currency::all().map(|currency| (currency.code().to_owned(), currency.decimals())).collect();
    let explained = |code: &str| ONE_SIDED.iter().any(|(known, _)| *known == code);
    let odd: Vec<_> = ours
        .iter()
        .filter(|(code, decimals)| theirs.get(*code) != Some(decimals))
        .chain(theirs.iter().filter(|(code, decimals)| decimals.is_some() && !ours.contains_key(*code)))
        .filter(|(code, _)| !explained(code))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
}
