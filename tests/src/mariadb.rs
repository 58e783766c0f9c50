//! A real `MariaDB`, which speaks the protocol of `MySQL`, with its own data folder and socket.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use sqlx::MySqlPool;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use tempfile::TempDir;

use crate::unprivileged_user::OtherUser;

/// It refuses root.
const USER: OtherUser = OtherUser { name: "mysql", package: "mariadb-server" };

/// What it need not do for a test, and what it must not read.
const SETTINGS: [&str; 6] = [
    "--no-defaults",
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=16M",
];

/// Longest time that it may take to start before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server with the database `shop`. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct MariaDb {
    server: Child,
    folder: TempDir,
}

impl MariaDb {
    /// Makes its tables and starts it.
    ///
    /// # Panics
    ///
    /// When they cannot be made, or it cannot be started.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        USER.owns(folder.path());
        let data = format!("--datadir={}", folder.path().join("data").display());
        // A server that starts deletes the temporary tables that it finds, also those of another server that shares the folder.
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).expect("the folder is new");
        USER.owns(&temporary);
        let made = USER
            .program("mariadb-install-db")
            .env("TMPDIR", &temporary)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([&data, "--innodb-log-file-size=4M"])
            .status();
        let made = made.expect("`mariadb-install-db` is missing: install it with `apt-get install mariadb-server`");
        assert!(made.success(), "MariaDB makes its tables: {made}");
        let socket = format!("--socket={}", socket(folder.path()));
        let server =
            USER.program(server_program()).env("TMPDIR", &temporary).args(SETTINGS).args([data, socket]).spawn();
        let started = Self { server: server.expect("it stands beside `mariadb-install-db`"), folder };
        let pool = started.connect(&started.options("root")).await;
        sqlx::query("CREATE DATABASE shop").execute(&pool).await.expect("it is new");
        started
    }

    /// Returns how to connect to no database in particular, as a user of this name.
    pub fn options(&self, user: &str) -> MySqlConnectOptions {
        MySqlConnectOptions::new().socket(socket(self.folder.path())).username(user)
    }

    /// Connects to the database `shop` as the superuser.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    pub async fn pool(&self) -> MySqlPool {
        self.connect(&self.options("root").database("shop")).await
    }

    /// Asks again until the server takes connections.
    async fn connect(&self, options: &MySqlConnectOptions) -> MySqlPool {
        let begun = Instant::now();
        loop {
            match MySqlPoolOptions::new().max_connections(4).connect_with(options.clone()).await {
                Ok(pool) => return pool,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "MariaDB does not start: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // Nothing of it is kept, so it need not put anything in order.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Debian puts it where only root looks; elsewhere it is on the path.
fn server_program() -> &'static Path {
    let debian = Path::new("/usr/sbin/mariadbd");
    if debian.exists() { debian } else { Path::new("mariadbd") }
}

fn socket(folder: &Path) -> String {
    folder.join("socket").to_string_lossy().into_owned()
}
