//! Reads the TOML file.

use std::path::PathBuf;

use toml::{Table, Value};

use super::error::{self, SettingsError};
use super::list;
use super::value::{Entries, Setting, Settings};
use crate::suggestion::closest;

const KEYS: [&str; 8] = [
    "disabled_families",
    "disabled_metrics",
    "buckets",
    "budgets",
    "process_budget",
    "histogram_forms",
    "labels",
    "listener",
];

const LISTENER_KEYS: [&str; 2] = ["address", "token_file"];

impl Settings {
    /// Reads the text of a TOML file, and nothing else.
    ///
    /// ```
    /// use mme_metrics::settings::Settings;
    ///
    /// let settings = Settings::from_toml("[budgets]\nother = 500")?;
    /// assert_eq!(settings.to_string(), "budgets.other = 500");
    /// let error = Settings::from_toml("disabled_family = [\"grpc\"]").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `disabled_families`?"));
    /// # Ok::<(), mme_metrics::settings::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it is not TOML, or has something that is unknown or cannot be used.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        read(text, "the settings")
    }
}

/// Reads the text of a file; `file` names it in errors.
pub(super) fn read(text: &str, file: &str) -> Result<Settings, SettingsError> {
    // Windows' editors write this mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: Table = text.parse().map_err(|error| syntax(&error, text, file))?;
    let mut settings = Settings::default();
    for (key, value) in &table {
        let place = format!("`{key}` in {file}");
        match key.as_str() {
            "disabled_families" => settings.disabled_families = names(value, &place, "grpc")?,
            "disabled_metrics" => settings.disabled_metrics = names(value, &place, "my_requests_total")?,
            "buckets" => settings.buckets = entries(value, key, file, |it, place| list::bounds(numbers(it), place))?,
            "budgets" => settings.family_budgets = entries(value, key, file, budget)?,
            "process_budget" => settings.process_budget = Some(Setting::new(budget(value, &place)?, place)),
            "histogram_forms" => {
                settings.histogram_forms = entries(value, key, file, |it, place| list::form(it.as_str(), place))?;
            }
            "labels" => settings.labels = entries(value, key, file, text_of)?,
            "listener" => listener(&mut settings, value, file)?,
            _ => return Err(unknown_key(key, key, file, &KEYS)),
        }
    }
    Ok(settings)
}

/// Says where the text stops to be TOML. The parser's own report would show the line, which may have a secret.
fn syntax(error: &toml::de::Error, text: &str, file: &str) -> SettingsError {
    let end = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.get(..end).unwrap_or_default().matches('\n').count() + 1;
    let reason = error.message().lines().next().unwrap_or("unknown syntax").to_owned();
    SettingsError::Syntax { place: file.to_owned(), line, reason }
}

fn unknown_key(path: &str, key: &str, file: &str, keys: &[&str]) -> SettingsError {
    let otherwise = format!("use one of {}", keys.join(", "));
    SettingsError::unknown(file, "key", path, closest(key, keys.iter().copied()), &otherwise)
}

fn names(value: &Value, place: &str, example: &str) -> Result<Vec<Setting<String>>, SettingsError> {
    let name = |name: &Value| name.as_str().map(|name| Setting::new(name.to_owned(), place));
    let names = value.as_array().and_then(|list| list.iter().map(name).collect());
    names.ok_or_else(|| SettingsError::invalid(place, format!("give a list of names, such as [\"{example}\"]")))
}

/// Reads a table of values by name.
fn entries<T>(
    value: &Value,
    key: &str,
    file: &str,
    read: impl Fn(&Value, &str) -> Result<T, SettingsError>,
) -> Result<Entries<T>, SettingsError> {
    let mut entries = Entries::new();
    for (name, value) in table(value, key, file)? {
        let place = format!("`{key}.{}` in {file}", error::quoted(name));
        list::insert(&mut entries, name, read(value, &place)?, &place)?;
    }
    Ok(entries)
}

fn table<'v>(value: &'v Value, key: &str, file: &str) -> Result<&'v Table, SettingsError> {
    let wrong = || SettingsError::invalid(&format!("`{key}` in {file}"), format!("write a table: [{key}]"));
    value.as_table().ok_or_else(wrong)
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    let number = |value: &Value| match value {
        // A bound is far below the integers that a float rounds.
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    };
    value.as_array()?.iter().map(number).collect()
}

fn budget(value: &Value, place: &str) -> Result<usize, SettingsError> {
    let budget = value.as_integer().and_then(|number| usize::try_from(number).ok());
    budget.ok_or_else(|| SettingsError::invalid(place, list::BUDGET))
}

fn text_of(value: &Value, place: &str) -> Result<String, SettingsError> {
    value.as_str().map(str::to_owned).ok_or_else(|| SettingsError::invalid(place, "give a text in quotation marks"))
}

fn listener(settings: &mut Settings, value: &Value, file: &str) -> Result<(), SettingsError> {
    for (key, value) in table(value, "listener", file)? {
        let place = format!("`listener.{key}` in {file}");
        match key.as_str() {
            "address" => {
                settings.listener_address = Some(Setting::new(list::address(value.as_str(), &place)?, place));
            }
            "token_file" => {
                let path = value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from);
                let path = path.ok_or_else(|| SettingsError::invalid(&place, "give the path of a file"))?;
                settings.listener_token_file = Some(Setting::new(path, place));
            }
            _ => return Err(unknown_key(&format!("listener.{key}"), key, file, &LISTENER_KEYS)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
