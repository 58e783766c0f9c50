//! Renders dashboards in Grafana's classic model, which every version since 9 imports and provisions.

mod annotation;
mod field;
mod options;
mod panel;
mod variable;

use serde_json::{Value, json};

use super::{Dashboard, Row};

/// The schema version of the model. Grafana migrates it to newer versions itself.
const SCHEMA: u32 = 39;

/// The tag by which the bundled dashboards link to each other.
const TAG: &str = "mme-metrics";

/// Number of columns in Grafana's grid.
const COLUMNS: usize = 24;

/// Largest number of panels in a line.
const PER_LINE: usize = 3;

/// Height of a panel, in grid rows of 30 pixels.
const HEIGHT: usize = 8;

impl Dashboard {
    /// Renders the dashboard as JSON for Grafana. The result is the same for the same description.
    ///
    /// # Panics
    ///
    /// Never: the model has only text keys and finite numbers.
    pub fn render(&self) -> String {
        let model = json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": [TAG, self.audience.name()],
            "schemaVersion": SCHEMA,
            "editable": false,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "annotations": {"list": annotation::all()},
            "links": [Self::others()],
            "templating": {"list": variable::all(&self.variables)},
            "panels": self.panels(),
        });
        // Text and finite numbers can always be written as JSON.
        let text = serde_json::to_string_pretty(&model).expect("a model of text and finite numbers");
        text + "\n"
    }

    /// Returns a menu of all bundled dashboards. Its links keep the choices of the user.
    fn others() -> Value {
        json!({
            "type": "dashboards", "title": "Dashboards", "tags": [TAG], "asDropdown": true, "includeVars": true,
            "keepTime": true, "targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
        })
    }

    fn panels(&self) -> Vec<Value> {
        let mut panels = Vec::new();
        let (mut top, mut id) = (0, 0);
        let mut next_id = || {
            id += 1;
            id
        };
        for row in &self.rows {
            let mut header = row.model(next_id(), top);
            let mut below = Vec::new();
            top += 1;
            let start = top;
            let mut rest = row.panels.as_slice();
            for in_line in row.lines() {
                let (line, others) = rest.split_at(in_line);
                let parts: usize = line.iter().map(|panel| panel.weight).sum();
                let mut left = 0;
                for panel in line {
                    let width = COLUMNS * panel.weight / parts;
                    let place = json!({"x": left, "y": top, "w": width, "h": HEIGHT});
                    below.push(panel.model(next_id(), &place, &self.uid));
                    left += width;
                }
                top += HEIGHT;
                rest = others;
            }
            if row.collapsed {
                // Grafana keeps hidden panels inside of their row. When the user opens it, it moves what is below.
                header["panels"] = below.split_off(0).into();
                top = start;
            }
            panels.push(header);
            panels.append(&mut below);
        }
        panels
    }
}

impl Row {
    fn model(&self, id: usize, top: usize) -> Value {
        json!({
            "id": id, "type": "row", "title": self.title, "collapsed": self.collapsed, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
        })
    }

    /// Returns the number of panels in each line. The lines are as even as possible, the longer lines first.
    fn lines(&self) -> impl Iterator<Item = usize> {
        let count = self.panels.len();
        let lines = count.div_ceil(PER_LINE).max(1);
        (0..lines).map(move |line| count / lines + usize::from(line < count % lines))
    }
}

/// Returns the reference to the Loki data source that the user has chosen, if there is one.
fn log_datasource() -> Value {
    json!({"type": "loki", "uid": "${logs}"})
}

/// Returns the reference to the Prometheus data source that the user has chosen.
fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
