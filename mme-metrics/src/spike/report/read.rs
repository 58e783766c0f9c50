//! Reads trace files line by line and tolerates other content.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::spike::day::Day;
use crate::spike::journal::Name;
use crate::spike::trace::{MAX_LINE_BYTES, Trace};

/// Lists the files of a day in the order in which they were written.
pub(super) fn files(directory: &Path, day: Day) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_str().and_then(Name::of);
        files.extend(name.filter(|name| name.is_of(day)).map(|name| (name, entry.path())));
    }
    files.sort_unstable();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// A line of a trace file.
#[allow(clippy::large_enum_variant, reason = "one lives at a time")]
pub(super) enum Line {
    Trace(Trace),
    Unreadable,
}

/// Reads one file line by line.
pub(super) struct Reader {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Reader {
    /// Opens a regular file; refuses links, pipes and devices.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let file = options.open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other(format!("{} is not a regular file", path.display())));
        }
        Ok(Self { file: BufReader::new(file), line: Vec::new() })
    }

    /// Returns the next line that is not empty, if any.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut is_long = false;
            loop {
                self.line.clear();
                let most = MAX_LINE_BYTES as u64 + 1;
                let read = (&mut self.file).take(most).read_until(b'\n', &mut self.line)?;
                // A line that is too long for a trace is skipped in parts.
                if read == 0 || self.line.ends_with(b"\n") || read < MAX_LINE_BYTES {
                    break;
                }
                is_long = true;
            }
            if self.line.is_empty() && !is_long {
                return Ok(None);
            }
            if is_long {
                return Ok(Some(Line::Unreadable));
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(serde_json::from_slice(&self.line).map_or(Line::Unreadable, Line::Trace)));
            }
        }
    }
}
