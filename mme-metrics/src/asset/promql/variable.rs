//! Dashboard variables: `$name`, `${name}`, `${name:format}` and the older `[[name]]`.

use promql_parser::parser::{self, Expr};

/// The placeholder for a variable where PromQL requires a name.
const NAME: &str = "__grafana_variable_";

/// Keywords whose parentheses list labels.
const LABEL_LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// A parsed expression of a dashboard, with placeholders for its variables.
#[derive(Debug)]
pub(in crate::asset) struct Query {
    pub(in crate::asset) expression: Expr,
    /// Each placeholder with the variable that it stands for.
    placeholders: Vec<(String, String)>,
}

impl Query {
    /// Parses a query. If the place of a variable allows a number or a metric, it is first taken for a number, then for
    /// a metric.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut error = None;
        for open in [PlaceholderKind::Number, PlaceholderKind::Metric] {
            let filled = Filler::new(text, open).fill();
            match parser::parse(&filled.text) {
                Ok(expression) => return Ok(Self { expression, placeholders: filled.placeholders }),
                Err(other) => error = error.or(Some(other)),
            }
        }
        Err(error.unwrap_or_default())
    }

    /// Formats an expression that was derived from this one, with the original variables in place of their
    /// placeholders.
    pub(in crate::asset) fn restore(&self, expression: &Expr) -> String {
        let mut text = expression.to_string();
        // Longest first, because the placeholder of a matcher contains a name.
        let mut placeholders: Vec<_> = self.placeholders.iter().collect();
        placeholders.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
        for (placeholder, variable) in placeholders {
            text = text.replace(placeholder, variable);
        }
        text
    }
}

/// Returns whether a name or the value of a matcher contains a variable, so that it is unknown.
pub(in crate::asset) fn holds_variable(text: &str) -> bool {
    text.contains(NAME) || first_variable(text).is_some() || old_variable(text)
}

/// Returns the first `$name` or `${name}` in a text.
pub(in crate::asset) fn first_variable(text: &str) -> Option<String> {
    text.match_indices('$').find_map(|(at, _)| variable(&text[at..])).map(str::to_owned)
}

/// Returns the first variable of an expression that is outside of strings and comments.
pub(super) fn in_code(text: &str) -> Option<String> {
    let filled = Filler::new(text, PlaceholderKind::Number).fill();
    filled.placeholders.into_iter().next().map(|(_, variable)| variable).filter(|variable| variable.starts_with('$'))
}

fn old_variable(text: &str) -> bool {
    text.match_indices("[[").any(|(at, _)| variable(&text[at..]).is_some())
}

/// Returns the variable that `text` begins with.
fn variable(text: &str) -> Option<&str> {
    let (open, close) = if text.starts_with("[[") {
        ("[[", "]]")
    } else if text.starts_with("${") {
        ("${", "}")
    } else {
        let length = text[1..].find(|c: char| !is_name(c)).map_or(text.len(), |end| end + 1);
        let named = text.starts_with('$') && text[1..length].starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
        return named.then(|| &text[..length]);
    };
    let end = text.find(close)?;
    let name = text[open.len()..end].split(':').next().unwrap_or_default();
    let dotted = |c: char| is_name(c) || (open == "${" && c == '.');
    let named = name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit()) && name.chars().all(dotted);
    named.then(|| &text[..end + close.len()])
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// How to read a variable whose place allows a number or a metric.
#[derive(Clone, Copy)]
enum PlaceholderKind {
    Number,
    Metric,
}

/// Fills in the variables of one expression, from left to right.
struct Filler<'t> {
    rest: &'t str,
    open: PlaceholderKind,
    text: String,
    placeholders: Vec<(String, String)>,
    /// The variables so far, each once.
    variables: Vec<String>,
    /// The open brackets. A list of labels is `l`.
    brackets: Vec<char>,
}

impl<'t> Filler<'t> {
    fn new(text: &'t str, open: PlaceholderKind) -> Self {
        Self {
            rest: text,
            open,
            text: String::with_capacity(text.len()),
            placeholders: Vec::new(),
            variables: Vec::new(),
            brackets: Vec::new(),
        }
    }

