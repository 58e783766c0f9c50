//! The commands `mme-metrics completions` and `mme-metrics man`.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::outcome::Outcome;

#[derive(Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// The command that the page is about, such as `assets export` [default: the page of mme-metrics]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Completions {
    /// Returns the script that completes `command`.
    pub(crate) fn run(&self, command: &mut Command) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "mme-metrics", &mut script);
        Outcome::success(String::from_utf8_lossy(&script))
    }
}

impl Man {
    /// Returns the page of `command`, or of one of its commands.
    pub(crate) fn run(&self, command: Command) -> Result<Outcome, String> {
        let mut found = command;
        for word in &self.command {
            let inner = found.find_subcommand(word).cloned();
            found = inner.ok_or_else(|| format!("unknown command {word:?}: see `mme-metrics help`"))?;
        }
        let words: Vec<_> = ["mme-metrics"].into_iter().chain(self.command.iter().map(String::as_str)).collect();
        let page = found.name(words.join("-")).version(env!("CARGO_PKG_VERSION"));
        let mut text = Vec::new();
        clap_mangen::Man::new(page).render(&mut text).map_err(|error| error.to_string())?;
        Ok(Outcome::success(String::from_utf8_lossy(&text)))
    }
}
