//! Renders the units, limits, words, colours and links of values.

use serde_json::{Value, json};

use crate::asset::dashboard::limit::{self, Side};
use crate::asset::dashboard::link;
use crate::asset::dashboard::next;
use crate::asset::dashboard::panel::Panel;
use crate::asset::dashboard::unit::DisplayUnit;
use crate::asset::dashboard::view::View;

/// Colours of the severities of alerts.
const SEVERITIES: [(&str, &str); 3] = [("critical", "red"), ("warning", "yellow"), ("info", "blue")];

/// Returns the options for all values of a panel.
pub(super) fn defaults(panel: &Panel, uid: &str) -> Value {
    let steps = limit::steps(&panel.limits);
    let steps: Vec<_> = steps.iter().map(|(from, color)| json!({"color": color, "value": from})).collect();
    let mut defaults = json!({
        "unit": panel.unit.grafana(),
        "thresholds": {"mode": "absolute", "steps": steps},
        "links": next::of_values(panel, uid).iter().map(|link| json!({
            "title": link.title, "url": link.url, "targetBlank": false,
        })).collect::<Vec<_>>(),
    });
    if let Some([bad, good]) = panel.unit.words() {
        defaults["mappings"] = json!([{"type": "value", "options": {
            "0": {"text": bad, "color": "red", "index": 0}, "1": {"text": good, "color": "green", "index": 1},
        }}]);
    }
    if panel.view == View::Alerts {
        defaults["noValue"] = json!("No alert fires");
    }
    if panel.unit == DisplayUnit::Short && panel.counts() {
        // `increase` extrapolates to the edges of the range, so counts are not whole numbers.
        defaults["decimals"] = json!(0);
    }
    if panel.view == View::Gauge {
        defaults["min"] = json!(0);
        defaults["max"] = json!(1);
    }
    if panel.view.has_axis() {
        defaults["custom"] = axis(panel);
    }
    defaults
}

/// Returns the options of the axis. It begins at 0, or lower if a value is negative, as for a spent budget and an
/// expired certificate.
fn axis(panel: &Panel) -> Value {
    let style = if panel.limits.is_empty() {
        "off"
    } else if panel.limits.iter().any(|limit| limit.side == Side::Below) {
        // A limit line has the colour of the range that begins there, which is the good one.
        "area"
    } else {
        "line"
    };
    let counts = panel.view == View::Counts;
    json!({
        "drawStyle": if counts { "bars" } else { "line" },
        "fillOpacity": if counts { 60 } else { 10 },
        "stacking": {"mode": if counts { "normal" } else { "none" }, "group": "A"},
        "showPoints": "never",
        "axisSoftMin": 0,
        "thresholdsStyle": {"mode": style},
    })
}

/// Returns the colours of table cells by their limits and of severities by their names, the dashes of limits, and the links
/// of exemplars.
pub(super) fn overrides(panel: &Panel) -> Vec<Value> {
    let colored = json!({"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}});
    let mut overrides = Vec::new();
    if panel.queries.iter().any(|query| query.has_exemplars(panel.view)) {
        // An exemplar has a field for each of its labels.
        let trace = link::traces("Trace", "${__value.raw}");
        let trace = json!({"title": trace.title, "url": trace.url, "targetBlank": true});
        overrides.push(json!({
            "matcher": {"id": "byName", "options": "trace_id"}, "properties": [{"id": "links", "value": [trace]}],
        }));
    }
    for (letter, query) in ('A'..='Z').zip(&panel.queries) {
        if query.is_limit {
            overrides.push(json!({
                "matcher": {"id": "byFrameRefID", "options": letter.to_string()},
                "properties": [
                    {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 8]}},
                    {"id": "custom.fillOpacity", "value": 0},
                ],
            }));
        }
    }
    if panel.view == View::Table && (!panel.limits.is_empty() || panel.unit.words().is_some()) {
        overrides.push(json!({"matcher": {"id": "byType", "options": "number"}, "properties": [colored]}));
    }
    if panel.view == View::Alerts {
        let options: serde_json::Map<_, _> = SEVERITIES
            .iter()
            .enumerate()
            .map(|(index, (name, color))| ((*name).to_owned(), json!({"text": name, "color": color, "index": index})))
            .collect();
        let words = json!({"id": "mappings", "value": [{"type": "value", "options": options}]});
        overrides.push(json!({"matcher": {"id": "byName", "options": "severity"}, "properties": [words, colored]}));
        let runbook = json!({"title": "Runbook", "url": link::runbook("${__value.text}"), "targetBlank": true});
        overrides.push(json!({
            "matcher": {"id": "byName", "options": "alertname"}, "properties": [{"id": "links", "value": [runbook]}],
        }));
    }
    overrides
}
