//! An HTTP client that sends exactly what it is given and shows exactly what it receives.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use flate2::read::GzDecoder;

/// No answer in a test takes this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case; those that come twice are joined with a comma.
    pub headers: BTreeMap<String, String>,
    /// The body, without chunks and compression.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the value of a header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks for `path` with further header lines, each without its line end.
///
/// # Errors
///
/// When no whole answer comes back.
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &[&str]) -> io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    let answer = exchange(address, format!("{head}\r\n").as_bytes())?;
    parse(&answer, method == "HEAD").ok_or_else(|| io::Error::other("the answer is not whole"))
}

/// Asks for `/metrics` with further header lines.
///
/// # Errors
///
/// When no whole answer comes back.
pub fn scrape(address: SocketAddr, headers: &[&str]) -> io::Result<Answer> {
    request(address, "GET", "/metrics", headers)
}

/// Sends `bytes` and returns all that comes back.
///
/// # Errors
///
/// When the connection fails before anything came back.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

fn parse(answer: &[u8], is_head: bool) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = BTreeMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let joined = headers.entry(name.to_ascii_lowercase()).or_insert_with(String::new);
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(value);
    }
    let sent = &answer[end + 4..];
    let is_chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let mut body = if is_chunked && !is_head { unchunk(sent)? } else { sent.to_vec() };
    if headers.get("content-encoding").is_some_and(|coding| coding == "gzip") && !is_head {
        let mut plain = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut plain).ok()?;
        body = plain;
    }
    Some(Answer { status, headers, body })
}

fn unchunk(mut sent: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = sent.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&sent[..end]).ok()?, 16).ok()?;
        let rest = &sent[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        sent = rest.get(size + 2..)?;
    }
}
