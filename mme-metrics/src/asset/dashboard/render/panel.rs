//! Renders a panel and its queries.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{datasource, field, log_datasource, options};
use crate::asset::dashboard::link;
use crate::asset::dashboard::panel::{Panel, Query};
use crate::asset::dashboard::view::View;

/// The shortest time between two bars: four scrapes of 15 seconds.
const SHORTEST_STEP: &str = "1m";

impl Panel {
    pub(super) fn model(&self, id: usize, place: &Value, uid: &str) -> Value {
        let letters = 'A'..='Z';
        let targets = letters.zip(&self.queries).map(|(letter, query)| query.model(letter, self.view));
        let mut model = json!({
            "id": id,
            "type": options::plugin(self.view),
            "title": self.title,
            "description": self.description,
            "datasource": source(self.view),
            "gridPos": place,
            "fieldConfig": {"defaults": field::defaults(self, uid), "overrides": field::overrides(self)},
            "options": options::options(self.view),
            "transformations": options::transformations(self.view, &self.title),
            "targets": targets.collect::<Vec<_>>(),
            "links": self.page_links(),
        });
        if matches!(self.view, View::Counts | View::Heatmap) {
            model["interval"] = json!(SHORTEST_STEP);
        }
        model
    }

    /// Returns the links in the corner of the panel: its own, and the runbooks of the alerts whose limits it shows.
    fn page_links(&self) -> Vec<Value> {
        let alerts: BTreeSet<_> = self.limits.iter().filter_map(|limit| limit.alert).collect();
        let runbooks = alerts.into_iter().map(|alert| (format!("Runbook: {alert}"), link::runbook(alert)));
        let links = runbooks.chain(self.links.iter().cloned());
        links.map(|(title, url)| page_link(&title, &url)).collect()
    }
}

fn page_link(title: &str, url: &str) -> Value {
    json!({
        "type": "link", "title": title, "url": url, "targetBlank": true, "icon": "doc", "tooltip": "", "tags": [],
        "asDropdown": false, "includeVars": false, "keepTime": false,
    })
}

/// Returns the data source of a view.
fn source(view: View) -> Value {
    if view == View::Logs { log_datasource() } else { datasource() }
}

impl Query {
    /// Returns whether the panel shows exemplars of this query: it reads the buckets of a histogram over time.
    pub(super) fn has_exemplars(&self, view: View) -> bool {
        !view.is_instant() && self.expression.to_string().contains("histogram_quantile")
    }

    fn model(&self, letter: char, view: View) -> Value {
        if view == View::Logs {
            return json!({
                "refId": letter.to_string(),
                "datasource": source(view),
                "editorMode": "code",
                "expr": self.expression.to_string(),
                "queryType": "range",
            });
        }
        let instant = view.is_instant();
        json!({
            "refId": letter.to_string(),
            "datasource": source(view),
            "editorMode": "code",
            // Exemplars: points on a graph of quantiles that link to a trace.
            "exemplar": self.has_exemplars(view),
            "expr": self.expression.to_string(),
            "legendFormat": self.legend,
            "instant": instant,
            "range": !instant,
            "format": if view.has_columns() { "table" } else { "time_series" },
        })
    }
}
