//! A notification of Alertmanager, as lines of a log.

use serde_json::Value;

use crate::address::clean;

/// Alerts of one notification that are listed.
const MOST: usize = 20;

/// Describes a notification: a line for each alert. It is an error if the text is none.
pub(super) fn lines(body: &[u8], time: &str) -> Result<Vec<String>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let alerts = body["alerts"].as_array().ok_or("it has no `alerts`")?;
    let receiver = text(&body["receiver"]);
    let mut lines: Vec<_> = alerts.iter().take(MOST).map(|alert| clean(&line(alert, receiver, time))).collect();
    if alerts.len() > MOST {
        lines.push(format!("{time} and {} more", alerts.len() - MOST));
    }
    Ok(lines)
}

fn line(alert: &Value, receiver: &str, time: &str) -> String {
    let labels = &alert["labels"];
    let severity = text(&labels["severity"]).to_uppercase();
    let of = match text(&labels["job"]) {
        "" => String::new(),
        job => format!(" of {job}"),
    };
    format!(
        "{time} {receiver}: {} {severity} {}{of}: {}",
        text(&alert["status"]),
        text(&labels["alertname"]),
        text(&alert["annotations"]["summary"])
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_is_a_line_that_cannot_break() {
        let body = br#"{"receiver": "platform-critical", "alerts": [
            {"status": "firing", "labels": {"alertname": "MmeServiceDown", "job": "shop\n\u001b[31m", "severity": "critical"},
             "annotations": {"summary": "It is down"}},
            {"status": "resolved", "labels": {"alertname": "Watchdog"}}]}"#;
        let lines = lines(body, "now").unwrap();
        assert_eq!(
            lines,
            [
                "now platform-critical: firing CRITICAL MmeServiceDown of shop  [31m: It is down",
                "now platform-critical: resolved  Watchdog: "
            ]
        );
        assert!(super::lines(b"{}", "now").is_err() && super::lines(b"alerts", "now").is_err());
        let many = format!("{{\"alerts\": [{}]}}", ["{}"; 25].join(","));
        assert_eq!(super::lines(many.as_bytes(), "now").unwrap().last().unwrap(), "now and 5 more");
    }
}
