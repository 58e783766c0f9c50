//! Parsing of SQL statements for labels: the operation and the first table, and never a value.
//!
//! This is not a full SQL parser. It reads each statement once, up to its first table. A statement that it does not
//! understand has no table. A name that it takes for a table is only compared with the tables that the service
//! registered, so a mistake cannot export a literal.

mod lexer;

use self::lexer::{Dialect, Lexer, Token};
use super::label::DatabaseSystem;

/// The known operations of statements, the frequent ones first. All others are [`OTHER`].
const VERBS: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "MERGE",
    "REPLACE",
    "VALUES",
    "TABLE",
    "SET",
    "SHOW",
    "PRAGMA",
    "START",
    "END",
    "ABORT",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "RENAME",
    "COPY",
    "CALL",
    "DO",
    "EXEC",
    "EXECUTE",
    "EXPLAIN",
    "DESCRIBE",
    "DESC",
    "ANALYZE",
    "VACUUM",
    "REINDEX",
    "CLUSTER",
    "REFRESH",
    "CHECKPOINT",
    "LOCK",
    "UNLOCK",
    "LISTEN",
    "NOTIFY",
    "UNLISTEN",
    "PREPARE",
    "DEALLOCATE",
    "DECLARE",
    "FETCH",
    "MOVE",
    "CLOSE",
    "RESET",
    "DISCARD",
    "USE",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "REASSIGN",
    "SECURITY",
    "IMPORT",
    "LOAD",
    "HANDLER",
    "OPTIMIZE",
    "CHECK",
    "FLUSH",
    "KILL",
    "ATTACH",
    "DETACH",
    "WITH",
];

/// The operations that change a table.
const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"];

/// The fallback for a statement whose operation is unknown.
pub(super) const OTHER: &str = "_OTHER";

/// The operation of a text with several statements.
const BATCH: &str = "BATCH";

/// The operation of a statement, and the names of its tables as parts of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape<'s> {
    pub(super) operation: &'static str,
    /// The table of the statement itself, then the first table inside its `WITH` clause, both without their schemas.
    pub(super) tables: [Option<&'s str>; 2],
}

impl<'s> Shape<'s> {
    /// Parses a prepared statement up to its first table.
    pub(super) fn of(sql: &'s str, system: DatabaseSystem) -> Self {
        Reader::new(sql, system).shape()
    }

    /// Parses a text that may contain several statements, up to its end.
    pub(super) fn of_batch(sql: &'s str, system: DatabaseSystem) -> Self {
        let mut reader = Reader::new(sql, system);
        let shape = reader.shape();
        if reader.is_followed() { Self { operation: BATCH, tables: [None; 2] } } else { shape }
    }
}

/// The kind of text at a position where a table is expected.
enum Place<'s> {
    Table(&'s str),
    Subselect,
    Nothing,
}

struct Reader<'s> {
    tokens: std::iter::Peekable<Lexer<'s>>,
    /// The parser has read the `;` that ends the first statement.
    ended: bool,
    /// The first statement has a body of further statements, such as a trigger.
    has_body: bool,
}

impl<'s> Reader<'s> {
    fn new(sql: &'s str, system: DatabaseSystem) -> Self {
        // A file that was saved as UTF-8 on Windows begins with a byte order mark.
        let sql = sql.strip_prefix('\u{feff}').unwrap_or(sql);
        Self { tokens: Lexer::new(sql, Dialect::of(system)).peekable(), ended: false, has_body: false }
    }

    fn shape(&mut self) -> Shape<'s> {
        let open = |token: &Token<'_>| matches!(token, Token::Sign(b'(' | b';'));
        while self.tokens.next_if(open).is_some() {}
        let operation = self.word().map_or(OTHER, verb);
        if operation == "WITH" {
            return self.with();
        }
        Shape { operation, tables: [self.table_of(operation), None] }
    }

