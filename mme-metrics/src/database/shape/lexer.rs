//! A lexer for SQL, which splits a text into tokens. It separates words from the content of literals and comments.

use crate::database::label::DatabaseSystem;

/// A token of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A keyword, or a name without quotes.
    Word(&'s str),
    /// A quoted name, without its quotes.
    Quoted(&'s str),
    /// A literal, a number or a parameter. The token does not contain its text.
    Value,
    /// Any other byte.
    Sign(u8),
}

/// The differences between database products in the syntax of comments, strings and quoted names.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a trait of a language of its own")]
pub(super) struct Dialect {
    /// `\` is an escape in every string. Comments begin with `#`, or with `--` and a blank. What stands in `/*! … */` is executed.
    mysql: bool,
    /// What stands in `/*M! … */` is executed.
    mariadb: bool,
    /// Comments can be nested, `$tag$` is a quote, and brackets are array indices.
    postgresql: bool,
    /// Brackets are quotes of names.
    brackets: bool,
}

impl Dialect {
    pub(super) const fn of(system: DatabaseSystem) -> Self {
        Self {
            mysql: matches!(system, DatabaseSystem::Mysql | DatabaseSystem::Mariadb),
            mariadb: matches!(system, DatabaseSystem::Mariadb),
            postgresql: matches!(system, DatabaseSystem::Postgresql),
            brackets: matches!(system, DatabaseSystem::Sqlite | DatabaseSystem::MicrosoftSqlServer),
        }
    }
}

/// An iterator over the tokens of a statement. It reads each byte once.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    text: &'s str,
    at: usize,
    dialect: Dialect,
    /// The position is inside a comment that is executed.
    executes: bool,
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        self.skip_blank();
        let byte = self.peek(0)?;
        Some(match byte {
            b'\'' => self.string(byte, self.dialect.mysql),
            b'"' | b'`' => self.quoted(byte),
            b'[' if self.dialect.brackets => self.quoted(b']'),
            b'$' if self.dialect.postgresql => self.dollar(),
            // A parameter in any spelling. A word after `:` or `@` is not a keyword.
            b'$' | b':' | b'@' | b'?' if self.peek(1).is_some_and(is_word) => {
                self.at += 1;
                self.word();
                Token::Value
            }
            b'0'..=b'9' => {
                self.word();
                Token::Value
            }
            _ if is_word(byte) => self.name(),
            _ => {
                self.at += 1;
                Token::Sign(byte)
            }
        })
    }
}

impl<'s> Lexer<'s> {
    pub(super) const fn new(text: &'s str, dialect: Dialect) -> Self {
        Self { text, at: 0, dialect, executes: false }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// Moves to the position right after the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        let rest = self.rest(self.at);
        self.at = rest.find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    /// Returns the text from `start` on. The character before `start` must have one byte.
    fn rest(&self, start: usize) -> &'s str {
        self.text.get(start..).unwrap_or_default()
    }

    fn skip_blank(&mut self) {
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'-', Some(b'-')) if self.is_line_comment() => self.skip_past("\n"),
                (b'#', _) if self.dialect.mysql => self.skip_past("\n"),
                (b'/', Some(b'*')) => self.skip_comment(),
                (b'*', Some(b'/')) if self.executes => (self.at, self.executes) = (self.at + 2, false),
                _ if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
                _ => return,
            }
        }
    }

    /// Returns `true` if `--` begins a comment. In MySQL `--1` is a double negation.
    fn is_line_comment(&self) -> bool {
        !self.dialect.mysql || self.peek(2).is_none_or(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
    }

    fn skip_comment(&mut self) {
        self.at += 2;
        if self.begins_executed() {
            self.executes = true;
            return;
        }
        if !self.dialect.postgresql {
            return self.skip_past("*/");
        }
        let mut depth = 1_usize;
        while depth > 0 {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (Some(b'*'), Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                (Some(_), _) => self.at += 1,
                (None, _) => return,
            }
        }
    }

    /// Moves past the `!` that begins an executed comment, and past the version of the server from which on it is executed. Returns
    /// whether there is one.
    fn begins_executed(&mut self) -> bool {
        let mark = match (self.peek(0), self.peek(1)) {
            (Some(b'!'), _) if self.dialect.mysql => 1,
            (Some(b'M'), Some(b'!')) if self.dialect.mariadb => 2,
            _ => return false,
        };
        self.at += mark;
        // A version has five or six digits.
        let digits = (0..6).take_while(|ahead| self.peek(*ahead).is_some_and(|byte| byte.is_ascii_digit())).count();
        self.at += if digits >= 5 { digits } else { 0 };
        true
    }

    /// Moves past the quote that ends the text that begins here, and returns the position of that quote. A doubled or
    /// escaped quote does not end the text.
    fn skip_quotes(&mut self, end: u8, escapes: bool) -> usize {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            let doubled = byte == end && self.peek(1) == Some(end);
            if doubled || (escapes && byte == b'\\') {
                self.at += 2;
            } else if byte == end {
                self.at += 1;
                return self.at - 1;
            } else {
                self.at += 1;
            }
        }
        // An escape as the last byte moves the position past the end of the text.
        self.at = self.text.len();
        self.at
    }

    fn string(&mut self, quote: u8, escapes: bool) -> Token<'s> {
        self.skip_quotes(quote, escapes);
        Token::Value
    }

    fn quoted(&mut self, end: u8) -> Token<'s> {
        let start = self.at + 1;
        let stop = self.skip_quotes(end, self.dialect.mysql && end == b'"');
        Token::Quoted(self.text.get(start..stop).unwrap_or_default())
    }

    /// Reads a parameter such as `$1`, or a quoted string such as `$tag$ … $tag$`.
    fn dollar(&mut self) -> Token<'s> {
        let start = self.at;
        self.at += 1;
        while self.peek(0).is_some_and(|byte| is_word(byte) && byte != b'$') {
            self.at += 1;
        }
        let is_parameter = self.text.as_bytes().get(start + 1).is_some_and(u8::is_ascii_digit);
        if !is_parameter && self.peek(0) == Some(b'$') {
            self.at += 1;
            let tag = self.text.get(start..self.at).unwrap_or("$$");
            self.skip_past(tag);
        }
        Token::Value
    }

    fn word(&mut self) -> &'s str {
        let start = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn name(&mut self) -> Token<'s> {
        let word = self.word();
        // In PostgreSQL, `\` is an escape only in strings with the prefix `e`.
        if self.dialect.postgresql && word.eq_ignore_ascii_case("e") && self.peek(0) == Some(b'\'') {
            return self.string(b'\'', true);
        }
        Token::Word(word)
    }
}

