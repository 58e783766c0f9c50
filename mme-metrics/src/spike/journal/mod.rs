//! The files of traces: one or more for each day, readable by their owner only, and bounded in size and age.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::day::Day;
use super::retention::Retention;
use super::trace::MAX_LINE_BYTES;

/// Upper bound of the files of one day.
const MAX_FILES_A_DAY: u32 = 100_000;

/// Upper bound of the processes that write to one directory.
const MAX_WRITERS: usize = 64;

/// Appends to the file of the day, and deletes old files.
#[derive(Debug)]
pub(super) struct Journal {
    directory: PathBuf,
    retention: Retention,
    open: Option<OpenFile>,
    /// The time at which the journal began, by the wall clock.
    begun: SystemTime,
}

/// The file that is written now. A lock keeps other processes out of it.
#[derive(Debug)]
struct OpenFile {
    name: Name,
    file: File,
    bytes: u64,
}

impl OpenFile {
    /// Returns whether the path still leads to this file.
    fn is_at(&self, directory: &Path) -> bool {
        let there = fs::symlink_metadata(directory.join(self.name.text()));
        let here = self.file.metadata();
        there.is_ok_and(|there| here.is_ok_and(|here| is_same(&there, &here)))
    }
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// An open file cannot be replaced.
#[cfg(not(unix))]
fn is_same(one: &fs::Metadata, _: &fs::Metadata) -> bool {
    one.is_file()
}

/// The name of a file: its day, and which of that day it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    day: Day,
    number: u32,
}

impl Name {
    /// Reads `2026-08-01.jsonl` and `2026-08-01.2.jsonl`.
    pub(super) fn of(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".jsonl")?;
        let (day, number) = stem.split_once('.').unwrap_or((stem, "1"));
        let name_of = Self { day: day.parse().ok()?, number: number.parse().ok()? };
        // A file that is spelled differently is not ours.
        (name_of.text() == name).then_some(name_of)
    }

    fn text(self) -> String {
        let Self { day, number } = self;
        if number == 1 { format!("{day}.jsonl") } else { format!("{day}.{number}.jsonl") }
    }

    pub(super) fn is_of(self, day: Day) -> bool {
        self.day == day
    }
}

