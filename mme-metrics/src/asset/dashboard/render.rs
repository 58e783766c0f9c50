//! Grafana's classic model, which every version since 9 imports and provisions.

use serde_json::{Value, json};

use super::panel::{DisplayUnit, Panel, Query, View};
use super::variable::Variable;
use super::{Dashboard, Row};

/// The version of the model that is written; Grafana migrates it upwards itself.
const SCHEMA: u32 = 39;

/// Grafana's grid has 24 columns.
const COLUMNS: usize = 24;

/// Panels in a line.
const PER_LINE: usize = 3;

/// Height of a panel, in grid rows of 30 pixels.
const HEIGHT: usize = 8;

impl Dashboard {
    /// Writes the dashboard as Grafana reads it, the same for the same description.
    ///
    /// # Panics
    ///
    /// Never: what is written has text for keys and finite numbers.
    pub fn render(&self) -> String {
        let variables = std::iter::once(datasource_variable()).chain(self.variables.iter().map(Variable::model));
        let model = json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["mme-metrics"],
            "schemaVersion": SCHEMA,
            "editable": false,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "annotations": {"list": []},
            "links": [],
            "templating": {"list": variables.collect::<Vec<_>>()},
            "panels": self.panels(),
        });
        // Text and finite numbers always have a form in JSON.
        let text = serde_json::to_string_pretty(&model).expect("a model of text and finite numbers");
        text + "\n"
    }

    fn panels(&self) -> Vec<Value> {
        let mut panels = Vec::new();
        let mut top = 0;
        for row in &self.rows {
            let id = panels.len() + 1;
            panels.push(row.model(id, top));
            top += 1;
            for (index, panel) in row.panels.iter().enumerate() {
                let line = index / PER_LINE;
                panels.push(panel.model(id + index + 1, row.place(index), top + line * HEIGHT));
            }
            top += row.panels.len().div_ceil(PER_LINE) * HEIGHT;
        }
        panels
    }
}

impl Row {
    fn model(&self, id: usize, top: usize) -> Value {
        json!({
            "id": id, "type": "row", "title": self.title, "collapsed": false, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        })
    }

    /// Returns where the panel begins and how wide it is: those of the last line share it.
    fn place(&self, index: usize) -> (usize, usize) {
        let line = index / PER_LINE;
        let in_line = (self.panels.len() - line * PER_LINE).min(PER_LINE);
        let width = COLUMNS / in_line;
        (index % PER_LINE * width, width)
    }
}

impl Panel {
    fn model(&self, id: usize, (left, width): (usize, usize), top: usize) -> Value {
        let letters = 'A'..='Z';
        let targets = letters.zip(&self.queries).map(|(letter, query)| query.model(letter, self.view));
        json!({
            "id": id,
            "type": self.view.plugin(),
            "title": self.title,
            "description": self.description,
            "datasource": datasource(),
            "gridPos": {"x": left, "y": top, "w": width, "h": HEIGHT},
            "fieldConfig": {"defaults": self.defaults(), "overrides": []},
            "options": self.view.options(),
            "transformations": self.view.transformations(),
            "targets": targets.collect::<Vec<_>>(),
        })
    }

    fn defaults(&self) -> Value {
        let mut steps = vec![json!({"color": self.base, "value": null})];
        steps.extend(self.limits.iter().map(|(from, color)| json!({"color": color, "value": from})));
        let mut defaults = json!({
            "unit": self.unit.grafana(),
            "thresholds": {"mode": "absolute", "steps": steps},
        });
        if self.unit == DisplayUnit::UpDown {
            defaults["mappings"] = json!([{"type": "value", "options": {
                "0": {"text": "down", "color": "red"}, "1": {"text": "up", "color": "green"},
            }}]);
        }
        if self.view == View::Gauge {
            defaults["min"] = json!(0);
            defaults["max"] = json!(1);
        }
        if self.view == View::Timeseries {
            defaults["min"] = json!(0);
            let style = if self.limits.is_empty() { "off" } else { "line" };
            defaults["custom"] = json!({
                "drawStyle": "line", "fillOpacity": 10, "showPoints": "never", "thresholdsStyle": {"mode": style},
            });
        }
        defaults
    }
}

impl View {
    const fn plugin(self) -> &'static str {
        match self {
            Self::Timeseries => "timeseries",
            Self::Stat => "stat",
            Self::Table => "table",
            Self::StateTimeline => "state-timeline",
            Self::Gauge => "gauge",
            Self::Bars => "bargauge",
            Self::Pie => "piechart",
            Self::Heatmap => "heatmap",
            Self::Map => "geomap",
        }
    }

    fn options(self) -> Value {
        match self {
            Self::Timeseries => json!({
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Self::Stat => json!({"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value"}),
            Self::Table => json!({"showHeader": true}),
            Self::StateTimeline => json!({"mergeValues": true, "showValue": "never"}),
            Self::Gauge => json!({"reduceOptions": {"calcs": ["lastNotNull"]}, "showThresholdMarkers": true}),
            Self::Bars => json!({
                "reduceOptions": {"calcs": ["lastNotNull"]}, "orientation": "horizontal", "displayMode": "basic",
            }),
            Self::Pie => json!({
                "reduceOptions": {"calcs": ["lastNotNull"]}, "pieType": "donut",
                "legend": {"displayMode": "table", "placement": "right", "showLegend": true, "values": ["percent"]},
            }),
            Self::Heatmap => json!({
                "calculate": false, "cellGap": 1, "rowsFrame": {"layout": "auto"}, "tooltip": {"mode": "single"},
                "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64}, "legend": {"show": true},
            }),
            Self::Map => json!({
                "view": {"id": "zero", "lat": 0, "lon": 0, "zoom": 1},
                "basemap": {"type": "default", "name": "Map"},
                "layers": [{
                    "type": "markers", "name": "Countries", "tooltip": true,
                    // Grafana comes with the places of all countries by their two letters.
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
            }),
        }
    }

    /// A table shows labels as columns; the time of an instant query is the same in every row.
    fn transformations(self) -> Value {
        match self {
            Self::Table => json!([{"id": "organize", "options": {"excludeByName": {"Time": true, "__name__": true}}}]),
            Self::Timeseries
            | Self::Stat
            | Self::StateTimeline
            | Self::Gauge
            | Self::Bars
            | Self::Pie
            | Self::Heatmap
            | Self::Map => json!([]),
        }
    }
}

impl Query {
    fn model(&self, letter: char, view: View) -> Value {
        let now_only = !matches!(view, View::Timeseries | View::StateTimeline | View::Heatmap);
        json!({
            "refId": letter.to_string(),
            "datasource": datasource(),
            "editorMode": "code",
            "expr": self.expression.to_string(),
            "legendFormat": self.legend,
            "instant": now_only,
            "range": !now_only,
            "format": if matches!(view, View::Table | View::Map) { "table" } else { "time_series" },
        })
    }
}

impl Variable {
    fn model(&self) -> Value {
        json!({
            "type": "query",
            "name": self.name,
            "label": self.title,
            "datasource": datasource(),
            "query": {"query": self.query, "refId": self.name},
            "definition": self.query,
            // With every load of the page and change of its time.
            "refresh": 2,
            "sort": 1,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        })
    }
}

fn datasource_variable() -> Value {
    json!({"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "current": {}})
}

fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
