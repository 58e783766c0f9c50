//! Files: read within a bound, replaced as a whole, and named in errors.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path};

use crate::address::{is_meant_as_address, without_secrets};

/// Largest file that is read because a user named it.
const LARGEST: u64 = 64 << 20;

/// Names a path in a message. An address that was given in place of a file is named without its secrets.
pub(crate) fn name(path: &Path) -> String {
    let text = path.display().to_string();
    if is_meant_as_address(&text) { without_secrets(&text) } else { text }
}

/// Says what could not be done with a file, and why.
pub(crate) fn cannot(verb: &str, path: &Path) -> impl Fn(io::Error) -> String + Copy {
    move |error| format!("cannot {verb} {}: {error}", name(path))
}

/// Reads a file, or returns `None` if it is larger than `largest` bytes.
pub(crate) fn read(path: &Path, largest: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(largest + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= largest).then_some(bytes))
}

/// Reads a text that a user named.
pub(crate) fn text(path: &Path) -> Result<String, String> {
    let bytes = read(path, LARGEST).map_err(cannot("read", path))?;
    let bytes = bytes.ok_or_else(|| format!("{} is larger than {} MiB", path.display(), LARGEST >> 20))?;
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display()))
}

/// Returns whether a path, with `/` between directories, stays inside the directory that it is joined to.
pub(crate) fn stays_inside(path: &str) -> bool {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    plain && !path.is_empty() && !path.contains('\\')
}

/// Replaces a file as a whole or not at all: writes it beside, then renames it. A link is replaced, not followed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let written = create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    });
    written.map_err(|error| {
        // It may not have been created.
        let _ = fs::remove_file(&partial);
        cannot("write", path)(error)
    })
}

/// Creates a file. An older one was left by a killed process with the same id, as the first process of a container has.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// An empty directory of one test, removed at its end.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("mme-metrics-disk-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn entries(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_path_that_leads_out_is_found() {
        for path in ["a", "a/b", "a@b.prom", "..a/b"] {
            assert!(stays_inside(path), "{path}");
        }
        for path in ["", "/a", "..", "a/../b", "../a", "a\\b"] {
            assert!(!stays_inside(path), "{path}");
        }
    }

    #[test]
    fn a_file_is_replaced_even_if_a_killed_process_left_a_part() {
        let directory = Directory::new("replace");
        let path = directory.0.join("a");
        fs::write(&path, "old").unwrap();
        fs::write(directory.0.join(format!(".a.{}.partial", std::process::id())), "a longer part").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(directory.entries(), 1);
        fs::create_dir_all(directory.0.join("b/c")).unwrap();
        let error = replace(&directory.0.join("b"), b"new").unwrap_err();
        assert!(error.starts_with("cannot write ") && error.contains("/b: "), "{error}");
        assert_eq!(directory.entries(), 2, "no part is left");
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let directory = Directory::new("read");
        let path = directory.0.join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().as_deref(), Some(&b"12345"[..]));
        assert_eq!(read(&path, 4).unwrap(), None);
    }
}
