//! The bundled files as an operator deploys them: addresses and secrets filled in, and time shortened.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use mme_metrics::asset::write_to;
use tempfile::TempDir;

use super::{Alertmanager, Inbox, Mailbox, StartTls};

/// How much faster than in production a group waits, is looked at and is repeated.
const HURRY: u32 = 60;

/// The files in a directory of their own, the stand-ins that they name, and what is read from them.
#[derive(Debug)]
pub struct Deployment {
    directory: TempDir,
    /// Takes what goes over HTTP.
    pub inbox: Inbox,
    /// Takes mail.
    pub mailbox: Mailbox,
}

/// Whether a test runs in business hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusinessHours {
    /// It does, whatever the clock says.
    Now,
    /// It does not.
    Later,
}

impl Deployment {
    /// Writes the bundled files, with everything that an operator has to fill in.
    ///
    /// # Panics
    ///
    /// When they cannot be written.
    pub fn new(hours: BusinessHours) -> Self {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        write_to(directory.path()).expect("a new directory can be written");
        let deployment = Self { directory, inbox: Inbox::open(), mailbox: Mailbox::open() };
        for name in ["alertmanager.yml", "alertmanager-0.34.yml"] {
            let path = deployment.folder().join(name);
            let text = fs::read_to_string(&path).expect("a bundled file was just written");
            let text = deployment.filled_in(&text, hours);
            deployment.write_secrets(&text);
            fs::write(path, text).expect("a file of ours can be written");
        }
        deployment
    }

    /// Starts the first configuration, alone.
    #[track_caller]
    pub fn start(&self) -> Alertmanager {
        Alertmanager::start(&self.configuration("alertmanager.yml"))
    }

    /// Starts the first configuration, alone, sending mail to `server` over STARTTLS as the bundled one does.
    ///
    /// # Panics
    ///
    /// When the configuration cannot be changed, or as [`Alertmanager::start`] does.
    #[track_caller]
    pub fn start_with_tls(&self, server: &StartTls, trusted: &Path) -> Alertmanager {
        let path = self.configuration("alertmanager.yml");
        let text = fs::read_to_string(&path).expect("the configuration was written");
        let plain = format!("smtp_smarthost: {}\n  smtp_require_tls: false\n", self.mailbox.address());
        assert!(text.contains(&plain), "{text}");
        fs::write(&path, text.replace(&plain, &format!("smtp_smarthost: {}\n", server.address())))
            .expect("a file of ours can be written");
        Alertmanager::start_trusting(&path, trusted)
    }

    /// Returns the path of a configuration.
    pub fn configuration(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn folder(&self) -> PathBuf {
        self.directory.path().join("alertmanager")
    }

    /// Leads every address to a stand-in, and every secret to a file in this directory.
    fn filled_in(&self, text: &str, hours: BusinessHours) -> String {
        let smtp = format!("smtp_smarthost: {}\n  smtp_require_tls: false", self.mailbox.address());
        let mut text = text
            .replace("smtp_smarthost: smtp.example.com:587", &smtp)
            .replace("/etc/alertmanager", &self.folder().display().to_string())
            .replace("https://events.pagerduty.com/v2/enqueue", &self.inbox.url_of("pagerduty"));
        for (host, path) in [
            ("watchdog", "ping"),
            ("siem", "api/security-alerts"),
            ("tickets", "api/alerts"),
            ("incidents", "api/alerts"),
        ] {
            let address = format!("https://{host}.example.com/{path}");
            assert!(text.contains(&address), "the configuration names {address} no more");
            text = text.replace(&address, &self.inbox.url_of(host));
        }
        let [start, end] = window(hours);
        let text = text
            .replace(
                r#"{start_time: "08:00", end_time: "18:00"}"#,
                &format!("{{start_time: '{start}', end_time: '{end}'}}"),
            )
            .replace("monday:friday", "sunday:saturday");
        text.lines().map(hurried).collect()
    }

    /// Writes a file for each secret that is named: an address for chats, a text for anything else.
    fn write_secrets(&self, text: &str) {
        let folder = self.folder().join("secrets");
        fs::create_dir_all(&folder).expect("a new directory can be made");
        let prefix = format!("{}/", folder.display());
        for rest in text.split(&prefix).skip(1) {
            let name: String = rest.chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '_').collect();
            let secret = match name.split_once("_webhook_") {
                Some((chat, channel)) => self.inbox.url_of(&format!("{chat}/{channel}")),
                None => format!("the contents of {name}"),
            };
            // Editors end a file with a line feed. It is no part of the secret, except for the mail client of 0.25.
            let end = if name == "smtp_password" { "" } else { "\n" };
            fs::write(folder.join(name), secret + end).expect("a new file can be written");
        }
    }
}

impl Inbox {
    fn url_of(&self, path: &str) -> String {
        format!("{}/{path}", self.url())
    }
}

/// Returns the beginning and the end of business hours, as the time of day in UTC.
fn window(hours: BusinessHours) -> [String; 2] {
    if hours == BusinessHours::Now {
        return ["00:00".to_owned(), "24:00".to_owned()];
    }
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs();
    // Half a day away, so that no test runs into it.
    let hour = (seconds / 3600 + 12) % 24;
    [format!("{hour:02}:00"), format!("{hour:02}:59")]
}

/// Shortens the durations of a route.
fn hurried(line: &str) -> String {
    let Some((key, value)) = line
        .split_once(": ")
        .filter(|(key, _)| matches!(key.trim_start(), "group_wait" | "group_interval" | "repeat_interval"))
    else {
        return format!("{line}\n");
    };
    let (number, unit) = value.split_at(value.len() - 1);
    let number: u32 = number.parse().unwrap_or_else(|_| panic!("a duration of one unit is expected, not {value}"));
    let seconds = match unit {
        "s" => number,
        "m" => number * 60,
        "h" => number * 3600,
        unit => panic!("a duration in s, m or h is expected, not in {unit}"),
    };
    format!("{key}: {}ms\n", seconds * 1000 / HURRY)
}
