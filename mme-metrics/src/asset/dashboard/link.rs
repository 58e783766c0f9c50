//! Builds links to runbooks, log lines and traces.

use std::fmt::Write as _;

/// The URL at which the bundled runbooks are published.
const RUNBOOKS: &str = "https://github.com/mme-metrics/mme-metrics/blob/main/mme-metrics/assets/runbooks";

/// A link on a value: its title and its URL, in which Grafana fills in the labels of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) title: String,
    pub(super) url: String,
}

/// Returns the URL of an alert's runbook. `alert` may be a Grafana variable.
pub(super) fn runbook(alert: &str) -> String {
    format!("{RUNBOOKS}/{alert}.md")
}

/// Returns a link to any URL.
pub(super) fn plain(title: &str, url: &str) -> Link {
    Link { title: title.to_owned(), url: url.to_owned() }
}

/// Returns a link to the log lines that a `LogQL` query finds, in the data source that the variable `logs` names.
pub(super) fn logs(title: &str, query: &str) -> Link {
    Link { title: title.to_owned(), url: explore("loki", "logs", query) }
}

/// Returns a link to the traces that a `TraceQL` query finds, in the data source that the variable `traces` names.
pub(super) fn traces(title: &str, query: &str) -> Link {
    Link { title: title.to_owned(), url: explore("tempo", "traces", query) }
}

/// Returns the URL of Grafana's Explore page for a query in the data source that `variable` names.
fn explore(plugin: &str, variable: &str, query: &str) -> String {
    let source = format!("${{{variable}}}");
    let query = query.replace('"', "\\\"");
    let text = if plugin == "tempo" {
        format!("\"queryType\":\"traceql\",\"query\":\"{query}\"")
    } else {
        format!("\"expr\":\"{query}\"")
    };
    let pane = format!(
        "{{\"a\":{{\"datasource\":\"{source}\",\"queries\":[{{\"refId\":\"A\",\
         \"datasource\":{{\"type\":\"{plugin}\",\"uid\":\"{source}\"}},{text}}}],\
         \"range\":{{\"from\":\"${{__from}}\",\"to\":\"${{__to}}\"}}}}}}"
    );
    format!("/explore?schemaVersion=1&panes={}", encode(&pane))
}

/// Percent-encodes a text for a URL, except Grafana's `${…}`.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    let mut in_variable = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        in_variable |= character == '$' && characters.peek() == Some(&'{');
        match character {
            '{' | '}' | '"' | ' ' | '\\' | '|' | '=' | '~' | '`' | '+' if !in_variable => {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{:02X}", u32::from(character));
            }
            _ => encoded.push(character),
        }
        in_variable &= character != '}';
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_variables_and_encodes_the_rest() {
        assert_eq!(encode("{\"a\": \"${traces}\"}"), "%7B%22a%22:%20%22${traces}%22%7D");
    }
}