/// Returns `true` if a byte is part of a word. Every byte of a non-ASCII character is.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, system: DatabaseSystem) -> Vec<&str> {
        let tokens = Lexer::new(text, Dialect::of(system));
        tokens
            .filter_map(|token| if let Token::Word(word) | Token::Quoted(word) = token { Some(word) } else { None })
            .collect()
    }

    #[test]
    fn what_stands_in_strings_and_comments_is_no_word() {
        for (text, system, expected) in [
            ("a 'x''y' b", DatabaseSystem::Sqlite, &["a", "b"][..]),
            ("a -- x\n b /* y */ c", DatabaseSystem::Sqlite, &["a", "b", "c"]),
            ("a /* x /* y */ z */ b", DatabaseSystem::Postgresql, &["a", "b"]),
            ("a /* x /* y */ b", DatabaseSystem::Sqlite, &["a", "b"]),
            (r"a 'x\'y' b", DatabaseSystem::Mysql, &["a", "b"]),
            (r"a 'x\' b", DatabaseSystem::Postgresql, &["a", "b"]),
            (r"a e'x\'y' b", DatabaseSystem::Postgresql, &["a", "b"]),
            ("a # x\n b --1 -- y", DatabaseSystem::Mysql, &["a", "b"]),
            ("a # b", DatabaseSystem::Postgresql, &["a", "b"]),
            (
                "a /*!50110 b */ c /*! d */ /*! '*/' e /* x */ */ f",
                DatabaseSystem::Mysql,
                &["a", "b", "c", "d", "e", "f"],
            ),
            ("a /*!999999b */ /*M! x */ /*+ y */", DatabaseSystem::Mysql, &["a", "b"]),
            ("a /*M!100100 b */ /*m! x */", DatabaseSystem::Mariadb, &["a", "b"]),
            ("a /*! x */ b", DatabaseSystem::Postgresql, &["a", "b"]),
            ("a $$x 'y$$ b $q$x $$ $q$ c", DatabaseSystem::Postgresql, &["a", "b", "c"]),
            ("a $1 b$c$ d", DatabaseSystem::Postgresql, &["a", "b$c$", "d"]),
            ("a :from b::text @into ?2 c", DatabaseSystem::Postgresql, &["a", "b", "c"]),
            ("[a b] \"c\" `d`", DatabaseSystem::Sqlite, &["a b", "c", "d"]),
            ("a[1] b", DatabaseSystem::Postgresql, &["a", "b"]),
            ("größe 1e5 0xff", DatabaseSystem::Sqlite, &["größe"]),
        ] {
            assert_eq!(words(text, system), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_reaches_to_the_end() {
        for text in ["'x", "\"x", "/* x", "$$x", "$q$x$$", "-- x", r"'x\", "[x", "`x", "'", "$", "$q$"] {
            for system in [DatabaseSystem::Postgresql, DatabaseSystem::Mysql, DatabaseSystem::Sqlite] {
                let found = Lexer::new(&format!("a {text}"), Dialect::of(system)).count();
                assert!((1..=6).contains(&found), "{text}: {found}");
            }
        }
    }
}
