//! Finds syntax that the parser accepts but Prometheus 2.42 rejects.

use promql_parser::parser::Expr;
use promql_parser::parser::token::{T_LIMIT_RATIO, T_LIMITK};

use super::walk;
use crate::asset::finding::{FindingKind, Problem};

/// Functions that the parser knows but Prometheus 2.42 does not.
const NEWER: [&str; 25] = [
    "double_exponential_smoothing",
    "end",
    "first_over_time",
    "histogram_avg",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "info",
    "integral",
    "mad_over_time",
    "max_of",
    "min_of",
    "range",
    "sort_by_label",
    "sort_by_label_desc",
    "start",
    "start_timestamp",
    "step",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "xdelta",
    "xincrease",
    "xrate",
];

/// Lists the parts of an expression that Prometheus 2.42 rejects. `text` is the source of the expression.
pub(in crate::asset) fn newer_syntax(text: &str, expression: &Expr) -> Vec<Problem> {
    let mut found = Vec::new();
    walk(expression, &mut |part| match part {
        Expr::Call(call) if NEWER.contains(&call.func.name) => found.push(format!("function `{}`", call.func.name)),
        Expr::Aggregate(aggregate) if matches!(aggregate.op.id(), T_LIMITK | T_LIMIT_RATIO) => {
            found.push(format!("aggregation `{}`", aggregate.op));
        }
        Expr::Binary(binary) => {
            let fill = binary.modifier.as_ref().map(|modifier| &modifier.fill_values);
            if fill.is_some_and(|fill| fill.lhs.is_some() || fill.rhs.is_some()) {
                found.push("modifier `fill`".to_owned());
            }
        }
        Expr::VectorSelector(selector) => found.extend(names(selector)),
        Expr::MatrixSelector(matrix) => found.extend(names(&matrix.vs)),
        _ => {}
    });
    found.extend(duration_as_number(text).map(|duration| format!("number `{duration}` written as a duration")));
    found.dedup();
    let says = |what| format!("Prometheus 2.42 does not know the {what}: write it without");
    found.into_iter().map(|what| FindingKind::NewerSyntax.says(says(what))).collect()
}

/// Lists quoted names, and alternatives of matchers.
fn names(selector: &promql_parser::parser::VectorSelector) -> Vec<String> {
    let mut found = Vec::new();
    if !selector.matchers.or_matchers.is_empty() {
        found.push("`or` between matchers".to_owned());
    }
    let legacy = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
    };
    let keys = selector.matchers.matchers.iter().map(|matcher| &matcher.name);
    found
        .extend(keys.chain(&selector.name).filter(|name| !legacy(name)).map(|name| format!("name {name:?} in quotes")));
    found
}

/// Returns a duration in a place where Prometheus 2.42 requires a number: outside of brackets and not after `offset`.
fn duration_as_number(text: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut previous = "";
    for token in tokens(text) {
        match token {
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            _ if depth == 0 && previous != "offset" && is_duration(token) => return Some(token.to_owned()),
            // `offset -5m`
            "-" if previous == "offset" => continue,
            _ => {}
        }
        previous = token;
    }
    None
}

fn is_duration(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
        && token.ends_with(['s', 'm', 'h', 'd', 'w', 'y'])
        && promql_parser::util::parse_duration(token).is_ok()
}

/// Splits an expression into words and single characters, without strings, comments and spaces.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
        let length = match first {
            '"' | '\'' | '`' => super::variable::string_length(rest),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            // A colon separates the two durations of a subquery.
            _ if word(first) && first != ':' => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        if !matches!(first, '"' | '\'' | '`' | '#') {
            tokens.push(&rest[..length]);
        }
        rest = rest[length..].trim_start();
    }
    tokens
}
