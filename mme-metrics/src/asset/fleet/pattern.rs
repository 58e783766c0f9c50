//! Accepts regular expressions of label values that every Prometheus reads as this crate does.

use std::iter::Peekable;
use std::str::Chars;

use promql_parser::label::Matcher;
use promql_parser::parser::token::T_EQL_REGEX;

/// Longest pattern.
const LONGEST: usize = 1024;

/// The signs that are allowed beside letters and digits. None of them has to be escaped in an expression, in YAML or in a template.
const SIGNS: &str = "-_.:/|*+?()[]^";

/// Makes a matcher of a label by a regular expression, which has to match the whole value.
///
/// # Errors
///
/// Returns what is wrong with the pattern. Besides patterns that are invalid, it refuses those that RE2, which Prometheus uses,
/// reads in another way than the parser of this crate.
pub(super) fn matcher(label: &str, pattern: &str) -> Result<Matcher, String> {
    if pattern.is_empty() || pattern.len() > LONGEST {
        return Err(format!("use a regular expression of 1 to {LONGEST} bytes"));
    }
    if let Some(other) = pattern.chars().find(|c| !c.is_ascii_alphanumeric() && !SIGNS.contains(*c)) {
        return Err(format!(
            "a regular expression cannot have {other:?} here: use letters, digits and `{SIGNS}`, and `[.]` for a plain dot"
        ));
    }
    structure(pattern).map_err(|reason| format!("this is not a regular expression of Prometheus: {reason}"))?;
    let made = Matcher::new_matcher(T_EQL_REGEX, label.to_owned(), pattern.to_owned());
    made.map_err(|_| "this is not a regular expression: correct its syntax".to_owned())
}

/// Checks groups, classes and repetitions.
fn structure(pattern: &str) -> Result<(), &'static str> {
    let mut rest = pattern.chars().peekable();
    let mut open = 0_u32;
    while let Some(c) = rest.next() {
        match c {
            '(' => {
                open += 1;
                if rest.next_if_eq(&'?').is_some() {
                    group(&mut rest)?;
                }
            }
            ')' => open = open.checked_sub(1).ok_or("a `)` closes no group")?,
            '[' => class(&mut rest)?,
            '*' | '+' | '?' => {
                // A question mark makes the repetition before it a lazy one.
                rest.next_if_eq(&'?');
                if rest.next_if(|next| matches!(next, '*' | '+' | '?')).is_some() {
                    return Err("it repeats a repetition");
                }
            }
            _ => {}
        }
    }
    if open == 0 { Ok(()) } else { Err("a `(` is not closed") }
}

/// Reads what follows `(?`.
fn group(rest: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    match (rest.next(), rest.peek()) {
        (Some(':'), _) | (Some('i'), Some(')')) => Ok(()),
        _ => Err("after `(?` only `:` and `i)` are allowed"),
    }
}

/// Reads what follows `[`.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<(), &'static str> {
    rest.next_if_eq(&'^');
    // A first `]` is one of the characters.
    rest.next_if_eq(&']');
    while let Some(c) = rest.next() {
        match c {
            ']' => return Ok(()),
            '[' => return Err("a `[` stands within `[…]`"),
            '-' if rest.peek() == Some(&'-') => return Err("a `--` stands within `[…]`"),
            _ => {}
        }
    }
    Err("a `[` is not closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_names_is_accepted() {
        for pattern in [
            "mme-.*",
            "shop|till",
            "(?:shop|till)-[a-z0-9]+",
            "(?i)shop.*?",
            "a/b:c[.]d_e",
            "[]a-]x",
            "[^a]",
            "a?",
            "()|a",
        ] {
            let made = matcher("job", pattern).unwrap();
            assert_eq!((made.name.as_str(), made.value.as_str()), ("job", pattern));
        }
    }

    #[test]
    fn what_prometheus_would_read_otherwise_or_not_at_all_is_refused() {
        for (pattern, reason) in [
            ("", "of 1 to 1024 bytes"),
            (&"a".repeat(1025), "of 1 to 1024 bytes"),
            ("a\"} or up{", "cannot have '\"'"),
            ("a'b", "cannot have '\\''"),
            ("a\\d", "cannot have '\\\\'"),
            ("a b", "cannot have ' '"),
            ("a\nb", "cannot have '\\n'"),
            ("a{2}", "cannot have '{'"),
            ("$job", "cannot have '$'"),
            ("ä", "cannot have 'ä'"),
            ("a)|(b", "a `)` closes no group"),
            ("(a", "a `(` is not closed"),
            ("a)", "a `)` closes no group"),
            ("[a", "a `[` is not closed"),
            ("[]", "a `[` is not closed"),
            ("[[:alpha:]]", "stands within"),
            ("[a--b]", "stands within"),
            ("a**", "repeats a repetition"),
            ("a+?+", "repeats a repetition"),
            ("(?x)a", "after `(?`"),
            ("(?", "after `(?`"),
            ("*a", "correct its syntax"),
            ("a|*", "correct its syntax"),
            ("[b-a]", "correct its syntax"),
        ] {
            let error = matcher("job", pattern).unwrap_err();
            assert!(error.contains(reason), "{pattern}: {error}");
        }
    }
}
