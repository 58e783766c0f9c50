//! The bundled alerts as their files define them: limits, severity and summary, each read from its rule.

use crate::asset::FILES;

/// An alert of the bundled files.
#[derive(Debug)]
pub(in crate::live) struct Alert {
    pub(in crate::live) name: &'static str,
    pub(in crate::live) severity: &'static str,
    pub(in crate::live) summary: &'static str,
    /// Seconds for which its condition has to hold.
    pub(in crate::live) hold: f64,
    /// The numbers that its expression compares with, in their order.
    pub(in crate::live) limits: Vec<f64>,
}

impl Alert {
    /// Finds an alert by its name.
    pub(super) fn find(name: &'static str) -> Option<Self> {
        let mut files = FILES.iter().filter(|file| file.path().starts_with("prometheus/alerts/"));
        files.find_map(|file| Self::read(name, file.text()))
    }

    fn read(name: &'static str, text: &'static str) -> Option<Self> {
        let rule = text.split("- alert: ").skip(1).find(|rule| rule.lines().next() == Some(name))?;
        let expression = rule.split("expr:").nth(1)?.split("labels:").next()?;
        let (expression, hold) = match expression.split_once("\n        for: ") {
            Some((expression, rest)) => (expression, seconds(rest.lines().next()?)?),
            None => (expression, 0.0),
        };
        let severity = rule.split("severity: ").nth(1)?.split([',', '}', '\n']).next()?;
        let summary = rule.split("summary: ").nth(1)?.lines().next()?;
        let code = expression.lines().map(|line| line.split('#').next().unwrap_or(line));
        Some(Self { name, severity, summary, hold, limits: code.flat_map(limits).collect() })
    }
}

/// Lists the numbers that follow a comparison. `7 * 86400` is one number.
fn limits(line: &str) -> Vec<f64> {
    let words: Vec<_> = line.split_whitespace().collect();
    let number = |at: usize| words.get(at).and_then(|word| word.trim_end_matches(')').parse::<f64>().ok());
    let compares = |word: &str| matches!(word, ">" | "<" | ">=" | "<=" | "==");
    let found = words.iter().enumerate().filter(|(_, word)| compares(word)).filter_map(|(at, _)| {
        let first = number(at + 1)?;
        let factor = if words.get(at + 2) == Some(&"*") { number(at + 3) } else { None };
        Some(first * factor.unwrap_or(1.0))
    });
    found.collect()
}

/// Reads a duration such as `5m`.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let number: f64 = text.get(..text.len().checked_sub(1)?)?.parse().ok()?;
    match text.bytes().last()? {
        b's' => Some(number),
        b'm' => Some(number * 60.0),
        b'h' => Some(number * 3600.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_as_its_file_says() {
        let alert = Alert::find("MmeHttpErrorRateCritical").unwrap();
        assert_eq!((alert.severity, alert.hold, alert.limits), ("critical", 120.0, vec![0.05, 0.049, 0.016]));
        assert_eq!(alert.summary, "A service fails more than 5 % of its requests.");
        assert_eq!(Alert::find("MmeCertificateExpiringSoon").unwrap().limits, [604_800.0, 0.0]);
        assert!(Alert::find("MmeNothing").is_none());
    }
}
