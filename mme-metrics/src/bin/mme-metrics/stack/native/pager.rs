//! The pager of a native stack: a receiver on this machine that prints the notifications of Alertmanager.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::notification;
use crate::outcome::Outcome;
use crate::output;

/// Longest time that a client may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest head and largest body of a request, in bytes.
const LARGEST: (u64, u64) = (16 << 10, 4 << 20);

/// Receives notifications until the process is stopped.
pub(in crate::stack) fn receive(port: u16) -> Result<Outcome, String> {
    let failed = |error| format!("cannot listen on port {port}: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    for connection in listener.incoming() {
        match connection.and_then(answer) {
            Ok(lines) => output::print(&lines.join("\n"))?,
            // A client that went away, or too many open files: a pause keeps this from spinning.
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    Ok(Outcome::success(""))
}

/// Answers a request, and returns what to print.
fn answer(connection: TcpStream) -> io::Result<Vec<String>> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(&connection);
    let (is_ready, length) = head(&mut reader)?;
    let (status, lines) = if is_ready {
        ("200 OK", Vec::new())
    } else if length > LARGEST.1 {
        ("413 Content Too Large", Vec::new())
    } else {
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;
        let time = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        match notification::lines(&body, &time.format(&Rfc3339).unwrap_or_default()) {
            Ok(lines) => ("200 OK", lines),
            Err(_) => ("400 Bad Request", Vec::new()),
        }
    };
    write!(&connection, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(lines)
}

/// Reads the head of a request: whether it asks for readiness, and the length of its body.
fn head(reader: &mut impl io::BufRead) -> io::Result<(bool, u64)> {
    let mut head = reader.take(LARGEST.0).lines();
    let first = head.next().transpose()?.unwrap_or_default();
    let mut length = 0;
    loop {
        let line = head.next().transpose()?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if line.is_empty() {
            return Ok((first.starts_with("GET /-/ready "), length));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
    }
}
