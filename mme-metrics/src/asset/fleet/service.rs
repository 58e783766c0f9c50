//! Restricts the alerts of targets that do not answer to the jobs that are services.

use promql_parser::label::Matcher;
use promql_parser::parser::Expr;

use super::edit::Edits;
use super::kind::kind;
use super::{pattern, rules};
use crate::asset::{AssetFile, AssetKind, promql, rule};

/// The alerts that judge whether targets answer.
const ALERTS: [&str; 2] = ["MmeInstanceDown", "MmeServiceDown"];

/// The metric that they read.
const UP: &str = "up";

/// Makes the alerts read only targets whose job matches `jobs`.
///
/// # Errors
///
/// Returns the pattern and why it cannot be used, or the path of a file that cannot be read.
pub(super) fn select(files: &[AssetFile], jobs: &str) -> Result<Vec<AssetFile>, (String, String)> {
    let matcher = pattern::matcher("job", jobs).map_err(|message| (format!("the services {jobs:?}"), message))?;
    let mut selected = Vec::with_capacity(files.len());
    for file in files {
        selected.push(match kind(file) {
            AssetKind::Rules if ALERTS.iter().any(|alert| file.text().contains(alert)) => {
                let text = select_in(file.text(), &matcher).map_err(|message| (file.path().to_owned(), message))?;
                AssetFile::new(file.kind(), file.path().to_owned(), text)
            }
            _ => file.clone(),
        });
    }
    Ok(selected)
}

fn select_in(text: &str, matcher: &Matcher) -> Result<String, String> {
    let file = rule::parse(text).map_err(|problem| problem.message)?;
    let mut edits = Edits::new(text);
    let rules = file.groups.iter().flat_map(|group| &group.rules);
    for rule in rules.filter(|rule| rule.alert.as_deref().is_some_and(|alert| ALERTS.contains(&alert))) {
        let mut expression = promql::parse(rule.expr()).map_err(|problem| problem.message)?;
        narrow(&mut expression, matcher);
        edits.scalar(rule.expression(), &rules::commented(rule.expr(), &expression.prettify()))?;
    }
    Ok(edits.apply())
}

/// Adds the matcher to every selector of targets.
fn narrow(expression: &mut Expr, matcher: &Matcher) {
    promql::walk_mut(expression, &mut |part| {
        let selector = match part {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(matrix) => &mut matrix.vs,
            _ => return,
        };
        if selector.name.as_deref() == Some(UP) {
            selector.matchers.matchers.push(matcher.clone());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::FILES;

    #[test]
    fn every_target_that_the_alerts_read_is_selected_and_nothing_else_changes() {
        let files = select(FILES, "shop-.*|till").unwrap();
        let changed: Vec<_> = files.iter().zip(FILES).filter(|(new, old)| new != old).map(|(new, _)| new).collect();
        assert_eq!(changed.iter().map(|file| file.path()).collect::<Vec<_>>(), ["prometheus/alerts/process.yml"]);
        for rule in rule::parse(changed[0].text()).unwrap().groups.into_iter().flat_map(|group| group.rules) {
            let alert = rule.alert.clone().unwrap_or_default();
            let selected = rule.expr().matches("up{job=~\"shop-.*|till\"}").count();
            let read = rule.expr().matches("up{").count() + rule.expr().matches("up[").count();
            match alert.as_str() {
                "MmeServiceDown" => assert_eq!((selected, read), (5, 5), "{}", rule.expr()),
                "MmeInstanceDown" => assert_eq!((selected, read), (2, 2), "{}", rule.expr()),
                _ => assert_eq!(selected, 0, "{alert}"),
            }
        }
    }
}
