//! A real Redis on a free port.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running server, which keeps nothing. Dropping it stops it.
#[derive(Debug)]
pub struct Redis {
    server: Child,
    port: u16,
    // A replica writes what it receives to its folder.
    _folder: TempDir,
}

impl Redis {
    /// Starts it with these arguments as well.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start(args: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port is free").port();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new("redis-server");
        command.current_dir(folder.path());
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()])
            .args(args);
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self {
            server: server.expect("`redis-server` is missing: install it with `apt-get install redis-server`"),
            port,
            _folder: folder,
        }
    }

    /// Returns its port, which it opens a moment after it was started.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
