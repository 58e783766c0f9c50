//! The command line tool `mme-metrics`: commands to run beside a service, from a shell or a cron job.

mod prometheus;
mod report;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Commands to run beside a service that mme-metrics measures.
#[derive(Parser)]
#[command(name = "mme-metrics", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Write a report of spike traces (see `report daily --help`).
    #[command(subcommand, arg_required_else_help = true)]
    Report(report::Report),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        None => Ok(Arguments::command().render_help().to_string()),
        Some(Command::Report(report)) => report.run(),
    };
    match result {
        Ok(text) => {
            // Errors are ignored, because the reader may have closed the pipe.
            let mut out = io::stdout().lock();
            let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("mme-metrics: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
