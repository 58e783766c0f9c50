//! What the metrics belong to: the attributes of the resource, and the scope.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;

pub(super) const SERVICE_NAME: &str = "service.name";
const INSTANCE_ID: &str = "service.instance.id";

/// Returns the resource with these attributes, of which the last with a key wins, and those that every resource has.
pub(super) fn resource(attributes: &[(String, String)]) -> Resource {
    let mut all = BTreeMap::from([(SERVICE_NAME.to_owned(), unknown_service()), (INSTANCE_ID.to_owned(), random_id())]);
    all.extend(attributes.iter().cloned());
    // What sends this is no choice of the user.
    let sdk = [("name", env!("CARGO_PKG_NAME")), ("language", "rust"), ("version", env!("CARGO_PKG_VERSION"))];
    all.extend(sdk.map(|(key, value)| (format!("telemetry.sdk.{key}"), value.to_owned())));
    Resource { attributes: all.into_iter().map(attribute).collect(), ..Resource::default() }
}

/// Returns the scope: this crate.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

fn attribute((key, value): (String, String)) -> KeyValue {
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(value)) });
    KeyValue { key, value, ..KeyValue::default() }
}

/// Returns the name that the specification gives to a service without one.
fn unknown_service() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(|path| path.file_name()).and_then(|name| name.to_str());
    name.map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}"))
}

/// Returns a random UUID. Without an id of its own, two instances would send one series, and their counters would mix.
fn random_id() -> String {
    // The keys of a `RandomState` are random, and so is the hash of anything.
    let state = RandomState::new();
    let [high, low] = [0_u8, 1].map(|half| state.hash_one(half));
    // Version 4, variant 1.
    let (high, low) = (high & !0xf000 | 0x4000, low >> 2 | 1 << 63);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low << 16 >> 16
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(attributes: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own: Vec<_> = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let text = |attribute: KeyValue| match attribute.value.unwrap().value.unwrap() {
            any_value::Value::StringValue(value) => (attribute.key, value),
            other => panic!("{other:?}"),
        };
        resource(&own).attributes.into_iter().map(text).collect()
    }

    #[test]
    fn a_resource_says_which_service_and_instance_it_is_and_what_sends() {
        let one = shown(&[]);
        assert!(one["service.name"].starts_with("unknown_service:mme_metrics"), "{one:?}");
        assert_eq!(one["telemetry.sdk.name"], "mme-metrics");
        assert_eq!(one["telemetry.sdk.language"], "rust");
        assert_eq!(one["telemetry.sdk.version"], env!("CARGO_PKG_VERSION"));
        assert_ne!(one["service.instance.id"], shown(&[])["service.instance.id"]);
        assert_eq!(one.len(), 5);
    }

    #[test]
    fn attributes_of_the_user_win_but_not_over_what_sends() {
        let set = shown(&[
            ("service.name", "a"),
            ("service.name", "b"),
            ("service.instance.id", "i"),
            ("telemetry.sdk.name", "opentelemetry"),
            ("region", "eu"),
        ]);
        assert_eq!((&*set["service.name"], &*set["service.instance.id"], &*set["region"]), ("b", "i", "eu"));
        assert_eq!(set["telemetry.sdk.name"], "mme-metrics");
    }

    #[test]
    fn a_random_id_is_a_uuid() {
        let id = random_id();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
    }
}
