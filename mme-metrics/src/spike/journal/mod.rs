//! The files: one for each day, for their owner alone, and never more than so many.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::day::Day;
use super::sampler::Sampler;
use super::trace::MAX_LINE_BYTES;

/// Most files of one day.
const MAX_FILES_A_DAY: u32 = 100_000;

/// Processes that write to one directory at most.
const MAX_WRITERS: usize = 64;

/// What is appended to, and what may be deleted.
#[derive(Debug)]
pub(super) struct Journal {
    directory: PathBuf,
    days: u64,
    file_bytes: u64,
    total_bytes: u64,
    open: Option<Open>,
}

/// The file that is written now; nobody else has it open for writing.
#[derive(Debug)]
struct Open {
    name: Name,
    file: File,
    bytes: u64,
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
        // Whatever is spelled otherwise is somebody else's.
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
    pub(super) fn new(directory: &Path, sampler: &Sampler) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
        let Sampler { days, file_bytes, total_bytes, .. } = *sampler;
        Ok(Self { directory: directory.to_owned(), days, file_bytes, total_bytes, open: None })
    }

    /// Appends a line to the file of its day; whole, or not at all.
    pub(super) fn write(&mut self, line: &[u8], now: SystemTime) -> io::Result<()> {
        let today = Day::of(now);
        let length = line.len() as u64;
        let fits = |open: &Open| open.name.day == today && (open.bytes == 0 || open.bytes + length <= self.file_bytes);
        if !self.open.as_ref().is_some_and(fits) {
            // Closed first, so that its lock is free if it is the right one after all.
            self.open = None;
            self.open = Some(self.open_for(today, length)?);
            self.delete_old(today);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        match open.file.write_all(line) {
            Ok(()) => {
                open.bytes += length;
                Ok(())
            }
            Err(error) => {
                // What came through of it would tear the next line; without that, opening it again heals it.
                let _ = open.file.set_len(open.bytes);
                self.open = None;
                Err(error)
            }
        }
    }

    /// Opens the first file of the day that has room and that no other process writes.
    fn open_for(&self, day: Day, length: u64) -> io::Result<Open> {
        // From the last one on: those before it are full, or were.
        let last = self.files().filter(|(name, ..)| name.day == day).map(|(name, ..)| name.number).max().unwrap_or(1);
        for number in (last..=MAX_FILES_A_DAY).take(MAX_WRITERS) {
            let name = Name { day, number };
            let file = open(&self.directory.join(name.text()))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => continue,
                // On a file system without locks one process writes.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            let bytes = heal(&file)?;
            if bytes == 0 || bytes + length <= self.file_bytes {
                return Ok(Open { name, file, bytes });
            }
        }
        Err(io::Error::other("there are too many files of this day"))
    }

    /// Deletes what is older than it may be, and the oldest of what is too much; never the file that is open.
    fn delete_old(&self, today: Day) {
        let is_open = |name: Name| self.open.as_ref().is_some_and(|open| open.name == name);
        let mut files: Vec<_> = self.files().filter(|(name, ..)| !is_open(*name)).collect();
        files.sort_unstable_by_key(|(name, ..)| *name);
        let oldest = today.before(self.days);
        let open_bytes = self.open.as_ref().map_or(0, |open| open.bytes);
        let mut total = files.iter().map(|(_, bytes, _)| bytes).sum::<u64>() + open_bytes;
        for (name, bytes, path) in files {
            // What cannot be deleted now is tried again with the next file.
            if (name.day < oldest || total > self.total_bytes) && fs::remove_file(path).is_ok() {
                total -= bytes;
            }
        }
    }

    /// Lists the files that are there, with their sizes.
    fn files(&self) -> impl Iterator<Item = (Name, u64, PathBuf)> + use<> {
        fs::read_dir(&self.directory).into_iter().flatten().flatten().filter_map(|entry| {
            let name = Name::of(entry.file_name().to_str()?)?;
            // Of the link itself: one is nobody's trace.
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((name, metadata.len(), entry.path()))
        })
    }
}

/// Opens a file to append to, for its owner alone. Refuses what is no plain file of one name: a link would write elsewhere.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without blocking, because opening a pipe waits for its reader.
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !is_plain(&metadata) {
        return Err(io::Error::other("it is no plain file"));
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

/// Cuts off a line that a process did not finish when it was killed. Returns how long the file is.
fn heal(file: &File) -> io::Result<u64> {
    let bytes = file.metadata()?.len();
    let from = bytes.saturating_sub(MAX_LINE_BYTES as u64);
    let tail = read_from(file, from)?;
    let whole = match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => from + at as u64 + 1,
        None if from == 0 => 0,
        None => return Err(io::Error::other("it holds something else than lines of traces")),
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
