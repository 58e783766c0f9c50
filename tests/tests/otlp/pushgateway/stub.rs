//! A server on loopback that answers pushes as a test tells it, and keeps what it was sent.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use mme_metrics::pushgateway::{Pushgateway, PushgatewayBuilder};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// An answer of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// As a Pushgateway accepts a push.
    Accept,
    /// The same after this time.
    AcceptAfter(Duration),
    /// A status with these header lines and this body.
    Say(u16, &'static str, &'static str),
    /// A refusal that repeats the credentials.
    Echo,
    /// A status of success, and a body without an end.
    Endless,
    /// No answer. It waits until the client hangs up.
    Never,
    /// A connection that is closed without an answer.
    Close,
}

/// A request that was read.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedPush {
    /// The method and the path.
    pub(crate) line: String,
    /// Headers by name, in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    received: Vec<ReceivedPush>,
    /// How many clients hung up while they waited for an answer.
    gone: usize,
}

/// The server. Its thread ends with the process.
#[derive(Debug)]
pub(crate) struct Stub {
    address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Stub {
    /// Starts one that gives these answers, and then accepts everything.
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = State { replies: replies.into_iter().collect(), ..State::default() };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&of_thread);
                // A client that hangs up is part of the tests.
                thread::spawn(move || serve(connection, &shared));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn gateway(&self) -> PushgatewayBuilder {
        Pushgateway::builder(&self.url(), "shop").unwrap()
    }

    pub(crate) fn received(&self) -> Vec<ReceivedPush> {
        self.shared.0.lock().unwrap().received.clone()
    }

    /// Waits until so many clients have hung up while they waited for an answer.
    pub(crate) fn wait_for_gone(&self, clients: usize) {
        let (state, changed) = &*self.shared;
        let waited = changed.wait_timeout_while(state.lock().unwrap(), PATIENCE, |state| state.gone < clients).unwrap();
        assert!(!waited.1.timed_out(), "{:#?}", waited.0.received);
    }
}

/// Answers the request of one connection.
fn serve(connection: TcpStream, shared: &(Mutex<State>, Condvar)) -> Option<()> {
    let (state, changed) = shared;
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut writer = connection;
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<_, _> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body =
        vec![0; headers.get("content-length").map_or(0, |length| length.parse().expect("a length is a number"))];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("the body is text");
    let echo = format!("you sent {}", headers.get("authorization").map_or("nothing", String::as_str));
    let reply = {
        let mut state = state.lock().unwrap();
        state.received.push(ReceivedPush { line, headers, body });
        state.replies.pop_front().unwrap_or(Reply::Accept)
    };
    changed.notify_all();
    let hung_up = || {
        state.lock().unwrap().gone += 1;
        changed.notify_all();
    };
    let mut say = |status: u16, headers: &str, body: &str| {
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}");
        writer.write_all(answer.as_bytes()).ok()
    };
    match reply {
        Reply::Accept => say(200, "", ""),
        Reply::AcceptAfter(time) => {
            thread::sleep(time);
            say(200, "", "")
        }
        Reply::Say(status, headers, body) => say(status, headers, body),
        Reply::Echo => say(400, "", &echo),
        Reply::Endless => {
            writer.write_all(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n").ok()?;
            let part = [format!("{:x}\r\n", 1 << 12).into_bytes(), vec![b'x'; 1 << 12], b"\r\n".to_vec()].concat();
            while writer.write_all(&part).is_ok() {}
            hung_up();
            None
        }
        Reply::Never => {
            // Nothing else comes on this connection, so this ends when it is closed.
            let _ = reader.read(&mut [0]);
            hung_up();
            None
        }
        Reply::Close => None,
    }
}
