//! Edits YAML texts without changing their comments and layout.

use std::ops::Range;

use serde_saphyr::{Location, Spanned};

/// A list of changes to one text.
#[derive(Debug)]
pub(super) struct Edits<'t> {
    text: &'t str,
    changes: Vec<(Range<usize>, String)>,
}

impl<'t> Edits<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, changes: Vec::new() }
    }

    /// Replaces a scalar, in the same style.
    pub(super) fn scalar(&mut self, old: &Spanned<String>, new: &str) -> Result<(), String> {
        let range = range(&old.defined)?;
        if let Some((position, indent)) = self.block(range.start) {
            // The span of a block ends before the next key.
            let end = position + self.text[position..range.end].trim_end().len();
            // The first line sets the indentation of a block, so no other line may be indented less.
            let lines: Vec<_> =
                new.trim_start().lines().enumerate().map(|(at, line)| indented(at, line, &indent)).collect();
            self.change(position..end, lines.join("\n"));
        } else {
            let line = new.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let quoted = format!("'{}'", line.replace('\'', "''"));
            let unquoted = self.text[range.clone()].trim_end().len();
            self.change(range.start..range.start + unquoted, quoted);
        }
        Ok(())
    }

    /// Adds entries at the beginning of a mapping.
    pub(super) fn entries<T>(&mut self, mapping: &Spanned<T>, entries: &[(String, String)]) -> Result<(), String> {
        let at = range(&mapping.defined)?.start;
        let listed = |separator: &str| {
            entries.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(separator)
        };
        let rest = &self.text[at..];
        if let Some(inner) = rest.strip_prefix('{') {
            let end = if inner.trim_start().starts_with('}') { "" } else { ", " };
            self.change(at + 1..at + 1, listed(", ") + end);
        } else {
            let indent = " ".repeat(self.column(at));
            self.change(at..at, listed(&format!("\n{indent}")) + "\n" + &indent);
        }
        Ok(())
    }

    /// Adds a recording rule before the one with this expression.
    pub(super) fn rule_before(&mut self, expression: &Spanned<String>, record: &str, new: &str) -> Result<(), String> {
        let before = &self.text[..range(&expression.defined)?.start];
        let item = before.rfind("- record: ").ok_or("write `record` before `expr`")?;
        let indent = " ".repeat(self.column(item));
        let lines: Vec<_> = new.lines().map(|line| format!("{indent}    {line}")).collect();
        self.change(item..item, format!("- record: {record}\n{indent}  expr: |\n{}\n{indent}", lines.join("\n")));
        Ok(())
    }

    /// Replaces the last text before a scalar.
    pub(super) fn text_before(&mut self, scalar: &Spanned<String>, old: &str, new: &str) -> Result<(), String> {
        let before = &self.text[..range(&scalar.defined)?.start];
        let at = before.rfind(old).ok_or_else(|| format!("write `{old}` on one line, before `expr`"))?;
        self.change(at..at + old.len(), new.to_owned());
        Ok(())
    }

    /// Adds plain scalars before one of a list.
    pub(super) fn before(&mut self, first: Option<&Spanned<String>>, new: &[String]) -> Result<(), String> {
        let at = range(&first.ok_or("a list is empty: name at least one file of rules")?.defined)?.start;
        let is_block = self.text[..at].trim_end_matches(' ').ends_with('-');
        let separator = if is_block { format!("\n{}- ", " ".repeat(self.column(at) - 2)) } else { ", ".to_owned() };
        self.change(at..at, new.join(&separator) + &separator);
        Ok(())
    }

    /// Adds a line before the first that begins with `start`.
    pub(super) fn line_before(&mut self, start: &str, new: &str) -> Result<(), String> {
        let line =
            if self.text.starts_with(start) { Some(0) } else { self.text.find(&format!("\n{start}")).map(|at| at + 1) };
        let at = line.ok_or_else(|| format!("no line begins with `{start}`: write one"))?;
        self.change(at..at, format!("{new}\n"));
        Ok(())
    }

    /// Removes an item of a block list, with the comments before it.
    pub(super) fn remove_item(&mut self, inside: &Location) -> Result<(), String> {
        let start = self.text[..range(inside)?.start].rfind('\n').map_or(0, |end| end + 1);
        let indent = |line: &str| line.len() - line.trim_start().len();
        let lines = self.text[start..].split_inclusive('\n');
        let own = indent(&self.text[start..]);
        let is_inside = |(at, line): &(usize, &str)| *at == 0 || line.trim().is_empty() || indent(line) > own;
        let end = start + lines.enumerate().take_while(is_inside).map(|(_, line)| line.len()).sum::<usize>();
        let before = self.text[..start].split_inclusive('\n').rev();
        let is_comment = |line: &&str| line.trim_start().starts_with('#') && indent(line) == own;
        let comments = before.take_while(is_comment).map(str::len).sum::<usize>();
        self.change(start - comments..end, String::new());
        Ok(())
    }

    /// If a scalar is a literal or folded block, returns the position of its text and its indentation.
    fn block(&self, start: usize) -> Option<(usize, String)> {
        let before = &self.text[..start];
        let header = before.trim_end().lines().next_back()?.trim_end();
        let on_its_own_line = before.trim_end_matches(' ').ends_with('\n');
        let indicator = header.trim_end_matches(['-', '+']).trim_end_matches(|c: char| c.is_ascii_digit());
        let is_block = on_its_own_line && indicator.ends_with(['|', '>']);
        is_block.then(|| (start, " ".repeat(self.column(start))))
    }

    fn column(&self, at: usize) -> usize {
        let line = &self.text[self.text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        line.chars().count()
    }

    fn change(&mut self, range: Range<usize>, new: String) {
        // A YAML alias may be used more than once, so the same change can come again.
        if self.changes.iter().all(|(other, _)| *other != range || range.is_empty()) {
            self.changes.push((range, new));
        }
    }

    /// Returns the changed text.
    pub(super) fn apply(mut self) -> String {
        self.changes.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        for (range, new) in self.changes {
            text.push_str(&self.text[done..range.start]);
            text.push_str(&new);
            done = range.end;
        }
        text + &self.text[done..]
    }
}

fn indented(at: usize, line: &str, indent: &str) -> String {
    if at == 0 || line.is_empty() { line.to_owned() } else { format!("{indent}{line}") }
}

fn range(location: &Location) -> Result<Range<usize>, String> {
    let span = location.span();
    let bytes = span.byte_offset().zip(span.byte_len());
    let (start, length) = bytes.ok_or("a value has no place in the text: write the file without YAML merge keys")?;
    let usize = |number| usize::try_from(number).map_err(|_| "the file is too large".to_owned());
    Ok(usize(start)?..usize(start)? + usize(length)?)
}
