//! A minimal scrape target: one recorder in every format, served by a thread that stops with the value.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use mme_metrics::{Format, Recorder};

/// Serves what a recorder renders: text under `/text`, `OpenMetrics` under `/openmetrics`,
/// protobuf under `/protobuf`. Stops when dropped.
#[derive(Debug)]
pub struct ScrapeTarget {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ScrapeTarget {
    /// Serves `recorder` on a free port.
    ///
    /// # Panics
    ///
    /// When no port can be opened.
    pub fn serve(recorder: Recorder) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                // A scraper that hangs up is its own business.
                let _ = connection.and_then(|connection| answer(connection, &recorder));
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    /// Returns where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for ScrapeTarget {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut connection: TcpStream, recorder: &Recorder) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The head ends at its first empty line.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let format = match request {
        request if request.contains("/openmetrics") => Format::OpenMetrics,
        request if request.contains("/protobuf") => Format::Protobuf,
        _ => Format::Text,
    };
    let body = recorder.render_bytes(format);
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        format.content_type(),
        body.len(),
    )?;
    connection.write_all(&body)
}
