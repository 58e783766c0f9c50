//! Checks that Grafana is healthy and has the bundled dashboards.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

use super::check::State;
use crate::address::without_secrets;
use crate::fetch::Client;

pub(super) fn check(client: &Client, url: &str) -> Result<State, String> {
    let url = url.trim_end_matches('/');
    let health = json(client, &format!("{url}/api/health"), &[])?;
    let mut problems = Vec::new();
    if health["database"] != "ok" {
        problems.push("the database of Grafana is not ok: see its log".to_owned());
    }
    let found = json(client, &format!("{url}/api/search"), &[("type", "dash-db"), ("limit", "5000")])?;
    let found: BTreeSet<_> = found.as_array().into_iter().flatten().filter_map(|found| found["uid"].as_str()).collect();
    let dashboards = FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard);
    let mut all = 0;
    for dashboard in dashboards {
        let dashboard: Value = serde_json::from_str(dashboard.text()).map_err(|error| error.to_string())?;
        let (uid, title) = (dashboard["uid"].as_str(), dashboard["title"].as_str());
        let (Some(uid), Some(title)) = (uid, title) else { continue };
        all += 1;
        if !found.contains(uid) {
            problems.push(format!("the dashboard `{title}` ({uid}) is missing: provision it"));
        }
    }
    let sources = json(client, &format!("{url}/api/datasources"), &[])?;
    if !sources.as_array().into_iter().flatten().any(|source| source["type"] == "prometheus") {
        problems.push("there is no data source of the type Prometheus: provision one".to_owned());
    }
    Ok(State::of(problems, format!("{all} dashboards are there")))
}

fn json(client: &Client, url: &str, query: &[(&str, &str)]) -> Result<Value, String> {
    let text = client.text(url, query)?;
    serde_json::from_str(&text)
        .map_err(|_| format!("{} does not answer as Grafana does: correct the address", without_secrets(url)))
}
