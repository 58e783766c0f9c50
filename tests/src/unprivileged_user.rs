//! The user for servers that refuse to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The user that comes with a server's package.
#[derive(Clone, Copy, Debug)]
pub struct OtherUser {
    /// Its name.
    pub name: &'static str,
    /// The Debian package that makes it.
    pub package: &'static str,
}

impl OtherUser {
    /// Returns a program, to be run in silence as this user if the tests are run by root.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn program(self, path: impl AsRef<Path>) -> Command {
        let mut command = Command::new(path.as_ref());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        if let Some((user, group)) = self.ids() {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a folder this user's, if the tests are run by root.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    pub fn owns(self, folder: &Path) {
        if let Some((user, group)) = self.ids() {
            chown(folder, Some(user), Some(group)).expect("root may give a folder away");
        }
    }

    /// Returns whom root becomes.
    fn ids(self) -> Option<(u32, u32)> {
        let id = |args: &[&str]| {
            let output = Command::new("id").args(args).output().ok().filter(|output| output.status.success())?;
            String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
        };
        let Self { name, package } = self;
        (id(&["-u"]) == Some(0)).then(|| {
            let found = id(&["-u", name]).zip(id(&["-g", name]));
            found.unwrap_or_else(|| panic!("there is no user `{name}`: make it with `apt-get install {package}`"))
        })
    }
}
