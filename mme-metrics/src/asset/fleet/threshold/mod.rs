//! The thresholds of alerts, by name: what they compare with and how long they wait.

mod compare;
mod select;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use promql_parser::label::Matcher;
use promql_parser::parser::token::{T_ADD, T_LOR, T_MUL};
use promql_parser::parser::{BinaryExpr, Expr};

use self::compare::{Compared, compared};
use self::select::Selected;
use super::edit::Edits;
use super::grouping;
use super::kind::kind;
use super::rules;
use crate::asset::{AssetFile, AssetKind, promql, rule};
use crate::suggestion::closest;

/// A number in an alert that can be set when the files are rendered.
///
/// The first number that an alert compares with has the alert's name, such as `MmeHttpErrorRateHigh`. Later ones, which
/// demand a minimum of traffic, have a number: `MmeHttpErrorRateHigh.2`. How long an alert waits is
/// `MmeHttpErrorRateHigh.for`. A limit that a rule records, such as that of `MmeHttpLatencyHigh`, counts as a number: it is the
/// default of services that declare no other.
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
    let rules = rules_of(files);
    let limits = limits(&rules);
    rules.iter().flat_map(|rule| of_rule(rule, &limits)).collect()
}

/// Returns the rules of all files that can be read.
fn rules_of(files: &[AssetFile]) -> Vec<rule::Rule> {
    let rules = files.iter().filter(|file| kind(file) == AssetKind::Rules);
    let parsed = rules.filter_map(|file| rule::parse(file.text()).ok());
    parsed.flat_map(|file| file.groups).flat_map(|group| group.rules).collect()
}

/// The default limits that rules record, by the name of the record.
type Limits = BTreeMap<String, String>;

fn limits(rules: &[rule::Rule]) -> Limits {
    let limit = |rule: &rule::Rule| {
        let value = rule.expr()[default_limit(rule.expr())?].to_owned();
        Some((rule.record.clone()?, value))
    };
    rules.iter().filter_map(limit).collect()
}

/// Returns the place of the number in an expression such as `0 * job:requests:rate5m + 100`, which may follow an `or`.
fn default_limit(expression: &str) -> Option<Range<usize>> {
    let whole = expression.trim_end();
    let number = whole.rsplit('+').next().unwrap_or_default().trim_start();
    // Most expressions do not end in a number, and need not be parsed.
    number.parse::<f64>().ok()?;
    let mut parsed = promql::parse(expression).ok()?;
    loop {
        match parsed {
            Expr::Binary(BinaryExpr { op, rhs, .. }) if op.id() == T_LOR => parsed = *rhs,
            Expr::Binary(BinaryExpr { op, lhs, rhs, .. }) if op.id() == T_ADD => {
                let Expr::Binary(BinaryExpr { op, lhs: zero, .. }) = *lhs else { return None };
                let is_zero = matches!(*zero, Expr::NumberLiteral(number) if number.val == 0.0);
                let is_default = op.id() == T_MUL && is_zero && matches!(*rhs, Expr::NumberLiteral(_));
                return is_default.then(|| whole.len() - number.len()..whole.len());
            }
            _ => return None,
        }
    }
}

/// A threshold in the expression of an alert.
struct Place {
    /// Where the number stands, or the record of the limit.
    range: Range<usize>,
    value: String,
    is_limit: bool,
}

fn places(expression: &str, limits: &Limits) -> Vec<Place> {
    let place = |found| match found {
        Compared::Number(range) => Some(Place { value: expression[range.clone()].to_owned(), range, is_limit: false }),
        Compared::Series(range) => {
            let value = limits.get(&expression[range.clone()])?.clone();
            Some(Place { range, value, is_limit: true })
        }
    };
    compared(expression).into_iter().filter_map(place).collect()
}

