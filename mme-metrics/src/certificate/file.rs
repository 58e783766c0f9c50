//! Certificate files and directories, cached until they change.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::label::CertificateReadError;
use super::read::{ReadSummary, Which, content};

/// Maximum size of a file that is read. A bundle of all public certificate authorities is a fortieth of it.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Maximum number of bytes that one scan reads from a directory.
const MAX_DIRECTORY_BYTES: u64 = 64 << 20;

/// Maximum number of directory entries that a scan looks at.
const MAX_ENTRIES: usize = 10_000;

/// File name extensions of certificates.
const EXTENSIONS: [&str; 4] = ["pem", "crt", "cer", "der"];

/// Minimum age of a change before the file is cached. A younger file may change again and keep the same timestamp,
/// because the clocks of file systems tick every few milliseconds, some of them every two seconds.
const UNSETTLED: Duration = Duration::from_secs(2);

/// One file, and the cached result of reading it.
#[derive(Debug, Default)]
pub(super) struct WatchedFile {
    read: Option<(Stamp, ReadSummary)>,
}

impl WatchedFile {
    /// Returns the certificates of the file. It is read only if it changed since the last time.
    ///
    /// At most `allowance` bytes are read, and the number of bytes is subtracted from `allowance`.
    fn look(&mut self, path: &Path, which: Which, now: SystemTime, allowance: &mut u64) -> ReadSummary {
        self.try_look(path, which, now, allowance).unwrap_or_else(|error| {
            self.read = None;
            ReadSummary::failed(error)
        })
    }

    /// Does the work of [`look`](Self::look). On an error the caller clears the cache.
    fn try_look(
        &mut self,
        path: &Path,
        which: Which,
        now: SystemTime,
        allowance: &mut u64,
    ) -> Result<ReadSummary, CertificateReadError> {
        let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
        if let Some((stamp, summary)) = &self.read
            && *stamp == Stamp::of(&metadata)
        {
            return Ok(*summary);
        }
        // Opening a device can have effects of its own.
        if !metadata.is_file() {
            return Err(CertificateReadError::Unreadable);
        }
        let file = open(path).map_err(|error| reason(&error))?;
        // Ask the opened file, because the path may lead to another file by now.
        let metadata = file.metadata().map_err(|error| reason(&error))?;
        if !metadata.is_file() {
            return Err(CertificateReadError::Unreadable);
        }
        let summary = match metadata.len() {
            told if told > MAX_FILE_BYTES => ReadSummary::failed(CertificateReadError::TooLarge),
            // The allowance of this scan is used up. The error is not cached, so the next scan tries again.
            told if told > *allowance => return Err(CertificateReadError::TooLarge),
            _ => read(file, which, allowance)?,
        };
        self.read = Stamp::settled(&metadata, now).map(|stamp| (stamp, summary));
        Ok(summary)
    }
}

/// Opens a file for reading. This never waits, because the path may lead to a pipe or device by now, whose opening and reading would
/// stop the scrape.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

fn read(file: File, which: Which, allowance: &mut u64) -> Result<ReadSummary, CertificateReadError> {
    // The limit also holds for a file that grows while it is read, or that reports no length.
    let limit = MAX_FILE_BYTES.min(*allowance);
    let mut bytes = Vec::new();
    let length = file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))? as u64;
    *allowance -= length.min(*allowance);
    Ok(if length > limit { ReadSummary::failed(CertificateReadError::TooLarge) } else { content(&bytes, which) })
}

/// Returns the certificates of a file that is watched by itself, and not as part of a directory.
pub(super) fn look_at_file(file: &mut WatchedFile, path: &Path, which: Which) -> ReadSummary {
    let summary = file.look(path, which, SystemTime::now(), &mut MAX_FILE_BYTES.clone());
    if summary.is_empty() { ReadSummary::failed(CertificateReadError::Malformed) } else { summary }
}

/// The files of a directory that may hold certificates.
#[derive(Debug, Default)]
pub(super) struct WatchedDirectory {
    files: HashMap<OsString, WatchedFile>,
}

impl WatchedDirectory {
    /// Returns the certificates of all files that are in the directory now.
    pub(super) fn look(&mut self, path: &Path) -> ReadSummary {
        let mut summary = ReadSummary::default();
        let names = match names(path) {
            Ok(names) => names,
            Err(error) => {
                self.files.clear();
                return ReadSummary::failed(error);
            }
        };
        let (now, mut allowance) = (SystemTime::now(), MAX_DIRECTORY_BYTES);
        let mut before = std::mem::take(&mut self.files);
        for name in names {
            let mut file = before.remove(&name).unwrap_or_default();
            summary.add(file.look(&path.join(&name), Which::All, now, &mut allowance));
            self.files.insert(name, file);
        }
        if summary.is_empty() { ReadSummary::failed(CertificateReadError::Missing) } else { summary }
    }
}

