//! A browser without a window, which loads one page and says what became of it.

use std::process::Command;

/// The page as the browser has it after a while.
#[derive(Debug)]
pub struct LoadedPage {
    /// The document, written out.
    pub document: String,
    /// What the console says.
    pub console: Vec<String>,
}

/// Loads `url` in Chromium and waits for `milliseconds` of the page's own time, which passes faster than ours.
///
/// # Panics
///
/// When there is no Chromium, or it does not end well.
pub fn load(url: &str, width: u32, milliseconds: u32) -> LoadedPage {
    let profile = tempfile::tempdir().expect("a temporary directory can be made");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("--virtual-time-budget={milliseconds}"))
        .args(["--dump-dom", url])
        .output()
        .expect("chromium is missing: apt-get install chromium");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let console = said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    LoadedPage { document: String::from_utf8_lossy(&output.stdout).into_owned(), console }
}
