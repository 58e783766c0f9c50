//! How a report names a route, formats a value, and bounds its lists.

use crate::label::is_deceiving;
use crate::spike::trace::Trace;

/// Upper bound of the routes and patterns that a report lists.
pub(super) const MAX_LISTED: usize = 10;

/// Returns the method and route of a trace.
pub(super) fn route(trace: &Trace) -> String {
    format!("{} {}", trace.method, trace.route).trim_start().to_owned()
}

/// Formats a duration for people.
pub(super) fn duration(seconds: Option<f64>) -> String {
    match seconds {
        None => "–".to_owned(),
        Some(seconds) if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        Some(seconds) => format!("{seconds:.2} s"),
    }
}

/// Formats untrusted text as code in a table.
pub(super) fn code(text: &str) -> String {
    let plain = text.replace(is_deceiving, "?").replace('`', "'").replace('|', "\\|");
    if plain.is_empty() { "–".to_owned() } else { format!("`{plain}`") }
}