/// Lists the names of the files that may hold certificates. Names that begin with a dot are skipped: there Kubernetes
/// keeps the versions of a mounted secret, and the other names are links to them.
fn names(directory: &Path) -> Result<Vec<OsString>, CertificateReadError> {
    let mut names = Vec::new();
    for (number, entry) in fs::read_dir(directory).map_err(|error| reason(&error))?.enumerate() {
        if number >= MAX_ENTRIES {
            return Err(CertificateReadError::TooLarge);
        }
        let entry = entry.map_err(|error| reason(&error))?;
        let (name, directory) = (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let extension = Path::new(&name).extension().unwrap_or_default();
        let hidden = name.as_encoded_bytes().first() == Some(&b'.');
        if !hidden && !directory && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            names.push(name);
        }
    }
    Ok(names)
}

fn reason(error: &io::Error) -> CertificateReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => CertificateReadError::Missing,
        io::ErrorKind::PermissionDenied => CertificateReadError::Denied,
        _ => CertificateReadError::Unreadable,
    }
}

/// The identity of one version of a file, from its metadata alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode number, and time of the last change of content or metadata (`ctime`). The kernel sets `ctime`, so
    /// no tool can turn it back.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Returns the stamp of a file with this metadata at `now`, or nothing if the file changed a moment before.
    fn settled(metadata: &Metadata, now: SystemTime) -> Option<Self> {
        let stamp = Self::of(metadata);
        let age = now.duration_since(stamp.changed()?).ok()?;
        (age > UNSETTLED).then_some(stamp)
    }

    #[cfg(unix)]
    fn changed(&self) -> Option<SystemTime> {
        let (_, _, seconds, nanoseconds) = self.identity;
        let since = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since)
    }

    #[cfg(not(unix))]
    fn changed(&self) -> Option<SystemTime> {
        self.modified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A temporary file for one test, which is removed at its end.
    struct Scratch(std::path::PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mme-metrics-{}-{name}.pem", std::process::id()));
            fs::write(&path, "no certificate").expect("there is a temporary directory");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    /// Returns how many bytes a scan at `now` reads.
    fn bytes_read(file: &mut WatchedFile, scratch: &Scratch, now: SystemTime) -> u64 {
        let mut allowance = 1000;
        file.look(&scratch.0, Which::All, now, &mut allowance);
        1000 - allowance
    }

    #[test]
    fn a_file_that_has_settled_is_read_once_until_it_changes() {
        let (mut file, scratch) = (WatchedFile::default(), Scratch::new("settled"));
        let later = SystemTime::now() + 2 * UNSETTLED;
        assert_eq!([0; 3].map(|_| bytes_read(&mut file, &scratch, later)), [14, 0, 0]);
        fs::write(&scratch.0, "another one").unwrap();
        assert_eq!([0; 2].map(|_| bytes_read(&mut file, &scratch, later)), [11, 0]);
        fs::remove_file(&scratch.0).unwrap();
        assert_eq!(file.look(&scratch.0, Which::All, later, &mut 1000).errors(CertificateReadError::Missing), 1);
    }

    #[test]
    fn a_file_that_was_just_written_is_read_again() {
        let (mut file, scratch) = (WatchedFile::default(), Scratch::new("fresh"));
        for now in [SystemTime::now(), SystemTime::UNIX_EPOCH] {
            assert_eq!([0; 2].map(|_| bytes_read(&mut file, &scratch, now)), [14, 14]);
        }
    }

    /// What a path leads to may change between the look at it and its opening, so the opening itself must not wait.
    #[cfg(unix)]
    #[test]
    fn opening_a_pipe_without_a_writer_returns_at_once() {
        let (mut file, scratch) = (WatchedFile::default(), Scratch::new("pipe"));
        fs::remove_file(&scratch.0).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&scratch.0).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo runs: it is part of coreutils");
        let (done, is_done) = std::sync::mpsc::sync_channel(1);
        let path = scratch.0.clone();
        std::thread::spawn(move || done.send(open(&path).map(|file| file.metadata().unwrap().is_file())));
        let opened = is_done.recv_timeout(Duration::from_secs(10)).expect("it does not wait for a writer");
        assert!(!opened.unwrap());
        let summary = file.look(&scratch.0, Which::All, SystemTime::now(), &mut 1000);
        assert_eq!(summary.errors(CertificateReadError::Unreadable), 1);
    }
}
