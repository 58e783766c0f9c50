//! What a stack remembers: how it was started.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::options::NativeOptions;
use super::place::Place;
use super::server::Server;
use crate::disk::{self, cannot};

/// The file in the directory of the stack.
const NAME: &str = "stack.json";

/// Largest file that is read.
const LARGEST: u64 = 1 << 20;

/// How a stack was started.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub(super) enum Settings {
    Compose {
        /// The program, such as `docker compose`.
        program: String,
    },
    Native {
        options: NativeOptions,
        servers: Vec<Server>,
    },
}

impl Settings {
    /// Reads what `up` wrote, if the stack was not stopped since.
    pub(super) fn read(place: &Place) -> Result<Option<Self>, String> {
        let path = place.path(NAME);
        let text = match disk::read(&path, LARGEST) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(cannot("read", &path))?.unwrap_or_default(),
        };
        let invalid = |error| format!("{} is not what `stack up` writes ({error}): remove it", path.display());
        serde_json::from_slice(&text).map(Some).map_err(invalid)
    }

    pub(super) fn write(&self, place: &Place) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| format!("an option is not a text: {error}"))?;
        disk::replace(&place.path(NAME), (text + "\n").as_bytes())
    }

    pub(super) fn remove(place: &Place) -> Result<(), String> {
        let path = place.path(NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}
