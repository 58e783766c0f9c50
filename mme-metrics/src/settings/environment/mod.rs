//! Reads the environment variables.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::error::SettingsError;
use super::value::{Entries, Setting, Settings};
use super::{file, list, token};
use crate::suggestion::closest;

/// Every variable begins so.
const PREFIX: &str = "MME_METRICS_";

const FILE: &str = "MME_METRICS_FILE";
const DISABLED_FAMILIES: &str = "MME_METRICS_DISABLED_FAMILIES";
const DISABLED_METRICS: &str = "MME_METRICS_DISABLED_METRICS";
const BUCKETS: &str = "MME_METRICS_BUCKETS";
const FAMILY_BUDGETS: &str = "MME_METRICS_FAMILY_BUDGETS";
const PROCESS_BUDGET: &str = "MME_METRICS_PROCESS_BUDGET";
const HISTOGRAM_FORMS: &str = "MME_METRICS_HISTOGRAM_FORMS";
const LABELS: &str = "MME_METRICS_LABELS";
const LISTENER_ADDRESS: &str = "MME_METRICS_LISTENER_ADDRESS";
const LISTENER_TOKEN_FILE: &str = "MME_METRICS_LISTENER_TOKEN_FILE";

const VARIABLES: [&str; 10] = [
    FILE,
    DISABLED_FAMILIES,
    DISABLED_METRICS,
    BUCKETS,
    FAMILY_BUDGETS,
    PROCESS_BUDGET,
    HISTOGRAM_FORMS,
    LABELS,
    LISTENER_ADDRESS,
    LISTENER_TOKEN_FILE,
];

impl Settings {
    /// Reads the file that `MME_METRICS_FILE` names, if it is set, and then the variables, which win.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or when it or a variable has something that is unknown or cannot be used. The names of families
    /// and metrics, and the file of the token, are checked when the recorder is built.
    pub fn from_env() -> Result<Self, SettingsError> {
        read(std::env::vars_os())
    }
}

/// Reads the file and the variables among `all`.
fn read(all: impl Iterator<Item = (OsString, OsString)>) -> Result<Settings, SettingsError> {
    let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
    let mut set: Vec<(String, OsString)> = all
        .filter(|(name, value)| begins(name) && !is_service_link(&name.to_string_lossy(), value))
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .collect();
    // For the same error at each start.
    set.sort();
    if let Some((name, _)) = set.iter().find(|(name, _)| !VARIABLES.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    set.retain(|(_, value)| !value.is_empty());
    let value = |wanted: &str| set.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let mut settings = match value(FILE) {
        Some(path) => of_file(Path::new(path))?,
        None => Settings::default(),
    };
    for (name, value) in &set {
        // A path need not be UTF-8.
        if name == LISTENER_TOKEN_FILE {
            settings.listener_token_file = Some(Setting::new(PathBuf::from(value), quoted(name)));
        } else if name != FILE {
            let value = value.to_str().ok_or_else(|| SettingsError::invalid(&quoted(name), "write it in UTF-8"))?;
            apply(&mut settings, name, value.trim())?;
        }
    }
    Ok(settings)
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn of_file(path: &Path) -> Result<Settings, SettingsError> {
    let text = token::text(path).map_err(|reason| SettingsError::Unreadable {
        place: quoted(FILE),
        reason: format!("{}: {reason}", path.display()),
    })?;
    file::read(&text, &path.display().to_string())
}

fn unknown(name: &str) -> SettingsError {
    // Without what all begin with, because that alone would make them alike.
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let meant = closest(rest, VARIABLES.iter().filter_map(|known| known.strip_prefix(PREFIX)));
    let meant = meant.map(|meant| format!("{PREFIX}{meant}"));
    let otherwise = format!("use one of {}, or unset it", VARIABLES.join(", "));
    SettingsError::unknown("the environment", "variable", name, meant.as_deref(), &otherwise)
}

/// Says whether Kubernetes has made a variable for a Service whose name begins like ours, such as `mme-metrics`, in each pod of its
/// namespace: <https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables>.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
    let is_port = |rest: &str| {
        let (number, rest) = rest.split_once('_').unwrap_or_default();
        let protocol = rest.split('_').next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && PROTOCOLS.contains(&protocol)
    };
    let is_url = || value.to_str().is_some_and(|value| value.contains("://"));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.match_indices("_PORT_").any(|(at, mark)| is_port(&name[at + mark.len()..]))
        || name.ends_with("_PORT") && is_url()
}

/// Takes one variable over.
fn apply(settings: &mut Settings, name: &str, value: &str) -> Result<(), SettingsError> {
    let place = &*quoted(name);
    let budget = |text: &str| text.trim().parse().map_err(|_| SettingsError::invalid(place, list::BUDGET));
    match name {
        DISABLED_FAMILIES => settings.disabled_families = names(value, place),
        DISABLED_METRICS => settings.disabled_metrics = names(value, place),
        BUCKETS => {
            let read = |text: &str| {
                let bounds = text.split(',').map(|bound| bound.trim().parse().ok()).collect();
                list::bounds(bounds, place)
            };
            settings.buckets.extend(entries(value, place, (';', "metric=0.1,1;other=1,2"), read)?);
        }
        FAMILY_BUDGETS => settings.family_budgets.extend(entries(value, place, (',', "http=500,other=20"), budget)?),
        PROCESS_BUDGET => settings.process_budget = Some(Setting::new(budget(value)?, place)),
        HISTOGRAM_FORMS => {
            let read = |text: &str| list::form(Some(text), place);
            settings.histogram_forms.extend(entries(value, place, (',', "*=both,metric=native"), read)?);
        }
        LABELS => {
            let read = |text: &str| Ok(text.to_owned());
            settings.labels.extend(entries(value, place, (',', "env=prod,team=search"), read)?);
        }
        LISTENER_ADDRESS => {
            settings.listener_address = Some(Setting::new(list::address(Some(value), place)?, place));
        }
        _ => return Err(unknown(name)),
    }
    Ok(())
}

fn names(text: &str, place: &str) -> Vec<Setting<String>> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| Setting::new(name.to_owned(), place)).collect()
}

/// Reads `name=value` several times. `form` is what stands between them, and an example.
fn entries<T>(
    text: &str,
    place: &str,
    (separator, example): (char, &str),
    read: impl Fn(&str) -> Result<T, SettingsError>,
) -> Result<Entries<T>, SettingsError> {
    let mut entries = Entries::new();
    for entry in text.split(separator).map(str::trim).filter(|entry| !entry.is_empty()) {
        let (name, value) = entry
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| SettingsError::invalid(place, format!("write it like {example}")))?;
        list::insert(&mut entries, name.trim(), read(value.trim())?, place)?;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
