//! Links from the values of a panel to the dashboard with more details.

use super::link::{self, Link};
use super::panel::Panel;

/// URL parameters that keep the data source, the job and the time range that the user has chosen.
const CHOSEN: &str = "${datasource:queryparam}&${job:queryparam}&${__url_time_range}";

/// The labels that have a dashboard: the key, the title of the link, the dashboard, and the variable that gets the
/// value.
const PAGES: [(&str, &str, &str, Option<&str>); 10] = [
    ("http_route", "This route", "mme-application", Some("route")),
    ("rpc_method", "gRPC calls", "mme-application", None),
    ("instance", "This process", "mme-meta", Some("instance")),
    ("slo", "This objective", "mme-slo", Some("slo")),
    ("currency", "This currency", "mme-business", Some("currency")),
    ("certificate", "Certificates", "mme-certificates", None),
    ("dependency", "Dependencies", "mme-application", None),
    ("db_system_name", "Databases", "mme-infrastructure", None),
    ("db_client_connection_pool_name", "Connection pools", "mme-infrastructure", None),
    ("event_type", "Security events", "mme-security", None),
];

/// Returns the links of the values of a panel on the dashboard `uid`.
pub(super) fn of_values(panel: &Panel, uid: &str) -> Vec<Link> {
    let mut links = panel.value_links.clone();
    for (key, title, page, variable) in PAGES {
        let has = panel.queries.iter().any(|query| query.expression.labels().iter().any(|label| label == key));
        // A dashboard links to itself only to set a variable.
        if has && (variable.is_some() || page != uid) {
            let value = variable.map(|name| format!("&var-{name}={}", value_of(panel, key))).unwrap_or_default();
            links.push(Link { title: title.to_owned(), url: format!("/d/{page}?{CHOSEN}{value}") });
        }
        if has && key == "http_route" {
            let query = format!("{{ span.http.route = \"{}\" }}", value_of(panel, key));
            links.push(link::traces("Traces of this route", &query));
        }
    }
    if uid != "mme-meta" && links.iter().all(|link| !link.url.starts_with("/d/mme-meta")) {
        links.push(Link {
            title: "Processes".to_owned(),
            url: format!("/d/mme-meta?{CHOSEN}&${{instance:queryparam}}"),
        });
    }
    links
}

/// Returns the Grafana variable for a label of the value.
fn value_of(panel: &Panel, key: &str) -> String {
    if panel.view.has_columns() { format!("${{__data.fields.{key}}}") } else { format!("${{__field.labels.{key}}}") }
}
