//! The thread that ends windows and writes: the only one that ever waits for a disk.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::journal::Journal;
use super::label::LossReason;
use super::sampler::{Sampler, Shared};
use super::trace::Trace;

/// Traces that wait for the disk: a burst of a second's errors, and at most 2 MiB.
const QUEUE: usize = 1024;

/// Between two attempts to ask a queue that is full.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) enum Message {
    Write(Arc<Trace>),
    /// End the window, write everything, and say so.
    Flush(SyncSender<()>),
}

/// Starts the thread; it ends when the last sender is dropped.
pub(super) fn start(sampler: Sampler, shared: Arc<Shared>) -> Result<SyncSender<Message>, SpikeStartError> {
    let journal = match &sampler.directory {
        Some(directory) => Some(Journal::new(directory, &sampler).map_err(SpikeStartError::Directory)?),
        None => None,
    };
    let (sender, receiver) = sync_channel(QUEUE);
    let writer = Writer { journal, shared, window: sampler.window };
    let thread = thread::Builder::new().name("mme-metrics-spikes".to_owned());
    thread.spawn(move || writer.run(&receiver)).map_err(SpikeStartError::Thread)?;
    Ok(sender)
}

/// Asks the thread to write everything, and waits for it.
pub(super) fn flush(sender: &SyncSender<Message>, patience: Duration) -> bool {
    let give_up = Instant::now().checked_add(patience);
    let left = || give_up.map_or(Duration::MAX, |moment| moment.saturating_duration_since(Instant::now()));
    let (done, is_done) = sync_channel(1);
    let mut message = Message::Flush(done);
    loop {
        match sender.try_send(message) {
            Ok(()) => return is_done.recv_timeout(left()).is_ok(),
            Err(TrySendError::Full(again)) if !left().is_zero() => message = again,
            Err(_) => return false,
        }
        thread::sleep(PAUSE.min(left()));
    }
}

struct Writer {
    journal: Option<Journal>,
    shared: Arc<Shared>,
    window: Duration,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut ends = self.next_end();
        loop {
            let left = ends.map_or(Duration::MAX, |moment| moment.saturating_duration_since(Instant::now()));
            let received = if left.is_zero() { Err(RecvTimeoutError::Timeout) } else { messages.recv_timeout(left) };
            match received {
                Ok(Message::Write(trace)) => self.write(&trace),
                Ok(Message::Flush(done)) => {
                    self.end_window();
                    ends = self.next_end();
                    // Whoever asked may have given up.
                    let _ = done.try_send(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.end_window();
                    ends = self.next_end();
                }
                Err(RecvTimeoutError::Disconnected) => return self.end_window(),
            }
        }
    }

    /// A window that never ends has no end.
    fn next_end(&self) -> Option<Instant> {
        Instant::now().checked_add(self.window)
    }

    fn end_window(&mut self) {
        for trace in self.shared.end_window() {
            self.write(&trace);
        }
    }

    fn write(&mut self, trace: &Trace) {
        if let Some(journal) = &mut self.journal
            && journal.write(trace.line().as_bytes(), SystemTime::now()).is_err()
        {
            self.shared.lose(LossReason::Disk);
        }
    }
}

/// A sampler could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpikeStartError {
    /// The directory for its files cannot be had.
    Directory(io::Error),
    /// No thread can be had.
    Thread(io::Error),
}

impl fmt::Display for SpikeStartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory(_) => "the directory for spike traces cannot be used: make one that the service can write",
            Self::Thread(_) => "no thread can be had to write spike traces: raise the limit of threads",
        })
    }
}

impl Error for SpikeStartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Directory(source) | Self::Thread(source) => Some(source),
        }
    }
}
