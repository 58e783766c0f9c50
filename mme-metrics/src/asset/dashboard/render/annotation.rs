//! The annotations on every graph: alerts and deployments.

use serde_json::{Value, json};

use super::datasource;
use crate::asset::dashboard::Series;
use crate::process::BUILD;

/// Returns the annotations of every dashboard.
pub(super) fn all() -> [Value; 2] {
    let version = Series::of(BUILD.info.spec());
    let by = "max by (job, version, revision)";
    // A version that did not exist five minutes ago.
    let deployed = format!("{by} ({version}) unless {by} ({version} offset 5m)");
    let firing = "ALERTS{alertstate=\"firing\",alertname!~\"Watchdog|MmeEscalation.*\",job=~\"$job\"}";
    [
        annotation("Alerts", "red", firing, "{{alertname}}", "{{severity}} {{job}} {{instance}} {{http_route}}"),
        annotation("Deployments", "blue", &deployed, "{{job}} {{version}}", "revision {{revision}}"),
    ]
}

fn annotation(name: &str, color: &str, expression: &str, title: &str, text: &str) -> Value {
    json!({
        "name": name,
        "datasource": datasource(),
        "enable": true,
        "hide": false,
        "iconColor": color,
        "expr": expression,
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
    })
}
