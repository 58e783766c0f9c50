//! The token of the listener, which is read from a file each time that it is needed and kept nowhere.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::error::SettingsError;
use super::value::Settings;

/// Largest file that is read: far more than a token or the settings of any service.
const LARGEST: u64 = 1 << 20;

/// Reads a text file within a bound, so that `/dev/zero` is an error and not the end of the memory.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = |file: File| file.take(LARGEST + 1).read_to_end(&mut bytes);
    File::open(path).and_then(read).map_err(|error: io::Error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

impl Settings {
    /// Checks that a listener can be started with these settings.
    pub(crate) fn check_listener(&self) -> Result<(), SettingsError> {
        let places = self.listener_address.iter().map(|address| &address.place);
        let mut places = places.chain(self.listener_token_file.iter().map(|file| &file.place));
        let Some(place) = places.next() else { return Ok(()) };
        if cfg!(not(feature = "prometheus")) {
            let reason = "this service was built without the feature `prometheus`, so it has no listener: leave it out";
            return Err(SettingsError::invalid(place, reason));
        }
        if self.listener_address.is_none() {
            let reason = "there is no listener that would ask for the token: set an address too, or leave it out";
            return Err(SettingsError::invalid(place, reason));
        }
        self.listener_token().map(|_| ())
    }

    /// Reads the token that a scrape of the listener needs. No error has the path, which may be the token itself by mistake.
    pub(crate) fn listener_token(&self) -> Result<Option<String>, SettingsError> {
        let Some(file) = &self.listener_token_file else { return Ok(None) };
        let token =
            text(&file.value).map_err(|reason| SettingsError::Unreadable { place: file.place.clone(), reason })?;
        let token = token.trim();
        let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        let accepts = "write a token of visible ASCII characters into the file that it names";
        is_token.then(|| Some(token.to_owned())).ok_or_else(|| SettingsError::invalid(&file.place, accepts))
    }
}
