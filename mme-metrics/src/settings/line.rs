//! The settings as one line, without secrets.

use std::fmt;

use super::value::{Entries, Setting, Settings};
use crate::metric::{HistogramForm, Resolution};

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut list = |key: &str, names: &[Setting<String>]| {
            let names: Vec<_> = names.iter().map(|name| &name.value).collect();
            if !names.is_empty() {
                parts.push(format!("{key} = {names:?}"));
            }
        };
        list("disabled_families", &self.disabled_families);
        list("disabled_metrics", &self.disabled_metrics);
        entries(&mut parts, "buckets", &self.buckets, |bounds| format!("{bounds:?}"));
        entries(&mut parts, "budgets", &self.family_budgets, ToString::to_string);
        parts.extend(self.process_budget.iter().map(|budget| format!("process_budget = {}", budget.value)));
        entries(&mut parts, "histogram_forms", &self.histogram_forms, |form| self::form(*form));
        entries(&mut parts, "labels", &self.labels, |value| format!("{value:?}"));
        parts.extend(self.listener_address.iter().map(|address| format!("listener.address = {}", address.value)));
        // Not the path, which may be the token itself by mistake.
        parts.extend(self.listener_token_file.iter().map(|_| "listener.token_file is set".to_owned()));
        if parts.is_empty() {
            return f.write_str("nothing is set");
        }
        f.write_str(&parts.join("; "))
    }
}

fn entries<T>(parts: &mut Vec<String>, key: &str, entries: &Entries<T>, text: impl Fn(&T) -> String) {
    // A name may be any text until the recorder is built.
    parts.extend(entries.iter().map(|(name, set)| format!("{key}.{} = {}", name.escape_debug(), text(&set.value))));
}

fn form(form: HistogramForm) -> String {
    let word = match form {
        HistogramForm::Classic => "classic",
        HistogramForm::Both(_) => "both",
        HistogramForm::Native(_) => "native",
    };
    match form.resolution().filter(|resolution| *resolution != Resolution::DEFAULT) {
        Some(resolution) => format!("{word} (schema {})", resolution.schema()),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_lists_what_is_set_and_no_secret() {
        let text = r#"
            disabled_families = ["grpc", "log"]
            disabled_metrics = ["build_info"]
            process_budget = 7
            buckets.a_seconds = [0.5, 1]
            budgets.other = 5
            histogram_forms = { "*" = "both", b_seconds = "native:1.01" }
            labels.env = "a\nb"
            listener = { address = "127.0.0.1:9464", token_file = "hunter2" }
        "#;
        let settings = Settings::from_toml(text).unwrap();
        let line = "disabled_families = [\"grpc\", \"log\"]; disabled_metrics = [\"build_info\"]; \
             buckets.a_seconds = [0.5, 1.0]; budgets.other = 5; process_budget = 7; histogram_forms.* = both; \
             histogram_forms.b_seconds = native (schema 7); labels.env = \"a\\nb\"; \
             listener.address = 127.0.0.1:9464; listener.token_file is set";
        assert_eq!(settings.to_string(), line);
        assert_eq!(format!("{settings:?}"), format!("Settings({line})"));
        assert_eq!(Settings::default().to_string(), "nothing is set");
    }
}
