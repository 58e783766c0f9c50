//! Reads over HTTP, bounded in bytes and time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use ureq::config::ConfigBuilder;
use ureq::typestate::AgentScope;

use crate::address::{clean, has_valid_port, without_secrets};
use crate::disk;

/// Largest answer that is read.
const LARGEST: u64 = 64 << 20;

/// Largest file with a token.
const LARGEST_TOKEN: u64 = 64 << 10;

/// How requests authenticate, and how long they may take. A token is read from a file, because other users of the machine
/// see the arguments of a command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Access {
    /// Send the token in this file as `Authorization: Bearer`.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Give up a request after this many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

/// Sends requests.
#[derive(Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    authorization: Option<String>,
    /// The option that names a file with a token, if the command has one.
    token_option: Option<&'static str>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Access {
    pub(crate) fn client(&self) -> Result<Client, String> {
        self.client_with("--token-file", self.token_file.as_deref())
    }

    /// Returns a client with the token of another option, or without one.
    pub(crate) fn client_with(&self, option: &'static str, token_file: Option<&Path>) -> Result<Client, String> {
        let mut client = Client::new(Duration::from_secs(self.timeout));
        client.authorization = token_file.map(authorization).transpose()?;
        client.token_option = Some(option);
        Ok(client)
    }
}

/// Reads a token, and returns the header that sends it.
fn authorization(path: &Path) -> Result<String, String> {
    let bytes = disk::read(path, LARGEST_TOKEN).map_err(disk::cannot("read the token in", path))?;
    let bytes = bytes.ok_or_else(|| format!("{} is too large for a token", path.display()))?;
    let token = String::from_utf8_lossy(&bytes);
    let token = token.trim();
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("{} has no token: write one line of printable ASCII", path.display()));
    }
    Ok(format!("Bearer {token}"))
}

fn config(timeout: Duration) -> ConfigBuilder<AgentScope> {
    // A redirect could take the token to another host.
    ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
}

impl Client {
    /// Creates a client that sends no token.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { agent: config(timeout).build().into(), authorization: None, token_option: None }
    }

    /// Creates a client for servers of this machine, which no proxy reaches.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_this_machine(timeout: Duration) -> Self {
        Self { agent: config(timeout).proxy(None).build().into(), authorization: None, token_option: None }
    }

    /// Sends a GET request, and returns the answer whatever its status.
    pub(crate) fn get(&self, url: &str, query: &[(&str, &str)]) -> Result<Answer, String> {
        valid(url)?;
        let mut request = self.agent.get(url).query_pairs(query.iter().copied());
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        read(url, request.call())
    }

    /// Sends a POST request without a body, and returns the answer whatever its status.
    pub(crate) fn post(&self, url: &str) -> Result<Answer, String> {
        valid(url)?;
        let mut request = self.agent.post(url);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        read(url, request.send_empty())
    }

    /// Sends a GET request that has to succeed.
    pub(crate) fn text(&self, url: &str, query: &[(&str, &str)]) -> Result<String, String> {
        let answer = self.get(url, query)?;
        if answer.status == 200 {
            return Ok(answer.text);
        }
        Err(self.refusal(url, answer.status))
    }

    /// Says that a server answers with a status that is none of success.
    pub(crate) fn refusal(&self, url: &str, status: u16) -> String {
        let hint = match (status, self.token_option) {
            (401 | 403, Some(option)) => format!(": name a file with a token by {option}"),
            (401 | 403, None) => ": this command sends no token, so let it read without one".to_owned(),
            _ => String::new(),
        };
        format!("{} answers with status {status}{hint}", without_secrets(url))
    }
}

/// Refuses a URL that ureq would read in another way than it was meant.
fn valid(url: &str) -> Result<(), String> {
    if has_valid_port(url) {
        return Ok(());
    }
    Err(format!("cannot read {}: {}", without_secrets(url), no_address(url)))
}

fn no_address(url: &str) -> String {
    let password = if url.contains('@') {
        "; in a password, write %2F for `/`, %3F for `?`, %23 for `#` and %40 for `@`"
    } else {
        ""
    };
    format!("this is not an address such as http://127.0.0.1:9090{password}")
}

/// Reads an answer.
fn read(url: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let failed = |error: ureq::Error| format!("cannot read {}: {}", without_secrets(url), reason(url, &error));
    let mut answer = answer.map_err(failed)?;
    let text = answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(failed)?;
    let text = String::from_utf8(text).map_err(|_| format!("{} does not answer in UTF-8", without_secrets(url)))?;
    Ok(Answer { status: answer.status().as_u16(), text })
}

/// Returns the reason of a failure without the URL, which may have a secret in it.
fn reason(url: &str, error: &ureq::Error) -> String {
    match error {
        ureq::Error::BodyExceedsLimit(limit) => format!("the answer is larger than {} MiB", limit >> 20),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => no_address(url),
        ureq::Error::RequireHttpsOnly(_) | ureq::Error::TlsRequired => {
            "this build has no TLS: go through http on this machine".to_owned()
        }
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => {
            format!("{error}: see whether it runs there, or correct the address")
        }
        error => clean(&error.to_string()),
    }
}
