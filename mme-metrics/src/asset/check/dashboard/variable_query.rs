//! Parses the queries of dashboard variables: `PromQL` inside a function of Grafana.

/// Returns the expression of a query with the label that it reads, or `None` if it names no series.
pub(in crate::asset) fn expression(query: &str) -> Option<(&str, Option<&str>)> {
    let query = query.trim();
    let Some((function, inner)) = query.strip_suffix(')').and_then(|query| query.split_once('(')) else {
        return Some((query, None));
    };
    match function.trim() {
        "label_values" => {
            // The label is the last argument. `label_values(label)` without an expression returns all values of the
            // label.
            let (expression, label) = inner.rsplit_once(',')?;
            Some((expression.trim(), Some(label.trim())))
        }
        "query_result" => Some((inner, None)),
        "label_names" | "metrics" => None,
        _ => Some((query, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn the_expression_and_the_label_are_taken_apart() {
        for (query, parts) in [
            ("label_values(up{a=\"b,c\"}, job)", Some(("up{a=\"b,c\"}", Some("job")))),
            ("label_values(job)", None),
            ("label_names()", None),
            ("metrics(kitchen_.*)", None),
            ("query_result(topk(5, up))", Some(("topk(5, up)", None))),
            ("sum(up)", Some(("sum(up)", None))),
            ("up", Some(("up", None))),
        ] {
            assert_eq!(expression(query), parts, "{query}");
        }
    }
}
