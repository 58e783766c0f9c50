//! The thresholds of alerts, by name: what they compare with and how long they wait.

use std::ops::Range;

use super::edit::Edits;
use super::kind::kind;
use crate::asset::{AssetFile, AssetKind, promql, rule};

/// A number in an alert that can be set when the files are rendered.
///
/// The first number that an alert compares with has the alert's name, such as `MmeHttpErrorRateHigh`. Later ones, which
/// demand a minimum of traffic, have a number: `MmeHttpErrorRateHigh.2`. How long an alert waits is
/// `MmeHttpErrorRateHigh.for`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssetThreshold {
    /// The name.
    pub name: String,
    /// The value, as written in the rule.
    pub value: String,
    /// The line of the expression that compares with it, or `for`.
    pub condition: String,
}

/// Lists the thresholds of every alert in `files`.
pub fn thresholds(files: &[AssetFile]) -> Vec<AssetThreshold> {
    let rules = files.iter().filter(|file| kind(file) == AssetKind::Rules);
    let parsed = rules.filter_map(|file| rule::parse(file.text()).ok());
    let alerts = parsed.flat_map(|file| file.groups).flat_map(|group| group.rules);
    alerts.flat_map(|rule| of_rule(&rule)).collect()
}

fn of_rule(rule: &rule::Rule) -> Vec<AssetThreshold> {
    let Some(alert) = &rule.alert else { return Vec::new() };
    let mut found = Vec::new();
    for (number, range) in numbers(rule.expr()).into_iter().enumerate() {
        let (expression, value) = (rule.expr(), rule.expr()[range.clone()].to_owned());
        let start = expression[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let end = expression[range.end..].find('\n').map_or(expression.len(), |length| range.end + length);
        let condition = expression[start..end].trim().to_owned();
        found.push(AssetThreshold { name: name(alert, number), value, condition });
    }
    if let Some(hold) = rule.hold() {
        found.push(AssetThreshold {
            name: format!("{alert}.for"),
            value: hold.value.clone(),
            condition: String::from("for"),
        });
    }
    found
}

fn name(alert: &str, number: usize) -> String {
    if number == 0 { alert.to_owned() } else { format!("{alert}.{}", number + 1) }
}

/// Sets thresholds in rule files.
///
/// # Errors
///
/// Returns the name of the threshold or the path of the file, and what is wrong with it.
pub(super) fn set(files: &[AssetFile], values: &[(String, String)]) -> Result<Vec<AssetFile>, (String, String)> {
    let known = thresholds(files);
    for (name, value) in values {
        let threshold =
            known.iter().find(|known| known.name == *name).ok_or_else(|| (name.clone(), unknown(name, &known)))?;
        valid(threshold, value).map_err(|message| (name.clone(), message))?;
    }
    let rendered = files.iter().map(|file| {
        let text = match kind(file) {
            AssetKind::Rules => set_in(file.text(), values).map_err(|message| (file.path().to_owned(), message))?,
            _ => None,
        };
        Ok(text.map_or_else(|| file.clone(), |text| AssetFile::new(file.kind(), file.path().to_owned(), text)))
    });
    rendered.collect()
}

fn unknown(name: &str, known: &[AssetThreshold]) -> String {
    let scored = known.iter().map(|known| (strsim::jaro_winkler(name, &known.name), &known.name));
    let nearest = scored.max_by(|left, right| left.0.total_cmp(&right.0)).filter(|(score, _)| *score >= 0.85);
    match nearest {
        Some((_, nearest)) => format!("unknown threshold: did you mean `{nearest}`?"),
        None => String::from("unknown threshold: `mme-metrics assets thresholds` lists them all"),
    }
}

fn valid(threshold: &AssetThreshold, value: &str) -> Result<(), String> {
    if threshold.condition == "for" {
        let duration = promql::parse(&format!("up[{value}]"));
        // A duration without a unit is one of Prometheus 3 only.
        let plain =
            value.chars().all(|c| c.is_ascii_alphanumeric()) && value.ends_with(|c: char| c.is_ascii_alphabetic());
        return match duration {
            Ok(_) if plain => Ok(()),
            _ => Err(format!("{value:?} is not a duration: write one such as {}", threshold.value)),
        };
    }
    let digits = value.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    match value.parse::<f64>() {
        Ok(number) if digits && number.is_finite() => Ok(()),
        _ => Err(format!("{value:?} is not a number: write one such as {}", threshold.value)),
    }
}

/// Returns the changed text of a rule file, or `None` if it has none of the thresholds.
fn set_in(text: &str, values: &[(String, String)]) -> Result<Option<String>, String> {
    let file = rule::parse(text).map_err(|problem| problem.message)?;
    let mut edits = Edits::new(text);
    let mut changed = false;
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        let Some(alert) = &rule.alert else { continue };
        // The last of several values for one threshold counts, as with options of other programs.
        let value = |name: &str| values.iter().rev().find(|(named, _)| named == name).map(|(_, value)| value);
        let mut expression = rule.expr().to_owned();
        let mut told = Vec::new();
        for (number, range) in numbers(rule.expr()).into_iter().enumerate().rev() {
            let name = name(alert, number);
            if let Some(value) = value(&name) {
                told.insert(0, format!("{name}: {value} instead of {}", &rule.expr()[range.clone()]));
                expression.replace_range(range, value);
            }
        }
        if !told.is_empty() {
            promql::parse(&expression).map_err(|problem| problem.message)?;
            edits.scalar(rule.expression(), &expression)?;
        }
        if let (Some(hold), Some(value)) = (rule.hold(), value(&format!("{alert}.for"))) {
            edits.scalar(hold, value)?;
            told.push(format!("{alert}.for: {value} instead of {}", hold.value));
        }
        if told.is_empty() {
            continue;
        }
        changed = true;
        // The texts of an alert may state the old value.
        if let Some(description) = rule.annotations.get("description") {
            let text = format!("{} [threshold {}]", description.value.trim_end(), told.join(", "));
            edits.scalar(description, &text)?;
        }
    }
    Ok(changed.then(|| edits.apply()))
}

/// Finds the numbers that an expression compares with, except zero and those that are part of a calculation.
fn numbers(expression: &str) -> Vec<Range<usize>> {
    let bytes = expression.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += expression[at..].find('\n').unwrap_or(bytes.len() - at),
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && quote != b'`' { 2 } else { 1 };
                }
                at += 1;
            }
            b'>' | b'<' => {
                let rest = &expression[at + 1..];
                let start = at + 1 + (rest.len() - rest.trim_start_matches(['=', ' ']).len());
                let number = &expression[start..];
                let end = number.find(|c: char| !c.is_ascii_digit() && c != '.' && c != 'e').unwrap_or(number.len());
                let is_last = !number[end..].trim_start().starts_with(['+', '-', '*', '/', '%', '^', '[', ':'])
                    && !number[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                if is_last && number[..end].parse::<f64>().is_ok_and(|number| number != 0.0) {
                    found.push(start..start + end);
                }
                at = start + end.max(1);
            }
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests;
