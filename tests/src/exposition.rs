//! A strict reader of text format 0.0.4, fast enough to run on every scrape of a test.

use std::collections::BTreeMap;

/// The samples of one exposition: `name{labels}` as written, and its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples(pub BTreeMap<String, f64>);

impl From<BTreeMap<String, f64>> for Samples {
    fn from(samples: BTreeMap<String, f64>) -> Self {
        Self(samples)
    }
}

impl Samples {
    /// Reads an exposition of text format 0.0.4.
    ///
    /// # Panics
    ///
    /// When a line is not what the format allows, a family comes twice, or a series does.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        let mut samples = BTreeMap::new();
        let mut types = BTreeMap::new();
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# TYPE ") {
                let (name, kind) = comment.split_once(' ').expect(line);
                assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
                assert_eq!(types.insert(name, kind), None, "a second type: {line}");
            } else if !line.is_empty() && !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').expect(line);
                check_series(series);
                let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
                assert_eq!(samples.insert(series.to_owned(), value), None, "a second line: {line}");
            }
        }
        Self(samples)
    }

    /// Returns the value of one series, as it is written in the exposition.
    ///
    /// # Panics
    ///
    /// When there is no such series.
    #[track_caller]
    pub fn value(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no series {series} in {self:#?}"))
    }

    /// Lists the series of one name.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        let belongs =
            move |series: &str| series.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'));
        self.0.iter().filter(move |(series, _)| belongs(series)).map(|(series, value)| (series.as_str(), *value))
    }

    /// Adds up the series of one name.
    pub fn sum(&self, name: &str) -> f64 {
        self.of(name).map(|(_, value)| value).sum()
    }
}

/// Requires `name` or `name{key="value",…}`, with nothing unescaped in a value.
fn check_series(series: &str) {
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    assert!(is_word(name), "{series}");
    let mut rest = labels;
    while rest != "}" {
        let (key, after) = rest.split_once("=\"").expect(series);
        assert!(is_word(key), "{series}");
        let mut end = None;
        let mut escaped = false;
        for (at, character) in after.char_indices() {
            match (escaped, character) {
                (true, '\\' | '"' | 'n') => escaped = false,
                (true, _) => panic!("an unknown escape: {series}"),
                (false, '\\') => escaped = true,
                (false, '"') => {
                    end = Some(at);
                    break;
                }
                (false, _) => {}
            }
        }
        rest = &after[end.expect(series) + 1..];
        rest = rest.strip_prefix(',').filter(|rest| *rest != "}").unwrap_or(rest);
    }
}

fn is_word(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
