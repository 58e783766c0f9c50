//! The directory of a stack: made by `stack up`, closed to other users, and no other directory.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::cannot;

/// The file by which a directory is known as that of a stack. Commands that change the stack lock it.
pub(super) const LOCK: &str = "stack.lock";

/// The directory of a stack.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
}

impl Place {
    /// Returns the directory of a stack, which is made if need be.
    pub(super) fn make(data: Option<&Path>) -> Result<Self, String> {
        let path = named(data)?;
        let (parent, name) = split(&path)?;
        make_closed(parent)?;
        let place = Self { root: parent.canonicalize().map_err(cannot("find", parent))?.join(name) };
        place.refuse_pattern()?;
        make_closed(&place.root)?;
        // In this order: another `up` may make the lock, which is its first file, at the same time.
        let is_empty = fs::read_dir(&place.root).map_err(cannot("read", &place.root))?.next().is_none();
        if !place.is_ours()? && !is_empty {
            return Err(format!(
                "{} is not empty, and no `stack up` made it: choose another directory by --data",
                place.root.display()
            ));
        }
        close(&place.root)?;
        Ok(place)
    }

    /// Returns the directory of a stack if there is one.
    pub(super) fn find(data: Option<&Path>) -> Result<Option<Self>, String> {
        let path = named(data)?;
        let (parent, name) = split(&path)?;
        let Ok(parent) = parent.canonicalize() else { return Ok(None) };
        let place = Self { root: parent.join(name) };
        match fs::symlink_metadata(&place.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Ok(place.is_ours()?.then_some(place)),
        }
    }

    /// Returns the directory of a stack that has to be there.
    pub(super) fn made(data: Option<&Path>) -> Result<Self, String> {
        Self::find(data)?.ok_or_else(|| "there is no stack here".to_owned())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a path in it.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// Returns a directory in it, which is made if need be.
    pub(super) fn directory(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        make_closed(&path)?;
        refuse_link(&path)?;
        Ok(path)
    }

    /// Returns whether a stack made the directory. One that leads elsewhere or belongs to another user is refused.
    fn is_ours(&self) -> Result<bool, String> {
        refuse_link(&self.root)?;
        refuse_other_user(&self.root)?;
        Ok(fs::symlink_metadata(self.path(LOCK)).is_ok_and(|found| found.is_file()))
    }

    /// Refuses characters that would be a pattern in the configuration of Prometheus, or break a line.
    fn refuse_pattern(&self) -> Result<(), String> {
        let text = self.root.to_str().unwrap_or("\n");
        if text.contains(|c: char| c.is_control() || matches!(c, '*' | '?' | '[' | ']' | '\\' | '"')) {
            return Err(format!(
                "the directory {text:?} has a character that Prometheus would not take literally: choose another by --data"
            ));
        }
        Ok(())
    }
}

/// Returns the directory that was named, or the one in the user's state.
fn named(data: Option<&Path>) -> Result<PathBuf, String> {
    if let Some(path) = data {
        return std::path::absolute(path).map_err(cannot("find", path));
    }
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    Ok(state.ok_or("there is neither XDG_STATE_HOME nor HOME: name a directory by --data")?.join("mme-metrics/stack"))
}

/// Splits a path into a directory that is followed wherever it leads, and a name in it.
fn split(path: &Path) -> Result<(&Path, &std::ffi::OsStr), String> {
    path.parent().zip(path.file_name()).ok_or_else(|| {
        format!("{} does not end with the name of a directory: choose another by --data", path.display())
    })
}

/// Makes a directory and those above it, for this user only.
fn make_closed(path: &Path) -> Result<(), String> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(cannot("create", path))
}

#[cfg(unix)]
fn close(path: &Path) -> Result<(), String> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(path, permissions).map_err(cannot("close", path))
}

#[cfg(not(unix))]
fn close(_: &Path) -> Result<(), String> {
    Ok(())
}

fn refuse_link(path: &Path) -> Result<(), String> {
    let found = fs::symlink_metadata(path).map_err(cannot("read", path))?;
    if found.is_symlink() {
        return Err(format!("{} is a symbolic link, which is not followed: name the directory itself", path.display()));
    }
    if !found.is_dir() {
        return Err(format!("{} is not a directory: choose another by --data", path.display()));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn refuse_other_user(path: &Path) -> Result<(), String> {
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).map_err(cannot("read", path))?);
    if owner != rustix::process::geteuid().as_raw() {
        return Err(format!("{} belongs to another user: choose another directory by --data", path.display()));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn refuse_other_user(_: &Path) -> Result<(), String> {
    Ok(())
}
