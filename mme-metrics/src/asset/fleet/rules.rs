//! Renders rule files with grouping labels.

use super::alert;
use super::edit::Edits;
use super::grouping::{Grouping, Reader};
use crate::asset::{promql, rule};

pub(super) fn render(text: &str, grouping: &Grouping) -> Result<String, String> {
    let file = rule::parse(text).map_err(|problem| problem.message)?;
    let mut edits = Edits::new(text);
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        let place = |message: String| format!("{}: {message}", rule.place());
        let expression = promql::parse(rule.expr()).map_err(|problem| place(problem.message))?;
        let mut grouped = expression.clone();
        let carries = grouping.rewrite(&mut grouped, Reader::Rule);
        if grouped != expression {
            let text = commented(rule.expr(), &grouped.prettify());
            edits.scalar(rule.expression(), &text).map_err(place)?;
        }
        if let (true, Some(name), Some(description)) = (carries, &rule.alert, rule.annotations.get("description")) {
            edits.scalar(description, &alert::template(name, &description.value, grouping)).map_err(place)?;
        }
    }
    Ok(edits.apply())
}

/// Puts the comments of the old expression before the new one, because the parser drops them.
pub(super) fn commented(old: &str, new: &str) -> String {
    // A scalar on one line cannot contain a comment.
    let comments = old.lines().map(str::trim).filter(|line| line.starts_with('#') && old.contains('\n'));
    comments.chain([new]).collect::<Vec<_>>().join("\n")
}
