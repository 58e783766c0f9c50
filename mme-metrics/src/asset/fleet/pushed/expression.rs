//! Replaces `up` in the text of an expression, so that its comments and layout stay.

/// The series that Prometheus creates for each target that it scrapes.
pub(super) const UP: &str = "up";

/// The record that is `up` of what is scraped, and tells whether those are alive that push.
pub(super) const ALIVE: &str = "job_instance:up:with_pushed";

/// Returns the expression with the record in place of `up`, or `None` if it does not read `up`.
///
/// What stands in strings, braces and comments is no metric.
pub(super) fn substitute(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '$' | '.');
    let (mut result, mut rest, mut depth) = (String::with_capacity(text.len()), text, 0_usize);
    let mut found = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' | '`' => string(rest, first),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            c if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match token {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_metric = token == UP && depth == 0;
        found |= is_metric;
        result.push_str(if is_metric { ALIVE } else { token });
        rest = after;
    }
    found.then_some(result)
}

/// Returns the length of the string that `text` begins with.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped && quote != '`';
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_metric_is_replaced() {
        for (text, expected) in [
            ("max by (job) (up) == 0", Some("max by (job) (job_instance:up:with_pushed) == 0")),
            ("up{job=\"up\"} offset 5m # up", Some("job_instance:up:with_pushed{job=\"up\"} offset 5m # up")),
            (
                "max_over_time(up[5m])\nunless up",
                Some("max_over_time(job_instance:up:with_pushed[5m])\nunless job_instance:up:with_pushed"),
            ),
            ("label_values(up, job)", Some("label_values(job_instance:up:with_pushed, job)")),
            ("dependency_up + pg_up + a:up:b + $up", None),
            ("label_replace(a, \"up\", 'up \\' up', `up\\`, \"\")", None),
            ("a{up=\"1\"}", None),
        ] {
            assert_eq!(substitute(text).as_deref(), expected, "{text}");
        }
    }
}
