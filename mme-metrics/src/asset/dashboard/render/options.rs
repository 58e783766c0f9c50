//! Renders the panel plugin of each view with its options.

use serde_json::{Value, json};

use crate::asset::dashboard::view::View;

/// Returns the Grafana panel plugin of a view.
pub(super) const fn plugin(view: View) -> &'static str {
    match view {
        View::Timeseries | View::Counts => "timeseries",
        View::Stat => "stat",
        View::Table | View::Labels | View::Alerts => "table",
        View::StateTimeline => "state-timeline",
        View::Gauge => "gauge",
        View::Bars => "bargauge",
        View::Pie => "piechart",
        View::Heatmap => "heatmap",
        View::Map => "geomap",
        View::Logs => "logs",
    }
}

/// Returns the options of the view's plugin.
pub(super) fn options(view: View) -> Value {
    let last = json!({"calcs": ["lastNotNull"], "values": false, "fields": ""});
    match view {
        View::Timeseries | View::Counts => json!({
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }),
        View::Stat => json!({"reduceOptions": last, "colorMode": "value", "textMode": "auto", "graphMode": "none"}),
        View::Table | View::Labels => json!({"showHeader": true, "cellHeight": "sm"}),
        View::Alerts => json!({
            "showHeader": true, "cellHeight": "sm", "sortBy": [{"displayName": "since", "desc": true}],
        }),
        View::StateTimeline => json!({"mergeValues": true, "showValue": "never"}),
        View::Gauge => json!({"reduceOptions": last, "showThresholdMarkers": true, "showThresholdLabels": false}),
        View::Bars => json!({"reduceOptions": last, "orientation": "horizontal", "displayMode": "basic"}),
        View::Pie => json!({
            "reduceOptions": last, "pieType": "donut",
            "legend": {
                "displayMode": "table", "placement": "right", "showLegend": true, "values": ["percent"], "calcs": [],
            },
        }),
        View::Heatmap => json!({
            "calculate": false, "cellGap": 1, "rowsFrame": {"layout": "auto"}, "tooltip": {"mode": "single"},
            "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64}, "legend": {"show": true},
        }),
        View::Map => map(),
        View::Logs => json!({
            "showTime": true, "wrapLogMessage": true, "enableLogDetails": true, "prettifyLogMessage": false,
            "showLabels": false, "showCommonLabels": false, "sortOrder": "Descending", "dedupStrategy": "none",
        }),
    }
}

fn map() -> Value {
    json!({
        "view": {"id": "zero", "lat": 0, "lon": 0, "zoom": 1},
        "basemap": {"type": "default", "name": "Map"},
        "layers": [{
            "type": "markers", "name": "Countries", "tooltip": true,
            // Grafana includes the locations of all countries by their two-letter codes.
            "location": {
                "mode": "lookup", "lookup": "geo_country_iso_code",
                "gazetteer": "public/gazetteer/countries.json",
            },
            "config": {"showLegend": true, "style": {
                "size": {"field": "Value", "fixed": 5, "min": 4, "max": 20},
                "color": {"field": "Value", "fixed": "dark-orange"}, "opacity": 0.6,
            }},
        }],
        "tooltip": {"mode": "details"},
    })
}

/// Returns the transformations of a view. A table shows labels as columns, and hides the time, which is the same in
/// every row of an instant query.
pub(super) fn transformations(view: View, title: &str) -> Value {
    let hidden = json!({"Time": true, "__name__": true});
    let first = json!({"alertname": 0, "severity": 1, "Value": 2, "job": 3, "instance": 4});
    match view {
        View::Table => json!([{"id": "organize", "options": {
            "excludeByName": hidden, "indexByName": {}, "renameByName": {"Value": title.to_lowercase()},
        }}]),
        View::Labels => json!([{"id": "organize", "options": {
            "excludeByName": {"Time": true, "__name__": true, "Value": true}, "indexByName": {}, "renameByName": {},
        }}]),
        View::Alerts => json!([{"id": "organize", "options": {
            "excludeByName": {"Time": true, "__name__": true, "category": true, "priority": true},
            "indexByName": first,
            "renameByName": {"Value": "since", "alertname": "alert"},
        }}]),
        _ => json!([]),
    }
}
