//! A probe of Redis and of servers that speak its protocol.

use std::fmt::{self, Write as _};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::DependencyProbe;
use super::tcp::connect;
use crate::probe::ProbeFailure;

/// Upper bound of the length of a response line.
const MAX_LINE: usize = 512;

/// Probes a Redis server: sends PING and expects PONG, over TCP without encryption.
///
/// A server that is loading its data, has lost its master or requires a password answers with an error, so it is down.
#[derive(Clone)]
pub struct RedisProbe {
    host: String,
    port: u16,
    password: Option<(String, String)>,
}

impl RedisProbe {
    /// Creates a probe that connects to this host, given by name or address.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, password: None }
    }

    /// Logs in before the PING. If the server has only a password, the user is `default`.
    pub fn login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.password = Some((user.into(), password.into()));
        self
    }
}

impl DependencyProbe for RedisProbe {
    async fn probe(&self) -> Result<(), ProbeFailure> {
        let mut stream = connect(&self.host, self.port).await?;
        if let Some((user, password)) = &self.password {
            expect(&mut stream, &["AUTH", user, password], "+OK").await?;
        }
        expect(&mut stream, &["PING"], "+PONG").await
    }
}

/// Sends a command and checks that the response is the expected line.
async fn expect(stream: &mut TcpStream, command: &[&str], answer: &str) -> Result<(), ProbeFailure> {
    let mut bytes = format!("*{}\r\n", command.len());
    for word in command {
        // Writing to a string cannot fail.
        let _ = write!(bytes, "${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(bytes.as_bytes()).await.map_err(|_| ProbeFailure::Broken)?;
    let line = read_line(stream).await?;
    if line == answer.as_bytes() { Ok(()) } else { Err(ProbeFailure::Unexpected) }
}

/// Reads one line. Bytes after its end are dropped, because no command asked for them.
async fn read_line(stream: &mut TcpStream) -> Result<Vec<u8>, ProbeFailure> {
    let mut line = Vec::new();
    let mut part = [0; MAX_LINE];
    loop {
        let read = stream.read(&mut part).await.map_err(|_| ProbeFailure::Broken)?;
        line.extend_from_slice(&part[..read]);
        if let Some(end) = memchr::memmem::find(&line, b"\r\n") {
            line.truncate(end);
            return Ok(line);
        }
        if read == 0 {
            return Err(ProbeFailure::Broken);
        }
        if line.len() >= MAX_LINE {
            return Err(ProbeFailure::TooLarge);
        }
    }
}

impl fmt::Debug for RedisProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisProbe").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}