    /// Parses `WITH name AS ( … ), … statement`. If the statement only reads and one of the queries in parentheses writes, the whole
    /// is that write.
    fn with(&mut self) -> Shape<'s> {
        let (mut depth, mut inner, mut write) = (0_usize, None, None::<Shape<'s>>);
        // A name may be a word that is also an operation, such as `values` or `replace`.
        let mut expects_name = true;
        let (mut expects_query, mut begins_query) = (false, false);
        while let Some(token) = self.next() {
            let is_first = std::mem::take(&mut begins_query);
            match token {
                Token::Sign(b'(') => {
                    begins_query = depth == 0 && expects_query;
                    depth += 1;
                }
                Token::Sign(b')') => depth = depth.saturating_sub(1),
                Token::Sign(b',') if depth == 0 => expects_name = true,
                Token::Word(word) if depth == 0 && expects_name && is(word, &["RECURSIVE"]) => {}
                Token::Word(_) | Token::Quoted(_) if depth == 0 && expects_name => expects_name = false,
                Token::Word(word) if depth == 0 => {
                    let operation = verb(word);
                    if is(operation, &["SELECT", "VALUES", "TABLE"]) {
                        return write.unwrap_or_else(|| Shape { operation, tables: [self.table_of(operation), inner] });
                    }
                    if is(operation, WRITES) {
                        return Shape { operation, tables: [self.table_of(operation), inner] };
                    }
                    expects_query = is(word, &["AS", "NOT", "MATERIALIZED"]);
                }
                Token::Word(word) => {
                    if is_first && write.is_none() && is(word, WRITES) {
                        write = Some(Shape { operation: verb(word), tables: [None; 2] });
                    }
                    let missing = write.as_mut().map(|write| &mut write.tables[0]).filter(|table| table.is_none());
                    if (inner.is_none() || missing.is_some()) && is(word, &["FROM", "INTO", "UPDATE", "TABLE"]) {
                        let table = self.name();
                        if let Some(missing) = missing {
                            *missing = table;
                        }
                        inner = inner.or(table);
                    }
                }
                _ => {}
            }
        }
        Shape { operation: OTHER, tables: [None; 2] }
    }

