//! Laws of money that hold for any amount and any text.

use mme_metrics::Format;
use mme_metrics::business::{self, Currency, Money, ValueKind};
use mme_metrics::testing::record;
use mme_metrics_tests::exposition::Samples;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::refused;

/// The largest amount that one event may have.
const MOST: i64 = 100_000_000_000_000;

/// A currency whose decimals are known.
fn currency() -> impl Strategy<Value = Currency> {
    select(Currency::all().filter(|currency| currency.decimals().is_some()).collect::<Vec<_>>())
}

proptest! {
    /// Law: an amount that is written and read again is the same, to the minor unit.
    #[test]
    fn an_amount_reads_as_it_was_written(minor in any::<i64>(), currency in currency()) {
        let money = Money::from_minor(minor, currency);
        let text = money.to_string();
        let (amount, code) = text.split_once(' ').expect("an amount has a currency");
        prop_assert_eq!(Money::parse(amount, Currency::find(code)), Ok(money));
    }

    /// Law: a text that is read is a plain decimal number with no more decimals than the currency has.
    #[test]
    fn only_plain_decimals_are_amounts(text in "-?[0-9+., eE']{0,24}", currency in currency()) {
        let parts: Vec<_> = text.strip_prefix('-').unwrap_or(&text).split('.').collect();
        let is_plain = parts.len() <= 2
            && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        match Money::parse(&text, currency) {
            Ok(money) => {
                prop_assert!(is_plain, "{:?}", text);
                let decimals = parts.get(1).map_or("", |part| part.trim_end_matches('0'));
                prop_assert!(decimals.len() <= currency.decimals().unwrap_or_default() as usize, "{:?}", text);
                prop_assert!(money.minor() == 0 || (money.minor() < 0) == text.starts_with('-'), "{:?}", text);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    /// Law: a counter is the exact sum of the amounts that were accepted, and each other one is counted as refused.
    #[test]
    fn a_sum_is_exact_and_what_is_refused_is_counted(
        amounts in vec(prop_oneof![0..=MOST, 0..1_000_i64, -1_000..0_i64, MOST + 1..=i64::MAX], 1..60),
    ) {
        let emission = record(|| {
            for amount in &amounts {
                business::record(ValueKind::Revenue, Money::from_minor(*amount, Currency::EUR));
            }
        });
        let accepted: Vec<_> = amounts.iter().filter(|amount| (0..=MOST).contains(*amount)).collect();
        let text = emission.recorder().render(Format::Text);
        let beginning = "business_value_minor_units_total{currency=\"EUR\",kind=\"revenue\"} ";
        let counted = text.lines().find_map(|line| line.strip_prefix(beginning));
        prop_assert_eq!(counted.map(str::to_owned), (!accepted.is_empty()).then(|| accepted.iter().copied().sum::<i64>().to_string()));
        let negative = amounts.iter().filter(|amount| **amount < 0).count() as u64;
        if negative > 0 {
            prop_assert_eq!(refused(&emission, "negative"), negative);
        }
        let too_large = amounts.iter().filter(|amount| **amount > MOST).count() as u64;
        if too_large > 0 {
            prop_assert_eq!(refused(&emission, "overflow"), too_large);
        }
        Samples::parse(&text);
    }

    /// Law: a text is a currency if it is the code of one, and the unknown one otherwise.
    #[test]
    fn a_currency_is_found_by_its_code_alone(text in "[A-Z]{3}|.{0,4}") {
        let known = Currency::all().find(|currency| currency.code() == text);
        prop_assert_eq!(Currency::find(&text), known.unwrap_or(Currency::UNKNOWN));
    }
}
