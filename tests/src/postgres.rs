//! A real `PostgreSQL` with its own data folder and socket.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tempfile::TempDir;

use crate::unprivileged_user::OtherUser;

/// It refuses root.
const USER: OtherUser = OtherUser { name: "postgres", package: "postgresql" };

/// Longest time that it may take to start before a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it.
    ///
    /// # Panics
    ///
    /// When it cannot be made or started.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Makes a cluster and starts it with these settings, each `name=value`.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    pub async fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().join("data");
        USER.owns(folder.path());
        let made =
            program("initdb").args(["--auth=trust", "--no-sync", "--username=postgres", "-D"]).arg(&data).output();
        let made = made.expect("`initdb` is missing: install it with `apt-get install postgresql`");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::serve(folder, settings).await
    }

    /// Copies the server as it is now, and starts the copy as its replica.
    ///
    /// # Panics
    ///
    /// Like [`start`](Self::start).
    pub async fn replica(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        USER.owns(folder.path());
        let copied = program("pg_basebackup")
            .args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--username=postgres", "-h"])
            .arg(self.folder.path())
            .arg("-D")
            .arg(folder.path().join("data"))
            .stderr(Stdio::piped())
            .output()
            .expect("it stands beside `initdb`");
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        Self::serve(folder, &[]).await
    }

    async fn serve(folder: TempDir, settings: &[&str]) -> Self {
        let server = program("postgres")
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-D"])
            .arg(folder.path().join("data"))
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .arg("-k")
            .arg(folder.path())
            .spawn()
            .expect("it stands beside `initdb`");
        let started = Self { server, folder };
        // Waits until it answers, and no longer.
        let pool = started.pool("postgres").await;
        sqlx::query("SELECT 1").execute(&pool).await.expect("a server that takes connections answers");
        started
    }

    /// Returns how to connect as this role.
    pub fn options(&self, role: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(self.folder.path()).username(role).database("postgres")
    }

    /// Returns the address of one of its databases, as the superuser.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    /// Connects as this role; asks again until the server takes connections.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn pool(&self, role: &str) -> PgPool {
        let options = self.options(role);
        let begun = std::time::Instant::now();
        loop {
            match PgPoolOptions::new().max_connections(4).connect_with(options.clone()).await {
                Ok(pool) => return pool,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not start: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It stops at once on this signal; killed it would leave its children to find that out.
        let _ = Command::new("kill").args(["-QUIT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

/// Returns one of its programs.
fn program(name: &str) -> Command {
    USER.program(newest_folder().join(name))
}

/// Finds where Debian puts the programs of the newest version; elsewhere they are on the path.
fn newest_folder() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let numbered = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    numbered.max().map(|(_, path)| path.join("bin")).unwrap_or_default()
}
