//! Hostile input to the business family never reaches the exposition.

use mme_metrics::Format;
use mme_metrics::business::{
    self, BusinessClient, BusinessOperationName, BusinessOperationType, BusinessValue, Currency, Money, QueueName,
    ScoreKind, TierName, ValueKind,
};
use mme_metrics::label::CountryCode;
use mme_metrics::testing::record;

use super::refused;

/// A token, an address of each kind, two cards and a password.
const CANARIES: [&str; 7] = [
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
    "canary@example.com",
    "203.0.113.77",
    "2001:db8::bad:cafe",
    "4111111111111111",
    "378282246310005",
    "hunter2-canary-password",
];

#[test]
fn a_canary_through_every_input_is_seen_nowhere() {
    let mut said = String::new();
    let emission = record(|| {
        for canary in CANARIES {
            let (currency, client, country) =
                (Currency::find(canary), BusinessClient::find(canary), CountryCode::find(canary));
            let value = BusinessValue::new(ValueKind::Revenue, currency).client(client).country(country);
            value.add(Money::from_minor(1, currency));
            business::record_decimal(ValueKind::Cost, canary, canary);
            business::record_decimal(ValueKind::Cost, canary, "USD");
            business::record_decimal(ValueKind::Cost, canary, "JPY");
            business::record_decimal(ValueKind::Cost, "1", canary);
            let parsed = Money::parse(canary, Currency::USD).map_err(|error| format!("{error} {error:?}"));
            said += &format!("{:?} {value:?} {client:?} {country:?} {currency:?}", parsed.err());
            said += &format!("{:?}{:?}", BusinessOperationName::find(canary), BusinessOperationType::find(canary));
            said += &format!("{:?}{:?}{:?}", QueueName::find(canary), ScoreKind::find(canary), TierName::find(canary));
        }
    });
    said += &emission.recorder().render(Format::Text);
    said += &emission.recorder().render(Format::OpenMetrics);
    for canary in CANARIES {
        assert!(!said.contains(canary), "{canary} in {said}");
    }
    // Five texts are no number; two are, and are larger than amounts are.
    assert_eq!(["malformed", "overflow"].map(|reason| refused(&emission, reason)), [10, 4]);
}
