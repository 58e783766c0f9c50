//! Checks the labels and annotations of an alert, which are Go templates that Prometheus expands when the alert fires.

use std::collections::HashSet;

use super::selector::unknown_label;
use super::shape::Shape;
use crate::asset::finding::{FindingKind, Problem};
use crate::asset::rule::Rule;
use crate::suggestion::closest;

/// Variables that Prometheus defines. The empty name is `$`, which contains all of them.
const VARIABLES: [&str; 5] = ["", "externalLabels", "externalURL", "labels", "value"];

/// Keywords that open a block, which `end` closes.
const BLOCKS: [&str; 5] = ["block", "define", "if", "range", "with"];

/// The other keywords of the language.
const WORDS: [&str; 8] = ["break", "continue", "else", "end", "false", "nil", "template", "true"];

/// Functions of Go templates and of Prometheus 2.42.
const FUNCTIONS: &[&str] = &[
    "and",
    "args",
    "call",
    "eq",
    "externalURL",
    "first",
    "ge",
    "graphLink",
    "gt",
    "html",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "index",
    "js",
    "label",
    "le",
    "len",
    "lt",
    "match",
    "ne",
    "not",
    "or",
    "parseDuration",
    "pathPrefix",
    "print",
    "printf",
    "println",
    "query",
    "reReplaceAll",
    "safeHtml",
    "slice",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "toLower",
    "toTime",
    "toUpper",
    "urlquery",
    "value",
];

/// Checks that every label and annotation is a valid template, and that it uses only labels of the alert.
pub(super) fn check(rule: &Rule, shape: &Shape, find: &mut impl FnMut(Problem)) {
    // Prometheus expands templates in alerts only.
    if rule.alert.is_none() {
        return;
    }
    let annotations = rule.annotations.iter().map(|(name, text)| (name, &text.value));
    for (name, text) in annotations.chain(&rule.labels) {
        let mut invalid =
            |message: String| find(FindingKind::InvalidTemplate.says(format!("text of `{name}`: {message}")));
        let mut template = Template::default();
        if let Err(message) = template.read(text) {
            invalid(message);
        }
        template.problems.drain(..).for_each(&mut invalid);
        for key in template.labels.iter().filter(|key| !shape.labels.has(key)) {
            find(FindingKind::UnknownLabel.says(format!(
                "the text of `{name}` is empty where it names a label: {}",
                unknown_label(key, "", &shape.labels)
            )));
        }
    }
}

/// A parsed template.
#[derive(Default)]
struct Template<'t> {
    labels: Vec<&'t str>,
    defined: HashSet<&'t str>,
    open: usize,
    problems: Vec<String>,
}

impl<'t> Template<'t> {
    fn read(&mut self, text: &'t str) -> Result<(), String> {
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let inner = &rest[start + 2..];
            let end = end_of_action(inner).ok_or("`{{` is not closed: add `}}`")?;
            self.action(inner[..end].trim_start_matches("- ").trim_end_matches(" -"));
            rest = &inner[end + 2..];
        }
        if self.open > 0 {
            return Err("`if`, `range` or `with` has no `{{ end }}`: add it".to_owned());
        }
        Ok(())
    }

    fn action(&mut self, action: &'t str) {
        if action.trim_start().starts_with("/*") {
            return;
        }
        let tokens = tokens(action);
        if tokens.is_empty() {
            self.problems.push("`{{ }}` is empty: remove it or name a value".to_owned());
        }
        for (at, &token) in tokens.iter().enumerate() {
            let previous = at.checked_sub(1).map_or("", |at| tokens[at]);
            let next = tokens.get(at + 1).copied().unwrap_or_default();
            match token.chars().next() {
                Some('$') => self.variable(&token[1..], next),
                Some('"' | '`') if previous == "$labels" && at >= 2 && tokens[at - 2] == "index" => {
                    self.labels.push(&token[1..token.len() - 1]);
                }
                // `else if` continues the open block.
                Some(first) if first.is_alphabetic() && previous != "else" => self.word(token),
                _ => {}
            }
        }
    }

    fn variable(&mut self, path: &'t str, next: &str) {
        let (name, field) = path.split_once('.').unwrap_or((path, ""));
        if matches!(next, ":=" | ",") {
            self.defined.insert(name);
        } else if name == "labels" && !field.is_empty() {
            self.labels.push(field.split('.').next().unwrap_or(field));
        } else if !VARIABLES.contains(&name) && !self.defined.contains(name) {
            let meant = closest(name, VARIABLES.into_iter());
            let meant = meant
                .map_or("Prometheus defines `$labels`, `$value` and `$externalLabels`".to_owned(), |meant| {
                    format!("did you mean `${meant}`?")
                });
            self.problems.push(format!("`${name}` is not defined: {meant}"));
        }
    }

    fn word(&mut self, word: &str) {
        if BLOCKS.contains(&word) {
            self.open += 1;
        } else if word == "end" {
            match self.open.checked_sub(1) {
                Some(open) => self.open = open,
                None => self.problems.push("`{{ end }}` ends nothing: remove it".to_owned()),
            }
        } else if !WORDS.contains(&word) && !FUNCTIONS.contains(&word) {
            let meant = closest(word, FUNCTIONS.iter().copied());
            let meant = meant.map_or("correct its name".to_owned(), |meant| format!("did you mean `{meant}`?"));
            self.problems.push(format!("Prometheus 2.42 has no template function `{word}`: {meant}"));
        }
    }
}

/// Returns the position of the `}}` that closes an action. A `}}` within a string does not count.
fn end_of_action(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

/// Splits an action into strings, words with their fields, `:=` and single characters.
fn tokens(action: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = action.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
        let length = match first {
            '"' | '`' | '\'' => crate::asset::promql::string_length(rest),
            ':' if rest.starts_with(":=") => 2,
            _ if word(first) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}