impl Journal {
    /// Creates the directory if it is missing. `begun` is the time by the wall clock.
    pub(super) fn new(directory: PathBuf, retention: Retention, begun: SystemTime) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        Ok(Self { directory, retention, open: None, begun })
    }

    /// Appends a line to the file of its day, either whole or not at all. `now` is the time by the wall clock, and `passed` the
    /// time since the journal began by a clock that nobody sets.
    ///
    /// A file that was deleted, moved or replaced since the last line is left, and another one is opened.
    pub(super) fn write(&mut self, line: &[u8], now: SystemTime, passed: Duration) -> io::Result<()> {
        let today = Day::of(now);
        let length = line.len() as u64;
        let fits = |open: &OpenFile| {
            open.name.day == today
                && (open.bytes == 0 || open.bytes + length <= self.retention.file_bytes)
                && open.is_at(&self.directory)
        };
        if !self.open.as_ref().is_some_and(fits) {
            // Closed first, which frees its lock, because it may be chosen again.
            self.open = None;
            self.open = Some(self.open_for(today, length)?);
            self.delete_old(self.reference(today, passed));
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        match open.file.write_all(line) {
            // The file may have gone in this moment, and the line with it.
            Ok(()) if !open.is_at(&self.directory) => {
                self.open = None;
                Err(io::Error::other("the file was removed while a line was written"))
            }
            Ok(()) => {
                open.bytes += length;
                Ok(())
            }
            Err(error) => {
                // A partial line would corrupt the next one. If this fails too, the next open repairs the file. A file that was
                // cut by another program does not grow again.
                let whole = open.file.metadata().map_or(open.bytes, |metadata| open.bytes.min(metadata.len()));
                let _ = open.file.set_len(whole);
                self.open = None;
                Err(error)
            }
        }
    }

    /// Returns the day from which the age of files is counted: today, but no later than the process has lived to see. If the wall
    /// clock jumps ahead, every file would be too old.
    fn reference(&self, today: Day, passed: Duration) -> Day {
        // Around midnight, a clock that was set by some minutes must not put off what is due.
        let lived = self.begun.checked_add(passed).and_then(|time| time.checked_add(Duration::from_hours(1)));
        lived.map_or(today, |lived| today.min(Day::of(lived)))
    }

    /// Opens the first file of the day that has room and that no other process writes.
    fn open_for(&self, day: Day, length: u64) -> io::Result<OpenFile> {
        // From the last one on, because those before it are full.
        let last = self.files().filter(|(name, ..)| name.day == day).map(|(name, ..)| name.number).max().unwrap_or(1);
        for number in (last..=MAX_FILES_A_DAY).take(MAX_WRITERS) {
            let name = Name { day, number };
            let file = open(&self.directory.join(name.text()))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => continue,
                // A file system without locks supports one process.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            let bytes = repair(&file)?;
            if bytes == 0 || bytes + length <= self.retention.file_bytes {
                return Ok(OpenFile { name, file, bytes });
            }
        }
        Err(io::Error::other("too many files of this day"))
    }

    /// Deletes files past their age on the day `today`, then the oldest until the rest fits; never the open file.
    fn delete_old(&self, today: Day) {
        let is_open = |name: Name| self.open.as_ref().is_some_and(|open| open.name == name);
        let mut files: Vec<_> = self.files().filter(|(name, ..)| !is_open(*name)).collect();
        files.sort_unstable_by_key(|(name, ..)| *name);
        let oldest = today.before(self.retention.days);
        let open_bytes = self.open.as_ref().map_or(0, |open| open.bytes);
        let mut total = files.iter().map(|(_, bytes, _)| bytes).sum::<u64>() + open_bytes;
        for (name, bytes, path) in files {
            // A file that cannot be deleted now is tried again when the next file is opened.
            if (name.day < oldest || total > self.retention.total_bytes) && fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
    }

    /// Lists the existing files with their sizes.
    fn files(&self) -> impl Iterator<Item = (Name, u64, PathBuf)> + use<> {
        fs::read_dir(&self.directory).into_iter().flatten().flatten().filter_map(|entry| {
            let name = Name::of(entry.file_name().to_str()?)?;
            // This is the metadata of a link itself, and a link is not a trace file.
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((name, metadata.len(), entry.path()))
        })
    }
}

/// Opens a file for appending, with access for its owner only. Refuses links, pipes and devices: they would write elsewhere.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Non-blocking, because opening a pipe would wait for its reader.
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !is_plain(&metadata) {
        return Err(io::Error::other("not a regular file with one name"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(file)
}

#[cfg(unix)]
pub(super) fn is_plain(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && std::os::unix::fs::MetadataExt::nlink(metadata) == 1
}

#[cfg(not(unix))]
pub(super) fn is_plain(metadata: &fs::Metadata) -> bool {
    metadata.is_file()
}

/// Cuts off an incomplete last line, which a killed process leaves. Returns the length of the file.
fn repair(file: &File) -> io::Result<u64> {
    let bytes = file.metadata()?.len();
    let from = bytes.saturating_sub(MAX_LINE_BYTES as u64);
    let tail = read_from(file, from)?;
    let whole = match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => from + at as u64 + 1,
        None if from == 0 => 0,
        None => return Err(io::Error::other("the file has other content than trace lines")),
    };
    if whole < bytes {
        file.set_len(whole)?;
    }
    Ok(whole)
}

fn read_from(mut file: &File, from: u64) -> io::Result<Vec<u8>> {
    use std::io::{Read as _, Seek as _, SeekFrom};

    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(MAX_LINE_BYTES as u64).read_to_end(&mut tail)?;
    Ok(tail)
}

#[cfg(test)]
mod tests;