    fn fill(mut self) -> Self {
        while let Some(next) = self.rest.chars().next() {
            let found = if matches!(next, '$' | '[') { variable(self.rest) } else { None };
            if let Some(found) = found {
                self.rest = &self.rest[found.len()..];
                self.replace(found);
                continue;
            }
            match next {
                '"' | '\'' | '`' => self.take(string_length(self.rest)),
                '#' => self.take(self.rest.find('\n').unwrap_or(self.rest.len())),
                _ => {
                    self.bracket(next);
                    self.take(next.len_utf8());
                }
            }
        }
        self
    }

    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.text.push_str(taken);
        self.rest = rest;
    }

    fn bracket(&mut self, next: char) {
        match next {
            '(' if LABEL_LISTS.contains(&self.last_word()) => self.brackets.push('l'),
            '(' | '[' | '{' => self.brackets.push(next),
            ')' | ']' | '}' => {
                self.brackets.pop();
            }
            _ => {}
        }
    }

    fn last_word(&self) -> &str {
        self.text.trim_end().rsplit(|c: char| !is_name(c)).next().unwrap_or_default()
    }

    /// Inserts the kind of placeholder that PromQL requires in this place. A variable has one value, so it always gets
    /// the same number. So a variable label is the same label on both sides of an operator.
    fn replace(&mut self, variable: &str) {
        let before = self.text.chars().next_back().unwrap_or(' ');
        let previous = self.text.trim_end().chars().next_back().unwrap_or(' ');
        let is_duration = self.brackets.last() == Some(&'[') || self.last_word() == "offset";
        let mut written = variable.to_owned();
        if is_duration {
            // A unit after the variable belongs to it.
            let unit = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
            written.push_str(&self.rest[..unit]);
            self.rest = &self.rest[unit..];
        }
        let number = self.number(&written);
        let after = self.rest.chars().next().unwrap_or(' ');
        let following = self.rest.trim_start().chars().next().unwrap_or(' ');
        let name = format!("{NAME}{number}__");
        let glued = is_name(before) || is_name(after) || before == ':' || matches!(after, '{' | '[');
        let placeholder = match self.brackets.last() {
            // A duration that does not occur in real queries.
            _ if is_duration => format!("5m{}ms", 700 + number),
            Some('{') if matches!(previous, '{' | ',') && !matches!(following, '=' | '!') => format!("{name}=\"\""),
            Some('{') if matches!(previous, '=' | '~') => format!("\"{name}\""),
            Some('{' | 'l') => name,
            _ if glued => name,
            _ => match self.open {
                PlaceholderKind::Number => format!("{}", 910_000_000 + number),
                PlaceholderKind::Metric => name,
            },
        };
        self.text.push_str(&placeholder);
        self.placeholders.push((placeholder, written));
    }

    fn number(&mut self, written: &str) -> usize {
        let known = self.variables.iter().position(|variable| variable == written);
        known.unwrap_or_else(|| {
            self.variables.push(written.to_owned());
            self.variables.len() - 1
        })
    }
}

/// Returns the length of the string that `text` begins with.
pub(in crate::asset) fn string_length(text: &str) -> usize {
    let quote = text.chars().next().unwrap_or_default();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(text: &str) -> String {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        query.restore(&query.expression)
    }

    #[test]
    fn a_variable_reads_the_same_wherever_it_stands() {
        let query = Query::parse("sum by (a, $b) (m) / sum by (a, $b) (n) + sum by (a, $c) (o)").unwrap();
        let text = query.expression.to_string();
        let label = |variable: &str| query.placeholders.iter().find(|(_, known)| known == variable).unwrap().0.clone();
        assert_eq!(text.matches(&label("$b")).count(), 2, "{text}");
        assert_eq!(text.matches(&label("$c")).count(), 1, "{text}");
    }

    #[test]
    fn a_letter_of_several_bytes_before_a_bracket_is_an_error() {
        assert!(Query::parse("\u{610}um(up)").is_err());
    }

    #[test]
    fn a_query_is_read_and_written_back_with_its_variables() {
        for text in [
            "rate(a[$__rate_interval])",
            "a{b=~\"$b\"}[${__range}]",
            "a{b=~\"${b:regex}\"}",
            "rate(a[${__range_s}s])",
            "rate(a[[[range]]])",
            "max_over_time(a[$range:$step])",
            "a offset $shift",
            "topk($top, a)",
            "histogram_quantile($q, a)",
            "a > $limit",
            "sum by (job, $label) (a)",
            "sum by ([[label]]) (a)",
            "a{$filters}",
            // Matchers keep their order.
            "a{${filters},b=\"c\"}",
            "a{$label=\"b\"}",
            "sum by ($x) (a{$x}) / sum by ($x) (rate(b{$x}[$__interval]))",
            "rate($metric[5m])",
            "$metric{b=\"c\"}",
            "job_${what}_total",
            "sum($metric)",
            "label_replace(a, \"b\", \"$1\", \"c\", \"(.+)$\")",
        ] {
            assert_eq!(restored(text), text);
        }
    }

    #[test]
    fn only_variables_are_found() {
        for text in ["$job", "a|${job}", "${job:regex}", "[[job]]", "$__all"] {
            assert!(holds_variable(text), "{text}");
        }
        for text in ["(a|b)$", "$1", "${1}", "[[:alpha:]]", "^a$|^b$", "variable", "my_variable_total"] {
            assert!(!holds_variable(text), "{text}");
        }
    }

    #[test]
    fn variables_in_strings_and_comments_are_no_code() {
        assert_eq!(in_code("a{b=\"$c\"} # $d"), None);
        assert_eq!(in_code("rate(a[$__rate_interval])").as_deref(), Some("$__rate_interval"));
    }
}
