//! One trace, and its line of JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::label::SpikeCause;
use crate::calendar::rfc3339_millis;
use crate::event::Event;
use crate::label::is_deceiving;
use crate::operation::Outcome;
use crate::trace;

/// Upper bound of a line in bytes, with its line feed.
pub const MAX_LINE_BYTES: usize = 2048;

/// Upper bound of a text of an [`Event`], in bytes. Longer texts are cut.
const MAX_TEXT_BYTES: usize = 128;

/// One event that was slow, failed or was cancelled.
///
/// It contains no path, header or body. The route is a template of the program, and the service chooses the attributes.
#[derive(Clone, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Trace {
    /// The time of its end, in UTC (RFC 3339).
    pub time: String,
    /// The reason why it was kept.
    pub cause: SpikeCause,
    /// The kind of event: `http`, `grpc` or `function`.
    pub source: String,
    /// The template of the route, the gRPC method or the name of the function.
    pub route: String,
    /// The HTTP method; empty for anything else.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// The status code, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The outcome: `ok`, `error`, `panic` or `cancelled`.
    pub end: String,
    /// The type of the error, a word of the program; empty if there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The duration.
    pub seconds: f64,
    /// The id of the [trace](crate::trace) in a tracing backend, if there was one; 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The id of its span, 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// The tier that answered, if the service named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Attributes that the service added.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Trace {
    pub(super) fn new(event: &Event<'_>, cause: SpikeCause, time: SystemTime) -> Self {
        let (end, error) = match event.outcome {
            Outcome::Ok => ("ok", ""),
            Outcome::Error(word) => ("error", word),
            Outcome::Panic => ("panic", ""),
            Outcome::Cancelled => ("cancelled", ""),
        };
        let context = trace::current();
        let mut trace = Self {
            time: rfc3339_millis(time),
            cause,
            source: event.source.as_str().to_owned(),
            route: bounded(event.name),
            method: bounded(event.method),
            status: event.status,
            end: end.to_owned(),
            error: bounded(error),
            // JSON has no infinity.
            seconds: if event.seconds.is_finite() { event.seconds } else { 0.0 },
            trace_id: context.map(|context| context.trace_id().to_string()),
            span_id: context.map(|context| context.span_id().to_string()),
            tier: event.notes.tier_name().map(bounded),
            attributes: event.notes.attributes().map(|(key, value)| (bounded(key), value.to_owned())).collect(),
        };
        // Escaped quotes and backslashes take twice their size. Without attributes a trace always fits.
        while trace.json().len() >= MAX_LINE_BYTES && trace.attributes.pop_last().is_some() {}
        trace
    }

    /// Returns its line, with the line feed.
    pub(super) fn line(&self) -> String {
        let mut line = self.json();
        line.push('\n');
        line
    }

    fn json(&self) -> String {
        // This cannot fail: every key is a string, and every number is finite.
        serde_json::to_string(self).unwrap_or_default()
    }
}

// Values of attributes stay out of logs.
impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace")
            .field("time", &self.time)
            .field("cause", &self.cause)
            .field("route", &self.route)
            .field("end", &self.end)
            .field("seconds", &self.seconds)
            .field("tier", &self.tier)
            .finish_non_exhaustive()
    }
}

fn bounded(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_TEXT_BYTES)].replace(is_deceiving, "?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Notes, Source};

    #[test]
    fn a_line_has_at_most_two_kibibytes_whatever_is_put_in() {
        for filling in ["\"\\", "ä", "\u{10ffff}", "\n\u{202e}", "x"] {
            let long: &'static str = filling.repeat(4_000).leak();
            let keys: [&'static str; 8] = ["a", "b", "c", "d", "e", "f", "g", long];
            let notes = keys.iter().fold(Notes::new().tier(long), |notes, key| notes.attribute(key, long));
            let event =
                Event::new(Source::Http, long, Outcome::Error(long), 1.0).method(long).status(599).notes(&notes);
            let line = Trace::new(&event, SpikeCause::Error, SystemTime::now()).line();
            assert!(line.len() <= MAX_LINE_BYTES && line.lines().count() == 1, "{}: {line}", line.len());
            assert!(serde_json::from_str::<Trace>(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_trace_reads_back_as_it_was() {
        let notes = Notes::new().tier("direct").attribute("documents", "3");
        let event = Event::new(Source::Http, "/promote", Outcome::Ok, 0.25).method("POST").status(200).notes(&notes);
        let trace = Trace::new(&event, SpikeCause::Slow, SystemTime::UNIX_EPOCH);
        let line = trace.line();
        assert_eq!(
            line,
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"cause\":\"slow\",\"source\":\"http\",\"route\":\"/promote\",\
             \"method\":\"POST\",\"status\":200,\"end\":\"ok\",\"seconds\":0.25,\"tier\":\"direct\",\
             \"attributes\":{\"documents\":\"3\"}}\n"
        );
        assert_eq!(serde_json::from_str::<Trace>(&line).unwrap(), trace);
    }

    #[test]
    fn values_of_attributes_are_not_shown() {
        let notes = Notes::new().attribute("tenant", "hidden");
        let event = Event::new(Source::Http, "/", Outcome::Ok, 0.0).notes(&notes);
        assert!(!format!("{:?}", Trace::new(&event, SpikeCause::Slow, SystemTime::now())).contains("hidden"));
    }
}