    /// Returns the name of a table, if one stands here.
    fn name(&mut self) -> Option<&'s str> {
        while self.tokens.next_if(|token| is_word(*token, &["ONLY", "LATERAL"])).is_some() {}
        let (Token::Word(name) | Token::Quoted(name)) = self.tokens.peek().copied()? else { return None };
        self.next();
        Some(self.last_part(name))
    }

    fn table_of(&mut self, operation: &str) -> Option<&'s str> {
        match operation {
            "SELECT" | "DELETE" => self.after_from(),
            "INSERT" | "REPLACE" | "MERGE" | "UPDATE" | "TRUNCATE" | "COPY" | "TABLE" => self.target(),
            "CREATE" | "ALTER" | "DROP" => self.definition(),
            _ => None,
        }
    }

    /// Finds the first table after `FROM`. If a subselect stands there, finds the first table inside it.
    fn after_from(&mut self) -> Option<&'s str> {
        loop {
            self.seek_from()?;
            match self.place() {
                Place::Table(name) => return Some(name),
                Place::Subselect => {}
                Place::Nothing => return None,
            }
        }
    }

    /// Moves past the `FROM` of this statement. It skips the `FROM` in `extract(year FROM …)` and in
    /// `IS DISTINCT FROM`.
    fn seek_from(&mut self) -> Option<()> {
        let (mut depth, mut before) = (0_usize, ["", ""]);
        loop {
            let word = match self.next()? {
                Token::Sign(b'(') => {
                    depth += 1;
                    ""
                }
                Token::Sign(b')') => {
                    depth = depth.checked_sub(1)?;
                    ""
                }
                Token::Sign(b';') if depth == 0 => return None,
                Token::Word(word) if depth == 0 => word,
                _ => "",
            };
            let compares = is(before[1], &["DISTINCT"]) && is(before[0], &["IS", "NOT"]);
            if is(word, &["FROM"]) && !compares {
                return Some(());
            }
            before = [before[1], word];
        }
    }

    /// Parses the table that a statement changes.
    fn target(&mut self) -> Option<&'s str> {
        let modifiers: &[&str] = &[
            "INTO",
            "OR",
            "IGNORE",
            "REPLACE",
            "ROLLBACK",
            "ABORT",
            "FAIL",
            "LOW_PRIORITY",
            "HIGH_PRIORITY",
            "DELAYED",
            "TABLE",
            "ONLY",
            "OVERWRITE",
        ];
        loop {
            match self.next()? {
                Token::Word(word) if is(word, modifiers) => {}
                Token::Word(name) | Token::Quoted(name) => return Some(self.last_part(name)),
                Token::Sign(_) | Token::Value => return None,
            }
        }
    }

    /// Parses the table that is created, altered or dropped, if the object is a table.
    fn definition(&mut self) -> Option<&'s str> {
        while let Some(word) = self.word() {
            if is(word, &["TABLE"]) {
                while self.tokens.next_if(|token| is_word(*token, &["IF", "NOT", "EXISTS", "ONLY"])).is_some() {}
                return match self.place() {
                    Place::Table(name) => Some(name),
                    Place::Subselect | Place::Nothing => None,
                };
            }
            if is(word, &["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"]) {
                self.has_body = true;
                return None;
            }
            let modifiers = ["TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "VIRTUAL", "FOREIGN", "OR", "REPLACE"];
            if !is(word, &modifiers) {
                return None;
            }
        }
        None
    }

    /// Parses the text at a position where a table is expected.
    fn place(&mut self) -> Place<'s> {
        loop {
            match self.next() {
                Some(Token::Word(word)) if is(word, &["ONLY", "LATERAL"]) => {}
                Some(Token::Word(word)) if is(word, &["SELECT", "WITH"]) => return Place::Subselect,
                Some(Token::Word(word)) if is(word, &["VALUES"]) => return Place::Nothing,
                // `FROM (TABLE users)` reads a table, `FROM TABLE(f())` the result of a function.
                Some(Token::Word(word)) if is(word, &["TABLE"]) => {
                    if self.tokens.peek() == Some(&Token::Sign(b'(')) {
                        return Place::Nothing;
                    }
                }
                Some(Token::Word(name) | Token::Quoted(name)) => return Place::Table(self.last_part(name)),
                Some(Token::Sign(b'(')) => {}
                _ => return Place::Nothing,
            }
        }
    }

    /// Returns the last part of a name such as `schema.name`, whose first part was read.
    fn last_part(&mut self, first: &'s str) -> &'s str {
        let mut name = first;
        while self.tokens.next_if_eq(&Token::Sign(b'.')).is_some() {
            match self.tokens.next_if(|token| matches!(token, Token::Word(_) | Token::Quoted(_))) {
                Some(Token::Word(part) | Token::Quoted(part)) => name = part,
                _ => return name,
            }
        }
        name
    }

    fn next(&mut self) -> Option<Token<'s>> {
        let token = self.tokens.next();
        self.ended |= token == Some(Token::Sign(b';'));
        token
    }

    fn word(&mut self) -> Option<&'s str> {
        match self.next() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Reads the rest of the text, and returns `true` if it contains another statement.
    fn is_followed(&mut self) -> bool {
        if self.has_body {
            return false;
        }
        while let Some(token) = self.next() {
            if self.ended && token != Token::Sign(b';') {
                return true;
            }
        }
        false
    }
}

fn verb(word: &str) -> &'static str {
    VERBS.iter().find(|verb| verb.eq_ignore_ascii_case(word)).copied().unwrap_or(OTHER)
}

fn is(word: &str, any: &[&str]) -> bool {
    any.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

fn is_word(token: Token<'_>, any: &[&str]) -> bool {
    matches!(token, Token::Word(word) if is(word, any))
}

#[cfg(test)]
mod tests;
