//! What a command says while it works, on standard error: coloured on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use crate::address::clean;

/// How a step ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    Good,
    Open,
    Bad,
}

/// Says something.
pub(super) fn say(text: &str) {
    // Progress is no result: what cannot be written is left out.
    let _ = writeln!(io::stderr(), "{}", clean(text));
}

/// Says how far a server is.
pub(super) fn step(mark: Mark, server: &str, text: &str) {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let code = match mark {
        Mark::Good => "32",
        Mark::Open => "33",
        Mark::Bad => "31",
    };
    let text = clean(text);
    let text = if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text };
    // As above.
    let _ = writeln!(io::stderr(), "{server:<13} {text}");
}
