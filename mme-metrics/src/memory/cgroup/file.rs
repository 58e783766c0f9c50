//! Reads the small files of a control group. What is missing, cut off or not as the kernel writes it is not known.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

/// Largest file that is read; the largest of the kernel, `memory.stat`, has about 2 KiB.
const LARGEST: u64 = 64 * 1024;

/// Returns the lines of a file that are complete.
fn lines(path: &Path) -> Option<String> {
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(path).ok()?.take(LARGEST).read_to_string(&mut text).ok()?;
    text.truncate(text.rfind('\n')?);
    Some(text)
}

/// Returns the only line of a file.
pub(super) fn line(path: &Path) -> Option<String> {
    lines(path).filter(|text| !text.contains('\n'))
}

/// Returns the rest of the line that begins with `start`.
pub(super) fn rest(path: &Path, start: &str) -> Option<String> {
    lines(path)?.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned)
}

/// Returns the number in the line that begins with `key`.
pub(super) fn number(path: &Path, key: &str) -> Option<u64> {
    rest(path, &format!("{key} "))?.parse().ok()
}
