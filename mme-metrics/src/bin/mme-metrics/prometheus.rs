//! Queries Prometheus over its HTTP API.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::address::{clean, without_secrets};
use crate::fetch::{Answer, Client};

/// Time limit of a query for the report.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A Prometheus server.
#[derive(Debug)]
pub(crate) struct Prometheus {
    client: Client,
    url: String,
    /// Whether any answer was one of Prometheus.
    has_answered: AtomicBool,
}

/// A sample of the answer to an instant query.
#[derive(Debug)]
pub(crate) struct Sample {
    labels: Value,
    pub(crate) value: f64,
}

impl Sample {
    /// Returns the value of a label, or an empty text.
    pub(crate) fn label(&self, key: &str) -> &str {
        self.labels[key].as_str().unwrap_or_default()
    }
}

impl Prometheus {
    pub(crate) fn new(client: Client, url: &str) -> Self {
        Self { client, url: url.trim_end_matches('/').to_owned(), has_answered: AtomicBool::new(false) }
    }

    /// Returns the `data` of a call of the API.
    pub(crate) fn data(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, String> {
        self.read(&self.client.get(&format!("{}{path}", self.url), query)?)
    }

    /// Returns whether the server has answered as Prometheus does, if only with an error.
    pub(crate) fn has_answered(&self) -> bool {
        // The flag guards no other data.
        self.has_answered.load(Ordering::Relaxed)
    }

    /// Takes a snapshot, and returns the name of its directory in `snapshots`.
    pub(crate) fn snapshot(&self) -> Result<String, String> {
        let answer = self.client.post(&format!("{}/api/v1/admin/tsdb/snapshot", self.url))?;
        let data = self.read(&answer)?;
        let name = data["name"].as_str().unwrap_or_default();
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if name.is_empty() || !plain {
            return Err(format!("{} names its snapshot {name:?}, which is not a name", without_secrets(&self.url)));
        }
        Ok(name.to_owned())
    }

    /// Returns the `data` of an answer.
    fn read(&self, answer: &Answer) -> Result<Value, String> {
        let named = without_secrets(&self.url);
        if matches!(answer.status, 401 | 403) {
            return Err(self.client.refusal(&self.url, answer.status));
        }
        let mut body: Value = serde_json::from_str(&answer.text).map_err(|_| {
            format!("{named} does not answer as Prometheus does (status {}): correct the address", answer.status)
        })?;
        if matches!(body["status"].as_str(), Some("success" | "error")) {
            // As above.
            self.has_answered.store(true, Ordering::Relaxed);
        }
        if body["status"] != "success" {
            let error = body["error"].as_str().map_or_else(|| "an answer without a reason".to_owned(), clean);
            return Err(format!("{named}: {error}"));
        }
        Ok(body["data"].take())
    }

    /// Answers an instant query, at a time or now.
    pub(crate) fn query(&self, expression: &str, time: Option<SystemTime>) -> Result<Vec<Sample>, String> {
        let time =
            time.map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs().to_string());
        let mut query = vec![("query", expression)];
        query.extend(time.as_deref().map(|time| ("time", time)));
        let data = self.data("/api/v1/query", &query)?;
        if data["resultType"] == "scalar" {
            return Ok(vec![Sample { labels: Value::Null, value: number(&data["result"]) }]);
        }
        let samples = data["result"].as_array().into_iter().flatten();
        Ok(samples.map(|sample| Sample { labels: sample["metric"].clone(), value: number(&sample["value"]) }).collect())
    }
}

/// Reads `[time, "value"]`.
fn number(value: &Value) -> f64 {
    value[1].as_str().and_then(|text| text.replace("Inf", "inf").parse().ok()).unwrap_or(f64::NAN)
}

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
    let samples = Prometheus::new(Client::new(TIMEOUT), url).query(&query, Some(end));
    let samples = samples.map_err(|error| format!("cannot query Prometheus: {error}"))?;
    // Without events the quantile is NaN.
    Ok(samples.first().map(|sample| sample.value).filter(|value| value.is_finite()))
}
