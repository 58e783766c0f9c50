//! The servers that exporters measure, and an exporter beside each.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;

use mme_metrics_tests::exporter::Exporter;
use mme_metrics_tests::mariadb::MariaDb;
use mme_metrics_tests::postgres::Postgres;
use mme_metrics_tests::redis::Redis;
use mme_metrics_tests::x509::self_signed;
use tempfile::TempDir;

/// Every exporter that Debian has, and what it measures.
pub struct Room {
    pub node: Exporter,
    pub redis: Exporter,
    pub replica: Exporter,
    pub postgres: Exporter,
    pub mysqld: Exporter,
    pub blackbox: Exporter,
    /// A machine's exporter that speaks TLS, for a probe to look at.
    pub tls: Exporter,
    redis_servers: [Redis; 2],
    _postgres_server: Postgres,
    mariadb_server: MariaDb,
    _files: TempDir,
}

impl Room {
    pub async fn open() -> Self {
        let files = tempfile::tempdir().expect("a temporary folder can be made");
        let primary = Redis::start(&["--maxmemory", "64mb"]);
        let replica = Redis::start(&["--replicaof", "127.0.0.1", &primary.port().to_string()]);
        let postgres_server = Postgres::start().await;
        let mariadb_server = MariaDb::start().await;
        let postgres_socket = postgres_server.options("postgres").get_socket().expect("it has a socket").clone();
        let mariadb_socket = mariadb_server.options("root").get_socket().expect("it has a socket").clone();

        let (certificate, key) = self_signed(files.path(), "server");
        let tls = files.path().join("tls.yml");
        let pair = serde_json::json!({ "tls_server_config": { "cert_file": certificate, "key_file": key } });
        fs::write(&tls, pair.to_string()).expect("a new file can be written");
        let modules = files.path().join("blackbox.yml");
        fs::write(
            &modules,
            "modules:
  http_2xx: {prober: http, timeout: 5s, http: {tls_config: {insecure_skip_verify: true}}}
",
        )
        .expect("a new file can be written");

        let redis = |server: &Redis| {
            let address = format!("redis://127.0.0.1:{}", server.port());
            Exporter::start("redis_exporter", |command| {
                command.arg(format!("--redis.addr={address}"));
            })
        };
        Self {
            node: Exporter::start("node_exporter", |_| {}),
            redis: redis(&primary),
            replica: redis(&replica),
            postgres: Exporter::start("postgres_exporter", |command| {
                let source =
                    format!("host={} user=postgres dbname=postgres sslmode=disable", postgres_socket.display());
                command.env("DATA_SOURCE_NAME", source);
            }),
            mysqld: Exporter::start("mysqld_exporter", |command| {
                command.env("DATA_SOURCE_NAME", format!("root@unix({})/", mariadb_socket.display()));
            }),
            blackbox: Exporter::start("blackbox_exporter", |command| {
                command.arg(format!("--config.file={}", modules.display()));
            }),
            tls: Exporter::start("node_exporter", |command| {
                command.arg(format!("--web.config.file={}", tls.display()));
            }),
            redis_servers: [primary, replica],
            _postgres_server: postgres_server,
            mariadb_server,
            _files: files,
        }
    }

    /// Returns what the prober is asked for the server that speaks TLS.
    pub fn probe(&self) -> String {
        format!("/probe?module=http_2xx&target={}", self.probed())
    }

    /// Returns the address of the server that speaks TLS.
    pub fn probed(&self) -> String {
        format!("https://{}/metrics", self.tls.address())
    }

    /// Lets the servers do something that can be counted.
    pub async fn work(&self) {
        let mut redis = TcpStream::connect(("127.0.0.1", self.redis_servers[0].port())).expect("it is up");
        redis.write_all(b"SET a b\r\nGET a\r\nGET missing\r\n").expect("it reads commands");
        let shop = self.mariadb_server.pool().await;
        for statement in [
            "CREATE TABLE IF NOT EXISTS dishes (id INT)",
            "INSERT INTO dishes VALUES (1)",
            "SELECT COUNT(*) FROM dishes",
        ] {
            sqlx::query(statement).execute(&shop).await.expect("a statement that MariaDB knows");
        }
    }
}
