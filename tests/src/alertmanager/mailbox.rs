//! An SMTP server that keeps and decodes the mail that it receives.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::prometheus::patiently;

/// `AUTH PLAIN` of the user `alerts@example.com` with the password `the contents of smtp_password`, in Base64.
const CREDENTIALS: &str = "AGFsZXJ0c0BleGFtcGxlLmNvbQB0aGUgY29udGVudHMgb2Ygc210cF9wYXNzd29yZA==";

/// Takes mail from the user of the bundled configuration. Stops when dropped.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<Mail>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// One message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
}

impl Mailbox {
    /// Opens a free port.
    ///
    /// # Panics
    ///
    /// When none can be opened.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped) = (Arc::clone(&mails), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                let kept = Arc::clone(&kept);
                // A client that hangs up has sent no mail.
                thread::spawn(move || converse(&connection, &kept));
            }
        });
        Self { address, mails, stop, thread: Some(thread) }
    }

    /// Returns where it listens, as `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Returns the mails to an address, oldest first.
    pub fn to(&self, address: &str) -> Vec<Mail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|mail| mail.to == address).cloned().collect()
    }

    /// Waits for a mail to an address that holds, and returns the first such.
    ///
    /// # Panics
    ///
    /// When none comes within a minute; the message has what did come.
    #[track_caller]
    pub fn wait_for(&self, address: &str, holds: impl Fn(&Mail) -> bool) -> Mail {
        let look = || self.to(address).into_iter().find(|mail| holds(mail)).ok_or(());
        patiently(look).unwrap_or_else(|()| panic!("no mail to {address} holds; there is {:#?}", self.to(address)))
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Mail {
    /// Returns where the link with this text leads in the HTML.
    ///
    /// # Panics
    ///
    /// When there is no such link.
    #[track_caller]
    pub fn link(&self, text: &str) -> String {
        let links = self.html.split("<a href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
        let link = links.filter(|(_, rest)| rest.split_once('>').is_some_and(|(_, inner)| inner.starts_with(text)));
        let (link, _) = link.last().unwrap_or_else(|| panic!("no link {text} in {}", self.html));
        link.replace("&amp;", "&").replace("&#43;", "+")
    }

    /// Reads a message of parts in quoted-printable.
    fn read(to: String, message: &str) -> Self {
        let (head, body) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
        let subject = head.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default().to_owned();
        let boundary = head.split_once("boundary=").and_then(|(_, rest)| rest.lines().next()).unwrap_or_default();
        let boundary = format!("--{boundary}");
        let part = |kind: &str| {
            let mut parts = body.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
            parts.find(|(head, _)| head.contains(kind)).map(|(_, text)| decoded(text)).unwrap_or_default()
        };
        Self { to, subject, text: part("text/plain"), html: part("text/html") }
    }
}

/// Answers a client's commands until it quits.
fn converse(connection: &TcpStream, mails: &Mutex<Vec<Mail>>) -> io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let mut connection = connection;
    connection.write_all(b"220 stand-in\r\n")?;
    let mut to = String::new();
    while let Some(line) = lines.next().transpose()? {
        let answer = match line.split_once([' ', ':']).map_or(line.as_str(), |(command, _)| command) {
            "EHLO" => "250-stand-in\r\n250 AUTH PLAIN",
            "AUTH" if line == format!("AUTH PLAIN {CREDENTIALS}") => "235 welcome",
            "AUTH" => "535 the password is wrong",
            "RCPT" => {
                line.trim_start_matches("RCPT TO:<").trim_end_matches('>').clone_into(&mut to);
                "250 ok"
            }
            "DATA" => {
                connection.write_all(b"354 go on\r\n")?;
                let mut message = String::new();
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    // A dot that begins a line is doubled on its way.
                    message += line.strip_prefix('.').unwrap_or(&line);
                    message += "\r\n";
                }
                let mail = Mail::read(std::mem::take(&mut to), &message);
                mails.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
                "250 kept"
            }
            "QUIT" => {
                return connection.write_all(b"221 bye\r\n");
            }
            _ => "250 ok",
        };
        connection.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

/// Decodes quoted-printable.
fn decoded(text: &str) -> String {
    let joined = text.replace("=\r\n", "").replace("\r\n", "\n");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).expect("an equals sign begins a code of two hexadecimal digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("mail is UTF-8")
}
