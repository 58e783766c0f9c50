//! A separate process that serves metrics, so that its memory, processor time and file descriptors can be measured.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The program `scraped` of this package, stopped when dropped.
#[derive(Debug)]
pub struct ScrapedProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl ScrapedProcess {
    /// Starts `program`, which is the test's `CARGO_BIN_EXE_scraped`, with so many series and file descriptors.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(program: &str, series: usize, descriptors: usize) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" {series}"), program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a POSIX shell is needed: apt-get install dash");
        // Both were asked for above.
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let address = SocketAddr::from(([0; 4], 0));
        let mut scraped = Self { child, input, output: BufReader::new(output), address };
        scraped.address = scraped.line().parse().expect("the first line is the address");
        scraped
    }

    /// Returns where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives it an order and waits until it is carried out.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn order(&mut self, order: &str) {
        writeln!(self.input, "{order}").expect("the process runs");
        assert_eq!(self.line(), order);
    }

    /// Returns the processor time it has used.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the process runs");
        // The name before the last parenthesis may have spaces. `utime` and `stime` are 12th and 13th after it, in ticks of
        // 10 ms, which is what Linux has reported on every architecture for decades.
        let fields: Vec<_> = stat[stat.rfind(')').unwrap_or(0)..].split(' ').collect();
        let ticks = |at: usize| fields[at].parse::<u64>().expect("a number of ticks");
        Duration::from_millis(10 * (ticks(12) + ticks(13)))
    }

    /// Sets the peak of its resident memory back to what it holds now, and returns that, in bytes.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn forget_peak(&self) -> usize {
        // 5 is the word for it, see proc_pid_clear_refs(5).
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("the process runs");
        self.memory("VmRSS:")
    }

    /// Returns the peak of its resident memory, in bytes.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn peak(&self) -> usize {
        self.memory("VmHWM:")
    }

    fn memory(&self, key: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("Linux says how much memory there is");
        let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number of KiB");
        kibibytes * 1024
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the process runs");
        line.trim_end().to_owned()
    }
}

impl Drop for ScrapedProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
