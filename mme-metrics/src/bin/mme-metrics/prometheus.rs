//! Queries Prometheus over its HTTP API.

use std::time::{Duration, SystemTime};

use serde_json::Value;

/// Time limit of a query.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Returns the quantile `q` of the histogram `name` over the day that ends at `end`, or `None` if there were no events.
pub(crate) fn quantile(
    url: &str,
    name: &str,
    q: f64,
    job: Option<&str>,
    end: SystemTime,
) -> Result<Option<f64>, String> {
    let matcher = job.map(|job| format!("{{job=\"{}\"}}", job.replace('\\', "\\\\").replace('"', "\\\"")));
    let matcher = matcher.unwrap_or_default();
    let query = format!("histogram_quantile({q}, sum by (le) (increase({name}_bucket{matcher}[1d])))");
    let value = query_value(url, &query, end)?;
    // Without events the quantile is NaN.
    Ok(value.filter(|value| value.is_finite()))
}

/// Returns the value of `query`, whose result has at most one series.
fn query_value(url: &str, query: &str, time: SystemTime) -> Result<Option<f64>, String> {
    let address = format!("{}/api/v1/query", url.trim_end_matches('/'));
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build().into();
    let refused = |error: ureq::Error| format!("cannot query Prometheus at {}: {error}", without_password(url));
    let mut answer =
        agent.get(&address).query("query", query).query("time", seconds.to_string()).call().map_err(refused)?;
    let answer: Value = answer.body_mut().read_json().map_err(refused)?;
    let value = &answer["data"]["result"][0]["value"][1];
    Ok(value.as_str().and_then(|value| value.parse().ok()))
}

/// Removes user and password from a URL, because error messages may end up in mails from cron.
fn without_password(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let begin = rest[..host].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[begin..])
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_without_its_password() {
        for (url, named) in [
            ("http://me:secret@host:9090/a@b", "http://host:9090/a@b"),
            ("http://host/", "http://host/"),
            ("https://a@b@host", "https://host"),
            ("host:9090", "host:9090"),
        ] {
            assert_eq!(without_password(url), named);
        }
    }
}
