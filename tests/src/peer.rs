//! A test server for probes: it answers, stays silent, or sends without end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a peer does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Writes this and hangs up.
    Bytes(Vec<u8>),
    /// Takes the request and never says a word.
    Silence,
    /// Announces ten gibibytes and sends as much as is taken.
    Endless,
    /// Answers the first call of HTTP/2, and sends without end, whatever the client has room for.
    EndlessHttp2,
    /// Sends a head that never ends, as fast as it is taken.
    EndlessHead,
    /// Writes a byte of a head that never ends, each 20 ms.
    Drip,
    /// Writes this and keeps the connection open.
    Open(Vec<u8>),
}

impl Reply {
    /// An answer over HTTP with this status, type and body.
    pub fn http(status: u16, kind: &str, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        Self::Bytes((head + body).into_bytes())
    }

    /// An answer over HTTP with this status and no type.
    pub fn status(status: u16) -> Self {
        Self::http(status, "text/plain", "")
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 302 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }
}

/// A server on a free port of its own. Stops when dropped.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    task: JoinHandle<()>,
    asked: Arc<AtomicUsize>,
}

impl Peer {
    /// Answers each connection by what `reply` says to what came first on it: the head of a request, as far as one read has it.
    ///
    /// # Panics
    ///
    /// When no port can be opened.
    pub async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let asked = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(listener, Arc::new(reply), Arc::clone(&asked)));
        Self { address, task, asked }
    }

    /// Answers everything alike.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    pub async fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns how often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    reply: Arc<impl Fn(&str) -> Reply + Send + Sync + 'static>,
    asked: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (reply, asked) = (Arc::clone(&reply), Arc::clone(&asked));
        connections.spawn(async move {
            // A client that hangs up is its own business.
            let _ = answer(stream, &*reply, &asked).await;
        });
    }
}

async fn answer(
    mut stream: TcpStream,
    reply: &(impl Fn(&str) -> Reply + Sync),
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = vec![0; 16 * 1024];
    let read = stream.read(&mut head).await?;
    asked.fetch_add(1, Ordering::SeqCst);
    match reply(&String::from_utf8_lossy(&head[..read])) {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
        }
        Reply::Silence => std::future::pending().await,
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 16 * 1024]).await?;
            }
        }
        Reply::EndlessHttp2 => {
            // Empty settings, the head of the first stream (`:status: 200`), and data.
            stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]).await?;
            let frame = [&[0, 64, 0, 0, 0, 0, 0, 0, 1], &[0; 16 * 1024][..]].concat();
            loop {
                stream.write_all(&frame).await?;
            }
        }
        Reply::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"X-More: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").await?;
            }
        }
        Reply::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Drip: ").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        Reply::Open(bytes) => {
            stream.write_all(&bytes).await?;
            std::future::pending().await
        }
    }
    Ok(())
}
