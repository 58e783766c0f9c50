//! Checks that Prometheus answers the query of every panel. An empty answer is an answer.

use std::thread;

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

use super::check::State;
use crate::prometheus::Prometheus;

/// Queries in flight. Prometheus runs 20 at once by default, and others need some.
const WORKERS: usize = 4;

/// Grafana's own variables, the longer names first.
const BUILT_IN: [(&str, &str); 5] = [
    ("$__rate_interval", "5m"),
    ("$__interval_ms", "60000"),
    ("$__interval", "1m"),
    ("$__range_s", "3600"),
    ("$__range", "1h"),
];

/// The query of a panel, its variables filled in.
struct Query {
    panel: String,
    expression: String,
}

pub(super) fn check(prometheus: &Prometheus) -> Result<State, String> {
    let queries = queries()?;
    let (first, rest) = queries.split_at(queries.len().min(1));
    // It goes alone: if no Prometheus answers, that is one problem and not one of each panel.
    let mut problems = ask(prometheus, first);
    if prometheus.has_answered() {
        problems.extend(ask_at_once(prometheus, rest));
    }
    Ok(State::of(problems, format!("{} queries of panels are answered", queries.len())))
}

fn ask_at_once(prometheus: &Prometheus, queries: &[Query]) -> Vec<String> {
    let size = queries.len().div_ceil(WORKERS).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = queries.chunks(size).map(|part| scope.spawn(|| ask(prometheus, part))).collect();
        // A worker does not panic; if it did, its part is a problem.
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<String>>| {
            worker.join().unwrap_or_else(|_| vec!["some panels could not be queried".to_owned()])
        };
        workers.into_iter().flat_map(join).collect()
    })
}

fn ask(prometheus: &Prometheus, queries: &[Query]) -> Vec<String> {
    let failed = |query: &Query| {
        let error = prometheus.query(&query.expression, None).err()?;
        Some(format!("{}: {error}", query.panel))
    };
    queries.iter().filter_map(failed).collect()
}

fn queries() -> Result<Vec<Query>, String> {
    let mut queries = Vec::new();
    for file in FILES.iter().filter(|file| file.kind() == AssetKind::Dashboard) {
        let dashboard: Value =
            serde_json::from_str(file.text()).map_err(|error| format!("{}: {error}", file.path()))?;
        collect(&dashboard, &dashboard["panels"], &mut queries);
    }
    Ok(queries)
}

fn collect(dashboard: &Value, panels: &Value, queries: &mut Vec<Query>) {
    for panel in panels.as_array().into_iter().flatten() {
        // Log lines are not of Prometheus.
        let is_prometheus = panel["datasource"]["type"].as_str().is_none_or(|kind| kind == "prometheus");
        for target in panel["targets"].as_array().into_iter().flatten().filter(|_| is_prometheus) {
            let Some(expression) = target["expr"].as_str() else { continue };
            let title = |value: &Value| value["title"].as_str().unwrap_or_default().to_owned();
            let panel = format!("panel `{}` of `{}`", title(panel), title(dashboard));
            queries.push(Query { panel, expression: fill(dashboard, expression) });
        }
        collect(dashboard, &panel["panels"], queries);
    }
}

/// Fills variables in as Grafana does when all values are chosen.
fn fill(dashboard: &Value, expression: &str) -> String {
    let filled = BUILT_IN.iter().fold(expression.to_owned(), |text, (name, value)| text.replace(name, value));
    dashboard["templating"]["list"].as_array().into_iter().flatten().fold(filled, |text, variable| {
        let value = variable["allValue"].as_str().or_else(|| variable["current"]["value"].as_str()).unwrap_or(".*");
        text.replace(&format!("${}", variable["name"].as_str().unwrap_or_default()), value)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_variable_is_left() {
        let queries = super::queries().unwrap();
        assert!(queries.len() > 200);
        for query in queries {
            assert!(!query.expression.contains('$'), "{}: {}", query.panel, query.expression);
            assert!(!query.expression.contains("mme::audit"), "{}: a query for Loki", query.panel);
        }
    }
}
