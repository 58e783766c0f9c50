//! How much of a processor something uses.

use std::fs;
use std::time::{Duration, Instant};

/// Whose processor time is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of the calling thread.
    Thread,
    /// That of all threads of the process. A thread must not end while it is measured.
    Process,
}

impl Whose {
    /// Returns how many thousandths of a core were used while `work` ran, which takes at least `time`.
    ///
    /// # Panics
    ///
    /// When `work` ends earlier, and on systems other than Linux.
    pub async fn thousandths(self, time: Duration, work: impl Future) -> f64 {
        let (begun, used) = (Instant::now(), self.used());
        work.await;
        assert!(begun.elapsed() >= time, "it ended by itself");
        self.used().saturating_sub(used).as_secs_f64() / begun.elapsed().as_secs_f64() * 1e3
    }

    fn used(self) -> Duration {
        match self {
            Self::Thread => read("/proc/thread-self/schedstat"),
            Self::Process => {
                let threads = fs::read_dir("/proc/self/task").expect("this bench needs Linux with /proc/self/task");
                threads.flatten().map(|thread| read(&format!("{}/schedstat", thread.path().display()))).sum()
            }
        }
    }
}

/// Reads the processor time of one thread.
fn read(path: &str) -> Duration {
    let text = fs::read_to_string(path).unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("this bench needs Linux with schedstat files below /proc"))
}
