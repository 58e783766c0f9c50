//! `mme-metrics`: what is done beside a service, from a shell or a cron job.

mod prometheus;
mod report;

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

const HELP: &str = "\
Does what is to be done beside a service that is measured.

Usage: mme-metrics <command> [options]

Commands:
  report daily   writes the report of a day's spike traces; `mme-metrics report daily --help` says more
";

/// What a command is to say when it was done, or how it is called.
enum Said {
    Done(String),
    Help(&'static str),
}

fn main() -> ExitCode {
    // What is no text becomes one that names no file, instead of a panic.
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = match &words[..] {
        ["report", "daily", options @ ..] => report::daily(options),
        [] | ["--help" | "-h" | "help"] => Ok(Said::Help(HELP)),
        _ => Err(Wrong::call(format!("`{}` is no command: see `mme-metrics --help`", words.join(" ")))),
    };
    match said {
        Ok(Said::Done(text)) => print(&format!("{text}\n")),
        Ok(Said::Help(text)) => print(text),
        Err(wrong) => {
            complain(&*wrong.error);
            return wrong.code;
        }
    }
    ExitCode::SUCCESS
}

/// Why a command was not done.
struct Wrong {
    error: Box<dyn Error>,
    code: ExitCode,
}

impl Wrong {
    /// It was called wrongly, which command lines answer with 2.
    fn call(text: String) -> Self {
        Self { error: text.into(), code: ExitCode::from(2) }
    }
}

impl<E: Into<Box<dyn Error>>> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self { error: error.into(), code: ExitCode::FAILURE }
    }
}

/// Writes to standard output, which may have been closed by whoever reads it.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Says what went wrong and why, innermost reason last.
fn complain(error: &dyn Error) {
    eprint!("mme-metrics: {error}");
    let mut source = error.source();
    while let Some(reason) = source {
        eprint!(": {reason}");
        source = reason.source();
    }
    eprintln!();
}
