//! Files and directories that are read again when they change.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::label::CertificateReadError;
use super::read::{Reading, Which, content};

/// Largest file that is read; a bundle of all public authorities has a fortieth of it.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Most bytes that are read of one directory at one time.
const MAX_DIRECTORY_BYTES: u64 = 64 << 20;

/// Most entries of a directory that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// What the names of files with certificates end in.
const EXTENSIONS: [&str; 4] = ["pem", "crt", "cer", "der"];

/// A file that changed less than this before it was read may change again without looking different: the clocks of file
/// systems tick every few milliseconds, on some every two seconds.
const UNSETTLED: Duration = Duration::from_secs(2);

/// One file, and what stood in it when it was read last.
#[derive(Debug, Default)]
pub(super) struct WatchedFile {
    read: Option<(Stamp, Reading)>,
}

impl WatchedFile {
    /// Returns what stands in the file, which is read only if it is another than last time.
    ///
    /// At most `allowance` bytes are read, which it is lowered by.
    fn look(&mut self, path: &Path, which: Which, now: SystemTime, allowance: &mut u64) -> Reading {
        self.try_look(path, which, now, allowance).unwrap_or_else(|error| {
            self.read = None;
            Reading::failed(error)
        })
    }

    /// Looks, and forgets what was there before unless it is still there.
    fn try_look(
        &mut self,
        path: &Path,
        which: Which,
        now: SystemTime,
        allowance: &mut u64,
    ) -> Result<Reading, CertificateReadError> {
        let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
        if let Some((stamp, reading)) = &self.read
            && *stamp == Stamp::of(&metadata)
        {
            return Ok(*reading);
        }
        // Opening a pipe or a device can wait for ever.
        if !metadata.is_file() {
            return Err(CertificateReadError::Unreadable);
        }
        let file = File::open(path).map_err(|error| reason(&error))?;
        // Of what was opened: the path may lead to another file by now.
        let metadata = file.metadata().map_err(|error| reason(&error))?;
        let reading = match metadata.len() {
            told if told > MAX_FILE_BYTES => Reading::failed(CertificateReadError::TooLarge),
            // Too much at one time; the next look has an allowance of its own.
            told if told > *allowance => return Err(CertificateReadError::TooLarge),
            _ => read(file, which, allowance)?,
        };
        self.read = Stamp::settled(&metadata, now).map(|stamp| (stamp, reading));
        Ok(reading)
    }
}

fn read(file: File, which: Which, allowance: &mut u64) -> Result<Reading, CertificateReadError> {
    // A file that grows meanwhile, or that does not tell its length, is cut off.
    let limit = MAX_FILE_BYTES.min(*allowance);
    let mut bytes = Vec::new();
    let length = file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))? as u64;
    *allowance -= length.min(*allowance);
    Ok(if length > limit { Reading::failed(CertificateReadError::TooLarge) } else { content(&bytes, which) })
}

/// Looks at one file under a name of its own.
pub(super) fn look_at_file(file: &mut WatchedFile, path: &Path, which: Which) -> Reading {
    let reading = file.look(path, which, SystemTime::now(), &mut MAX_FILE_BYTES.clone());
    if reading.is_empty() { Reading::failed(CertificateReadError::Malformed) } else { reading }
}

/// The files of a directory that may hold certificates.
#[derive(Debug, Default)]
pub(super) struct WatchedDirectory {
    files: HashMap<OsString, WatchedFile>,
}

impl WatchedDirectory {
    /// Returns what stands in the files of the directory, whatever files there are now.
    pub(super) fn look(&mut self, path: &Path) -> Reading {
        let mut reading = Reading::default();
        let names = match names(path) {
            Ok(names) => names,
            Err(error) => {
                self.files.clear();
                return Reading::failed(error);
            }
        };
        let (now, mut allowance) = (SystemTime::now(), MAX_DIRECTORY_BYTES);
        let mut before = std::mem::take(&mut self.files);
        for name in names {
            let mut file = before.remove(&name).unwrap_or_default();
            reading.add(file.look(&path.join(&name), Which::All, now, &mut allowance));
            self.files.insert(name, file);
        }
        if reading.is_empty() { Reading::failed(CertificateReadError::Missing) } else { reading }
    }
}

/// Lists the files that may hold certificates, by their names. What begins with a dot is left out: it is where Kubernetes
/// keeps the versions of a mounted secret, to which the names beside them lead.
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

/// What tells one version of a file from another, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, number and time of the last change of anything; the kernel sets that one, so no tool can turn it back.
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

    /// Returns the stamp of a file that looked so at `now`, if it has not just been changed.
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

    /// A file of its own for each test, removed at its end.
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

    /// Returns how many bytes a look at `now` reads.
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
}
