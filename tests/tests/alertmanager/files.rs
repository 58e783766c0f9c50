//! The files load, agree with each other, name existing alerts and hold no secret.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetKind, FILES};
use mme_metrics_tests::alertmanager::{BusinessHours, Deployment, amtool, readable_configurations};
use serde_json::{Map, Value};

use crate::push::rules;

/// Keys with a secret as value; each has a form that ends in `_file`.
const SECRETS: &[&str] = &[
    "api_key",
    "api_secret",
    "api_url",
    "auth_password",
    "auth_secret",
    "bearer_token",
    "bot_token",
    "client_secret",
    "credentials",
    "password",
    "routing_key",
    "service_key",
    "slack_api_url",
    "smtp_auth_password",
    "smtp_auth_secret",
    "token",
    "user_key",
    "webhook_url",
];

/// Texts that occur in secrets only.
const MARKS: &[&str] = &[
    "hooks.slack.com/",
    "xoxb-",
    "xoxp-",
    "webhook.office.com/",
    "logic.azure.com",
    "-----BEGIN",
    "AKIA",
    "ghp_",
    "sig=",
    "Bearer ",
    "Basic ",
];

/// Keys of receivers that the newer file alone has.
const NEWER: &[&str] = &["msteamsv2_configs", "payload", "labels"];

#[test]
fn alertmanager_loads_the_configurations_that_it_can_read() {
    let deployment = Deployment::new(BusinessHours::Now);
    for name in readable_configurations() {
        let path = deployment.configuration(name);
        let said = amtool(&["check-config", &path.display().to_string()]);
        assert!(said.contains("SUCCESS") && said.contains("16 receivers") && said.contains("1 templates"), "{said}");
    }
}

#[test]
fn both_configurations_route_inhibit_and_deliver_alike() {
    let [old, new] = ["alertmanager.yml", "alertmanager-0.34.yml"].map(configuration);
    let new = without(&new, NEWER);
    assert_eq!(old, without(&old, NEWER), "the older file needs nothing newer");
    for part in ["global", "templates", "time_intervals", "route", "inhibit_rules", "receivers"] {
        assert_eq!(old[part], new[part], "{part}");
    }
}

#[test]
fn no_file_has_a_secret_in_it() {
    let files = FILES.iter().filter(|file| matches!(file.kind(), AssetKind::Routing | AssetKind::Notification));
    let mut checked = 0;
    for file in files {
        checked += 1;
        for mark in MARKS {
            assert!(!file.text().contains(mark), "{} holds {mark}: read it from a file", file.path());
        }
        if file.kind() == AssetKind::Routing {
            let document = serde_saphyr::from_str(file.text()).expect("a configuration is YAML");
            let found = secrets(&document);
            assert!(found.is_empty(), "{}: {found:?}", file.path());
        }
    }
    assert_eq!(checked, 8);
}

#[test]
fn a_secret_would_be_found() {
    for text in [
        "{receivers: [{slack_configs: [{api_url: https://example.com/x}]}]}",
        "{global: {smtp_auth_password: x}}",
        "{global: {smtp_auth_password_file: secrets/password}}",
        "{http_config: {authorization: {credentials: x}}}",
        "{url: 'https://user:word@example.com/'}",
        "{url: 'https://example.com/?key=x'}",
    ] {
        let document: Value = serde_saphyr::from_str(text).expect("YAML");
        assert_eq!(secrets(&document).len(), 1, "{text}");
    }
}

#[test]
fn inhibition_names_alerts_that_exist() {
    let known: BTreeSet<_> = rules().into_iter().map(|(name, _)| name).collect();
    let configuration = configuration("alertmanager.yml");
    for rule in configuration["inhibit_rules"].as_array().expect("a list") {
        let matchers = ["source_matchers", "target_matchers"].map(|key| rule[key].as_array().expect("a list").clone());
        for matcher in matchers.concat() {
            let matcher = matcher.as_str().expect("a matcher is a text").to_owned();
            for name in alternatives(&matcher) {
                let exists = known.iter().any(|known| matches(&name, known));
                assert!(exists, "{matcher}: no alert is called {name}");
            }
        }
    }
}

#[track_caller]
fn configuration(name: &str) -> Value {
    let path = format!("alertmanager/{name}");
    let file = FILES.iter().find(|file| file.path() == path).unwrap_or_else(|| panic!("{path} is not bundled"));
    serde_saphyr::from_str(file.text()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns a document without these keys of its mappings.
fn without(document: &Value, keys: &[&str]) -> Value {
    match document {
        Value::Object(entries) => {
            let kept = entries.iter().filter(|(key, _)| !keys.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), without(value, keys))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| without(item, keys)).collect(),
        other => other.clone(),
    }
}

/// Lists what is a secret, a file of one that is not named by its whole path, or an address with a secret in it.
fn secrets(document: &Value) -> Vec<String> {
    match document {
        Value::Object(entries) => {
            let here = entries.iter().filter(|(key, value)| {
                let text = value.as_str().unwrap_or_default();
                let relative = key.ends_with("_file") && !text.starts_with('/');
                let address = key.ends_with("url") && (text.contains('@') || text.contains('?'));
                SECRETS.contains(&key.as_str()) || relative || address
            });
            let here = here.map(|(key, value)| format!("{key}: {value}"));
            here.chain(entries.values().flat_map(secrets)).collect()
        }
        Value::Array(items) => items.iter().flat_map(secrets).collect(),
        _ => Vec::new(),
    }
}

/// Returns the names that a matcher of `alertname` or `source_alert` can take, each as `Name`, `Prefix.+` or
/// `Prefix(A|B)`, which is written out.
fn alternatives(matcher: &str) -> Vec<String> {
    let Some((_, pattern)) =
        matcher.split_once(['=', '~']).filter(|(key, _)| matches!(*key, "alertname" | "source_alert"))
    else {
        return Vec::new();
    };
    let pattern = pattern.trim_start_matches('~').trim_matches('"');
    let mut names = Vec::new();
    let mut depth = 0;
    for part in pattern.split(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == '|' && depth == 0
    }) {
        match part.split_once('(').and_then(|(before, rest)| Some((before, rest.rsplit_once(')')?))) {
            Some((before, (inner, "?"))) => names.extend([before.to_owned(), format!("{before}{inner}")]),
            Some((before, (inner, after))) => {
                names.extend(inner.split('|').map(|inner| format!("{before}{inner}{after}")));
            }
            None => match part.split_once('[').and_then(|(before, rest)| Some((before, rest.strip_suffix(']')?))) {
                Some((before, digits)) => names.extend(digits.chars().map(|digit| format!("{before}{digit}"))),
                None => names.push(part.to_owned()),
            },
        }
    }
    names
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix(".+").map_or(pattern == name, |prefix| name.len() > prefix.len() && name.starts_with(prefix))
}
