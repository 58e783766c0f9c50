//! The logs of a native stack.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use super::launcher;
use crate::address::clean;
use crate::disk::cannot;
use crate::outcome::Outcome;
use crate::stack::place::Place;
use crate::stack::server::ServerKind;

/// How often a log that is followed is read.
const GLANCE: Duration = Duration::from_millis(200);

/// Longest line that is printed whole.
const LONGEST: u64 = 64 << 10;

/// Bytes and lines of the end of a log, for an error.
const LAST: (u64, usize) = (4096, 5);

/// Prints the log of a server, or of every one, and what is added from then on if it is followed.
pub(in crate::stack) fn logs(place: &Place, name: Option<&str>, follow: bool) -> Result<Outcome, String> {
    let kinds = match name {
        Some(name) => vec![ServerKind::named(name)?],
        None => ServerKind::ALL.into(),
    };
    let mut logs = Vec::new();
    for kind in kinds {
        let path = launcher::log(place, kind);
        match File::open(&path) {
            Ok(file) => logs.push((kind, BufReader::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && name.is_none() => {}
            Err(error) => return Err(cannot("read", &path)(error)),
        }
    }
    let is_one = name.is_some();
    loop {
        for (kind, log) in &mut logs {
            let prefix = if is_one { String::new() } else { format!("{:<13} ", kind.name()) };
            match copy(log, &prefix) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Outcome::success("")),
                copied => copied.map_err(|error| format!("cannot print the log of {}: {error}", kind.name()))?,
            }
        }
        if !follow {
            return Ok(Outcome::success(""));
        }
        std::thread::sleep(GLANCE);
    }
}

/// Prints the lines that are there. A line without an end is printed when it has one.
fn copy(log: &mut BufReader<File>, prefix: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    loop {
        let mut line = Vec::new();
        let length = log.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if length == 0 {
            return out.flush();
        }
        if line.last() != Some(&b'\n') && (length as u64) < LONGEST {
            log.seek_relative(-i64::try_from(length).unwrap_or(0))?;
            return out.flush();
        }
        // What a server logs may be the text of a stranger.
        writeln!(out, "{prefix}{}", clean(String::from_utf8_lossy(&line).trim_end()))?;
    }
}

/// Returns the last lines of a log.
pub(super) fn last(path: &Path) -> String {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LAST.0)))?;
        file.take(LAST.0).read_to_end(&mut text)
    });
    if let Err(error) = read {
        return cannot("read", path)(error);
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().map(clean).collect();
    lines[lines.len().saturating_sub(LAST.1)..].iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
