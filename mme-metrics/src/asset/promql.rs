//! Expressions: read by a parser, after Grafana's variables are filled in.

use promql_parser::parser::{self, Expr};

/// What a variable of a dashboard reads as once it is filled in; a value that holds it says nothing about labels.
pub(super) const FILLED: &str = "variable";

/// Grafana's own variables that stand where the language wants a duration.
const DURATIONS: [&str; 3] = ["__rate_interval", "__interval", "__range"];

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    parser::parse(&fill_in(text)).map_err(|error| format!("no PromQL: {error}"))
}

/// Replaces `$name`, `${name}` and `${name:format}` by a duration or by [`FILLED`].
fn fill_in(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        filled.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        let (name, length) = variable(rest);
        match name {
            // A dollar that begins no variable: the end of a regular expression, or `$1` of `label_replace`.
            "" => filled.push('$'),
            name if DURATIONS.contains(&name) => filled.push_str("5m"),
            _ => filled.push_str(FILLED),
        }
        rest = &rest[length..];
    }
    filled + rest
}

/// Returns the name of the variable that `text` begins with, and how many bytes it takes; an empty name if none.
fn variable(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('{') {
        let Some(end) = inner.find('}') else { return ("", 0) };
        let name = inner[..end].split(':').next().unwrap_or_default();
        return (name, end + 2);
    }
    let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { ("", 0) } else { (&text[..length], length) }
}

/// Calls `visit` for `expression` and everything in it.
pub(super) fn walk<'e>(expression: &'e Expr, visit: &mut impl FnMut(&'e Expr)) {
    visit(expression);
    match expression {
        Expr::Aggregate(aggregate) => {
            walk(&aggregate.expr, visit);
            if let Some(parameter) = &aggregate.param {
                walk(parameter, visit);
            }
        }
        Expr::Unary(unary) => walk(&unary.expr, visit),
        Expr::Binary(binary) => {
            walk(&binary.lhs, visit);
            walk(&binary.rhs, visit);
        }
        Expr::Paren(paren) => walk(&paren.expr, visit),
        Expr::Subquery(subquery) => walk(&subquery.expr, visit),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| walk(argument, visit)),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_other_dollars_stay() {
        for (text, filled) in [
            ("rate(a[$__rate_interval])", "rate(a[5m])"),
            ("a{b=~\"$b\"}[${__range}]", "a{b=~\"variable\"}[5m]"),
            ("a{b=~\"${b:regex}\"}", "a{b=~\"variable\"}"),
            ("label_replace(a, \"b\", \"$1\", \"c\", \"(.+)$\")", "label_replace(a, \"b\", \"$1\", \"c\", \"(.+)$\")"),
        ] {
            assert_eq!(fill_in(text), filled);
        }
    }
}
