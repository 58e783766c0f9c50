//! A mail server that takes mail only over STARTTLS.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::Mailbox;
use crate::x509::self_signed;

/// Offers STARTTLS, refuses everything else until the client has used it, and then passes both directions on to the
/// mail server whose port is the third argument. Prints the port that it listens on.
///
/// Python brings TLS, so that nothing in these tests has to be built with it.
const TERMINATOR: &str = r#"
import socket, ssl, sys, threading

certificate, key, behind = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)

def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass

def converse(client):
    client.sendall(b"220 stand-in\r\n")
    lines = client.makefile("rb", buffering=0)
    while line := lines.readline().strip().upper():
        if line.startswith(b"EHLO"):
            client.sendall(b"250-stand-in\r\n250 STARTTLS\r\n")
        elif line == b"STARTTLS":
            client.sendall(b"220 go on\r\n")
            break
        elif line == b"QUIT":
            return client.close()
        else:
            client.sendall(b"530 use STARTTLS first\r\n")
    try:
        client = context.wrap_socket(client, server_side=True)
    except ssl.SSLError:
        return client.close()
    server = socket.create_connection(("127.0.0.1", int(behind)))
    # Its greeting: the client has had one.
    server.recv(65536)
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()
"#;

/// Stands before a [`Mailbox`]. Stops when dropped.
#[derive(Debug)]
pub struct StartTls {
    child: Child,
    address: String,
    certificate: PathBuf,
    directory: TempDir,
}

impl StartTls {
    /// Starts it with a new certificate for `localhost`.
    ///
    /// # Panics
    ///
    /// When Python cannot be run.
    pub fn before(mailbox: &Mailbox) -> Self {
        let directory = tempfile::tempdir().expect("the temporary directory can be written");
        let (certificate, key) = self_signed(directory.path(), "own");
        let address = mailbox.address();
        let port = address.rsplit(':').next().unwrap_or_default();
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", TERMINATOR])
            .args([&certificate, &key])
            .arg(port)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("python3 cannot be run ({error}): apt-get install python3"));
        let mut line = String::new();
        let output = child.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line).expect("the output can be read");
        Self { child, address: format!("localhost:{}", line.trim()), certificate, directory }
    }

    /// Returns where it listens, as `localhost:port`: the certificate names no address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the path of its certificate, which a client has to trust.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// Returns the path of a certificate that is not its own.
    ///
    /// # Panics
    ///
    /// When `openssl` cannot be run.
    pub fn foreign_certificate(&self) -> PathBuf {
        self_signed(self.directory.path(), "foreign").0
    }
}

impl Drop for StartTls {
    fn drop(&mut self) {
        // Either fails only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
