//! The thread that ends windows and writes traces, so that no request waits for a disk.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::journal::Journal;
use super::label::LossReason;
use super::store::Store;
use super::trace::Trace;

/// Length of the queue to the disk: room for a burst of errors, at most 2 MiB.
const QUEUE: usize = 1024;

/// Time between two attempts to put a message into a full queue.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) enum Message {
    Write(Arc<Trace>),
    /// End the window, write everything, then answer.
    Flush(SyncSender<()>),
}

/// Starts the thread. It ends when the last sender is dropped.
pub(super) fn start(journal: Option<Journal>, store: Arc<Store>, window: Duration) -> io::Result<SyncSender<Message>> {
    let (sender, receiver) = sync_channel(QUEUE);
    let writer = Writer { journal, store, window, started: Instant::now() };
    let thread = thread::Builder::new().name("mme-metrics-spikes".to_owned());
    thread.spawn(move || writer.run(&receiver))?;
    Ok(sender)
}

/// Tells the thread to write everything, and waits for it. Returns whether it did within `patience`.
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
    store: Arc<Store>,
    window: Duration,
    /// When the journal began, nearly.
    started: Instant,
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
                    // The caller may have given up.
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

    /// Returns the end of the window; none if it is too far away to be a time.
    fn next_end(&self) -> Option<Instant> {
        Instant::now().checked_add(self.window)
    }

    fn end_window(&mut self) {
        for trace in self.store.end_window() {
            self.write(&trace);
        }
    }

    fn write(&mut self, trace: &Trace) {
        if let Some(journal) = &mut self.journal
            && journal.write(trace.line().as_bytes(), SystemTime::now(), self.started.elapsed()).is_err()
        {
            self.store.lose(LossReason::Disk);
        }
    }
}
