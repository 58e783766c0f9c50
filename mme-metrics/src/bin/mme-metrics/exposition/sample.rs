//! Reads the line of a sample.

/// A sample: a series with its value.
#[derive(Debug, Clone)]
pub(crate) struct Sample<'t> {
    pub(crate) name: &'t str,
    /// The labels, as escaped in the line.
    pub(crate) labels: Vec<(&'t str, &'t str)>,
    pub(crate) value: f64,
    pub(crate) has_timestamp: bool,
}

impl<'t> Sample<'t> {
    /// Returns the value of a label.
    pub(crate) fn label(&self, key: &str) -> Option<&'t str> {
        self.labels.iter().find(|(other, _)| *other == key).map(|(_, value)| *value)
    }

    /// Returns the name with the labels in order, which identifies the series.
    pub(crate) fn series(&self) -> String {
        let mut labels = self.labels.clone();
        labels.sort_unstable();
        format!("{}{labels:?}", self.name)
    }
}

/// Reads `name{label="value"} 1 1700000000 # {trace_id="…"} 1`.
pub(super) fn parse(line: &str) -> Result<Sample<'_>, String> {
    let end = line.find(|c: char| !is_name(c)).unwrap_or(line.len());
    let (name, mut rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("{} is not the name of a metric: begin with a letter, `_` or `:`", quoted(line)));
    }
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = read_labels(inner, &mut labels)?;
    } else if !rest.starts_with([' ', '\t']) {
        return Err(match rest.chars().next() {
            Some(wrong) => {
                format!("{wrong:?} after `{name}` cannot be part of a name: use letters, digits, `_` and `:`")
            }
            None => format!("`{name}` has no value: write a number after it"),
        });
    }
    let rest = rest.split_once(" # ").map_or(rest, |(value, _)| value);
    let mut words = rest.split_ascii_whitespace();
    let Some(value) = words.next() else { return Err(format!("`{name}` has no value: write a number after it")) };
    let parsed =
        number(value).ok_or_else(|| format!("{} is not a number: write one such as 1.5 or +Inf", quoted(value)))?;
    let timestamp = words.next();
    if let Some(wrong) = timestamp.filter(|text| text.parse::<f64>().is_err()).or_else(|| words.next()) {
        return Err(format!("{} after the value is neither a timestamp nor an exemplar: remove it", quoted(wrong)));
    }
    Ok(Sample { name, labels, value: parsed, has_timestamp: timestamp.is_some() })
}

/// Reads labels up to `}`, and returns what follows.
fn read_labels<'t>(mut rest: &'t str, labels: &mut Vec<(&'t str, &'t str)>) -> Result<&'t str, String> {
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let end = rest.find(|c: char| !is_name(c) || c == ':').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("{} is not the name of a label: begin with a letter or `_`", quoted(rest)));
        }
        let inner = after.trim_start().strip_prefix('=').map(str::trim_start).and_then(|after| after.strip_prefix('"'));
        let Some(inner) = inner else { return Err(format!("the label `{key}` has no value: write {key}=\"…\"")) };
        let Some(end) = closing_quote(inner)? else {
            return Err(format!("the value of the label `{key}` does not end: close it with `\"`"));
        };
        if labels.iter().any(|(other, _)| *other == key) {
            return Err(format!("the label `{key}` stands there twice: remove one"));
        }
        labels.push((key, &inner[..end]));
        rest = inner[end + 1..].trim_start_matches([' ', '\t']);
        match rest.chars().next() {
            Some(',') => rest = &rest[1..],
            Some('}') => {}
            _ => return Err(format!("the labels do not end after `{key}`: write `,` or `}}`")),
        }
    }
}

/// Returns the position of the quote that ends a value.
fn closing_quote(text: &str) -> Result<Option<usize>, String> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok(Some(at)),
            '\\' => match characters.next() {
                Some((_, '\\' | '"' | 'n')) | None => {}
                Some((_, other)) => return Err(format!("`\\{other}` is not an escape: write `\\\\`, `\\\"` or `\\n`")),
            },
            _ => {}
        }
    }
    Ok(None)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Reads a number as Prometheus writes it.
fn number(text: &str) -> Option<f64> {
    match text.trim_start_matches(['+', '-']).to_ascii_lowercase().as_str() {
        "inf" | "infinity" | "nan" => text.parse().ok(),
        _ if text.contains(['i', 'I', 'n', 'N']) => None,
        _ => text.parse().ok(),
    }
}

/// Quotes the beginning of a text, so that a hostile one cannot flood a terminal or control it.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_formats_allow() {
        let sample = parse(r#"a:b{x="1,}\"\\\n", y = "" ,} +Inf 1700000000 # {trace_id="x"} 1"#).unwrap();
        assert_eq!((sample.name, sample.value, sample.has_timestamp), ("a:b", f64::INFINITY, true));
        assert_eq!(sample.labels, [("x", r#"1,}\"\\\n"#), ("y", "")]);
        assert_eq!(parse("a 1e3").unwrap().value.to_bits(), 1000f64.to_bits());
        assert!(parse("a{} NaN").unwrap().value.is_nan());
    }

    #[test]
    fn says_what_is_wrong_with_a_line() {
        for (line, said) in [
            ("1a 1", "is not the name of a metric"),
            ("a-b 1", "'-' after `a` cannot be part of a name"),
            ("a", "`a` has no value"),
            ("a{b=\"c\"}", "`a` has no value"),
            ("a x", "\"x\" is not a number"),
            ("a nano", "is not a number"),
            ("a 1 2 3", "\"3\" after the value"),
            ("a 1 now", "\"now\" after the value"),
            ("a{b} 1", "the label `b` has no value"),
            ("a{b='c'} 1", "the label `b` has no value"),
            ("a{b=\"c} 1", "does not end"),
            ("a{b=\"\\t\"} 1", "`\\t` is not an escape"),
            ("a{b=\"c\" d=\"e\"} 1", "the labels do not end after `b`"),
            ("a{b=\"c\",b=\"d\"} 1", "stands there twice"),
            ("a{0=\"c\"} 1", "is not the name of a label"),
            ("\u{1b}[31m 1", "\"\\u{1b}[31m 1\" is not the name"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