fn of_rule(rule: &rule::Rule, limits: &Limits) -> Vec<AssetThreshold> {
    let Some(alert) = &rule.alert else { return Vec::new() };
    let mut found = Vec::new();
    for (number, Place { range, value, .. }) in places(rule.expr(), limits).into_iter().enumerate() {
        let expression = rule.expr();
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

/// A value for a threshold, of all series or of some.
struct Setting<'v> {
    name: &'v str,
    selector: &'v str,
    matchers: Vec<Matcher>,
    value: &'v str,
}

impl<'v> Setting<'v> {
    /// Reads a name such as `MmeHttpLatencyHigh` or `MmeHttpLatencyHigh{http_route="/export"}`.
    fn read(text: &'v str, value: &'v str, known: &[AssetThreshold]) -> Result<Self, String> {
        let (name, selector) = text.split_at(text.find('{').unwrap_or(text.len()));
        let threshold = known.iter().find(|known| known.name == name).ok_or_else(|| unknown(name, known))?;
        valid(threshold, value)?;
        if selector.is_empty() {
            return Ok(Self { name, selector, matchers: Vec::new(), value });
        }
        if threshold.condition == "for" {
            return Err("an alert waits equally long for all its series: leave out the selector".to_owned());
        }
        Ok(Self { name, selector, matchers: select::matchers(selector)?, value })
    }
}

/// Sets thresholds in rule files.
///
/// # Errors
///
/// Returns the name of the threshold or the path of the file, and what is wrong with it.
pub(super) fn set(files: &[AssetFile], values: &[(String, String)]) -> Result<Vec<AssetFile>, (String, String)> {
    let rules = if values.is_empty() { Vec::new() } else { rules_of(files) };
    let limits = limits(&rules);
    let known: Vec<_> = rules.iter().flat_map(|rule| of_rule(rule, &limits)).collect();
    let settings = values
        .iter()
        .map(|(name, value)| Setting::read(name, value, &known).map_err(|message| (name.clone(), message)))
        .collect::<Result<Vec<_>, _>>()?;
    let pass = Pass::new(&rules, limits, &settings);
    let rendered = files.iter().map(|file| {
        let text = match kind(file) {
            AssetKind::Rules => pass.set_in(file.text()).map_err(|message| (file.path().to_owned(), message))?,
            _ => None,
        };
        Ok(text.map_or_else(|| file.clone(), |text| AssetFile::new(file.kind(), file.path().to_owned(), text)))
    });
    rendered.collect()
}

fn unknown(name: &str, known: &[AssetThreshold]) -> String {
    match closest(name, known.iter().map(|known| known.name.as_str())) {
        Some(nearest) => format!("unknown threshold: did you mean `{nearest}`?"),
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

/// The settings, with facts about all rules.
struct Pass<'v> {
    settings: &'v [Setting<'v>],
    limits: Limits,
    /// The new values of default limits, by the name of the record.
    new_limits: BTreeMap<String, &'v str>,
    /// The labels that the rules group by.
    labels: HashSet<String>,
}

impl<'v> Pass<'v> {
    fn new(rules: &[rule::Rule], limits: Limits, settings: &'v [Setting<'v>]) -> Self {
        let mut pass = Self { settings, limits, new_limits: BTreeMap::new(), labels: HashSet::new() };
        let selects = settings.iter().any(|set| !set.selector.is_empty());
        for rule in rules {
            if selects {
                pass.labels.extend(promql::parse(rule.expr()).iter().flat_map(grouping::named));
            }
            let Some(alert) = &rule.alert else { continue };
            for (number, place) in places(rule.expr(), &pass.limits).into_iter().enumerate() {
                let value = pass.value(&name(alert, number)).filter(|_| place.is_limit);
                pass.new_limits.extend(value.map(|value| (rule.expr()[place.range].to_owned(), value)));
            }
        }
        pass
    }

    /// Returns the value of a threshold for all series. The last of several counts, as with options of other programs.
    fn value(&self, name: &str) -> Option<&'v str> {
        self.settings.iter().rev().find(|set| set.name == name && set.selector.is_empty()).map(|set| set.value)
    }

    /// Returns the changed text of a rule file, or `None` if it has none of the thresholds.
    fn set_in(&self, text: &str) -> Result<Option<String>, String> {
        let file = rule::parse(text).map_err(|problem| problem.message)?;
        let mut edits = Edits::new(text);
        let mut changed = false;
        for rule in file.groups.iter().flat_map(|group| &group.rules) {
            changed |= match (&rule.alert, &rule.record) {
                (Some(alert), _) => self.set_alert(alert, rule, &mut edits)?,
                (None, Some(record)) => self.set_limit(record, rule, &mut edits)?,
                (None, None) => false,
            };
        }
        Ok(changed.then(|| edits.apply()))
    }

    fn set_limit(&self, record: &str, rule: &rule::Rule, edits: &mut Edits<'_>) -> Result<bool, String> {
        let Some((value, range)) = self.new_limits.get(record).zip(default_limit(rule.expr())) else {
            return Ok(false);
        };
        let mut expression = rule.expr().to_owned();
        expression.replace_range(range, value);
        edits.scalar(rule.expression(), &expression)?;
        Ok(true)
    }

    fn set_alert(&self, alert: &str, rule: &rule::Rule, edits: &mut Edits<'_>) -> Result<bool, String> {
        let mut expression = rule.expr().to_owned();
        let (mut told, mut selected) = (Vec::new(), Vec::new());
        for (number, place) in places(rule.expr(), &self.limits).into_iter().enumerate().rev() {
            let name = name(alert, number);
            let others: Vec<_> =
                self.settings.iter().rev().filter(|set| set.name == name && !set.selector.is_empty()).collect();
            for Setting { name, selector, value, .. } in &others {
                told.insert(0, format!("{name}{selector}: {value} instead of {}", place.value));
            }
            let value = self.value(&name);
            if let Some(value) = value {
                told.insert(0, format!("{name}: {value} instead of {}", place.value));
            }
            let value = value.filter(|_| !place.is_limit);
            if !others.is_empty() {
                let mark = format!("mme_threshold_{number}");
                let default = value.unwrap_or(&rule.expr()[place.range.clone()]).to_owned();
                let others = others.into_iter().map(|set| (set.matchers.clone(), set.value)).collect();
                expression.replace_range(place.range, &mark);
                selected.push(Selected { mark, default, others });
            } else if let Some(value) = value {
                expression.replace_range(place.range, value);
            }
        }
        if expression != rule.expr() {
            let mut parsed = promql::parse(&expression).map_err(|problem| problem.message)?;
            for selected in &selected {
                select::apply(&mut parsed, selected, &self.labels).map_err(|message| format!("{alert}: {message}"))?;
            }
            if !selected.is_empty() {
                expression = rules::commented(rule.expr(), &parsed.prettify());
            }
            edits.scalar(rule.expression(), &expression)?;
        }
        if let (Some(hold), Some(value)) = (rule.hold(), self.value(&format!("{alert}.for"))) {
            edits.scalar(hold, value)?;
            told.push(format!("{alert}.for: {value} instead of {}", hold.value));
        }
        // The texts of an alert may state the old value.
        if let Some(description) = rule.annotations.get("description").filter(|_| !told.is_empty()) {
            let text = format!("{} [threshold {}]", description.value.trim_end(), told.join(", "));
            edits.scalar(description, &text)?;
        }
        Ok(!told.is_empty())
    }
}

#[cfg(test)]
mod tests;
