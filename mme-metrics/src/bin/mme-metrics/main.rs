//! The command line tool `mme-metrics`: commands to run beside a service, from a shell or a cron job.

mod address;
mod assets;
mod backup;
mod cardinality;
mod catalog;
mod disk;
mod exposition;
mod fetch;
mod hash;
mod lint;
mod manual;
mod outcome;
mod output;
mod prometheus;
mod report;
mod stack;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use self::outcome::Outcome;

/// Commands to run beside a service that mme-metrics measures.
///
/// The exit code is 0 if all is well, 1 if a check found something, and 2 if a command could not be run, nothing was checked, or
/// the output could not be written.
#[derive(Parser)]
#[command(name = "mme-metrics", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Write, check and reduce rules, alerts, runbooks and dashboards.
    #[command(subcommand, arg_required_else_help = true)]
    Assets(assets::Assets),
    /// List the metrics of this crate.
    Catalog(catalog::Catalog),
    /// Find what is wrong with a `/metrics` page.
    Lint(lint::Lint),
    /// Find the metrics and labels of a `/metrics` page that cost most.
    Cardinality(cardinality::Cardinality),
    /// Verify that a monitoring stack works: targets, rules, panels, alerts and notifications.
    Verify(Box<verify::Verify>),
    /// Run Prometheus, Alertmanager and exporters with the bundled files.
    #[command(subcommand, arg_required_else_help = true)]
    Stack(Box<stack::Stack>),
    /// Back up the data of Prometheus, and restore it.
    #[command(subcommand, arg_required_else_help = true)]
    Backup(backup::Backup),
    /// Write a report of spike traces (see `report daily --help`).
    #[command(subcommand, arg_required_else_help = true)]
    Report(report::Report),
    /// Print the script with which a shell completes this command.
    Completions(manual::Completions),
    /// Print a manual page, for `man -l -`.
    Man(manual::Man),
}

fn main() -> ExitCode {
    // A command of its own, so that no help, manual page or completion has it.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == stack::PROCESS) {
        let process = stack::StackProcess::parse_from(std::env::args_os().skip(1));
        return end(process.run(), 2);
    }
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => return output::explain(&error),
    };
    let (result, failure) = match command {
        None => (Ok(Outcome::success(Arguments::command().render_help().to_string())), 2),
        Some(Command::Assets(assets)) => (assets.run(), 2),
        Some(Command::Catalog(catalog)) => (Ok(catalog.run()), 2),
        Some(Command::Lint(lint)) => (lint.run(), 2),
        Some(Command::Cardinality(cardinality)) => (cardinality.run(), 2),
        Some(Command::Verify(verify)) => (verify.run(), 2),
        Some(Command::Completions(completions)) => (Ok(completions.run(&mut Arguments::command())), 2),
        Some(Command::Man(man)) => (man.run(Arguments::command()), 2),
        Some(Command::Stack(stack)) => (stack.run(), 2),
        Some(Command::Backup(backup)) => (backup.run(), 2),
        // It finds nothing, so 1 is free to say that it failed, as it always did.
        Some(Command::Report(report)) => (report.run().map(Outcome::success), 1),
    };
    end(result, failure)
}

/// Prints the result of a command, and returns its exit code.
fn end(result: Result<Outcome, String>, failure: u8) -> ExitCode {
    let printed = result.and_then(|Outcome { text, code }| output::print(&text).map(|()| code));
    match printed {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::complain(&error);
            ExitCode::from(failure)
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
