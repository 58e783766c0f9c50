//! Writes the bundled files to disk.

use std::path::{Path, PathBuf};
use std::{error, fmt, fs, io};

use super::{AssetFile, FILES};

/// The error of writing a bundled file.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssetWriteError {
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for AssetWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: choose a directory that this user may write to", self.path.display())
    }
}

impl error::Error for AssetWriteError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Writes every bundled file below `dir`. It creates directories and replaces existing files.
///
/// # Errors
///
/// Returns the first path that could not be written. The files before it are written.
pub fn write_to(dir: impl AsRef<Path>) -> Result<(), AssetWriteError> {
    write_files(FILES, dir.as_ref())
}

/// Writes `files` below `dir`.
pub(super) fn write_files(files: &[AssetFile], dir: &Path) -> Result<(), AssetWriteError> {
    for file in files {
        let path = dir.join(file.path());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, file.text())).map_err(|source| AssetWriteError { path, source })?;
    }
    Ok(())
}
