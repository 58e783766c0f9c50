//! Finds what an expression compares with.

use std::ops::Range;

use crate::asset::promql;

/// The right side of a comparison, by its place in the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// A number, except zero and those that are part of a calculation.
    Number(Range<usize>),
    /// A series.
    Series(Range<usize>),
}

/// Lists the right sides of comparisons that are a number or begin with a series.
pub(super) fn compared(expression: &str) -> Vec<Compared> {
    let bytes = expression.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += expression[at..].find('\n').unwrap_or(bytes.len() - at),
            b'"' | b'\'' | b'`' => at += promql::string_length(&expression[at..]),
            b'>' | b'<' => {
                let rest = &expression[at + 1..];
                let start = at + 1 + (rest.len() - rest.trim_start_matches(['=', ' ']).len());
                let number = &expression[start..];
                let end = number.find(|c: char| !c.is_ascii_digit() && c != '.' && c != 'e').unwrap_or(number.len());
                let is_last = !number[end..].trim_start().starts_with(['+', '-', '*', '/', '%', '^', '[', ':'])
                    && !number[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
                if is_last && number[..end].parse::<f64>().is_ok_and(|number| number != 0.0) {
                    found.push(Compared::Number(start..start + end));
                } else {
                    found.extend(series(expression, start).map(Compared::Series));
                }
                at = start + end.max(1);
            }
            _ => at += 1,
        }
    }
    found
}

/// Returns the place of the series that begins at `at`, after `bool`, `on (…)` and `group_left (…)`.
fn series(expression: &str, mut at: usize) -> Option<Range<usize>> {
    loop {
        let rest = expression.get(at..)?;
        let text = rest.trim_start();
        at += rest.len() - text.len();
        let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
        match &text[..length] {
            "" => return None,
            "bool" => at += length,
            "on" | "ignoring" | "group_left" | "group_right" => {
                at += length;
                if text[length..].trim_start().starts_with('(') {
                    at += text[length..].find(')')? + 1;
                }
            }
            _ => return Some(at..at + length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(expression: &str) -> Vec<&str> {
        let number = |compared| if let Compared::Number(range) = compared { Some(&expression[range]) } else { None };
        compared(expression).into_iter().filter_map(number).collect()
    }

    fn read(expression: &str) -> Vec<&str> {
        let series = |compared| if let Compared::Series(range) = compared { Some(&expression[range]) } else { None };
        compared(expression).into_iter().filter_map(series).collect()
    }

    #[test]
    fn a_threshold_is_a_number_that_an_expression_compares_with() {
        assert_eq!(numbers("a > 0.5 and b >= 2 and c <1e3"), ["0.5", "2", "1e3"]);
        assert_eq!(numbers("a > 0 and b == 1 and c > 5 + 2 * d and e < 0.5 * f"), Vec::<&str>::new());
        assert_eq!(numbers("a{b=\"> 7\"} # > 8\n> 9"), ["9"]);
        assert_eq!(numbers("a{b='\\'> 7'} > bool 3"), Vec::<&str>::new());
        assert_eq!(numbers("a >"), Vec::<&str>::new());
        assert_eq!(numbers("a > é"), Vec::<&str>::new());
    }

    #[test]
    fn a_series_is_found_behind_the_words_of_the_match() {
        assert_eq!(read("a > b"), ["b"]);
        assert_eq!(
            read("a\n  > on (x, y) group_left () j:b:max\nand c < bool ignoring(x)d{e=\"> f\"}"),
            ["j:b:max", "d"]
        );
        assert_eq!(read("a > (b) and c > on (x"), Vec::<&str>::new());
    }
}
