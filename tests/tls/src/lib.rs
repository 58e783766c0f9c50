//! A server that speaks TLS with whatever certificate a test wants.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Lets `reqwest` and this server encrypt; a service does so when it starts.
pub fn provide() {
    // Another test of this process may have.
    let _ = ring::default_provider().install_default();
}

/// A certificate authority that nobody trusts but who is told to.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// When there is no randomness.
    pub fn new() -> Self {
        provide();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("there is randomness");
        Self(CertifiedIssuer::self_signed(params, key).expect("it can be signed"))
    }

    /// Returns a client that trusts this authority and no other, and follows no redirect.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn client(&self) -> Client {
        let certificate = Certificate::from_der(self.0.as_ref().der()).expect("it is a certificate");
        let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        builder.tls_certs_only([certificate]).build().expect("it is a client")
    }

    /// Serves with a certificate that this authority gives for `name`, after `change` was made to it.
    ///
    /// # Panics
    ///
    /// When the certificate cannot be made or no port can be opened.
    pub async fn serve(&self, name: &str, change: impl FnOnce(&mut CertificateParams), answer: &'static str) -> Server {
        let mut params = CertificateParams::new([name.to_owned()]).expect("it is a name");
        change(&mut params);
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.signed_by(&key, &self.0).expect("it can be signed");
        Server::start(certificate, &key, answer).await
    }
}

/// Serves with a certificate for `name` that signed itself.
///
/// # Panics
///
/// When the certificate cannot be made or no port can be opened.
pub async fn serve_self_signed(name: &str, answer: &'static str) -> Server {
    let params = CertificateParams::new([name.to_owned()]).expect("it is a name");
    let key = KeyPair::generate().expect("there is randomness");
    let certificate = params.self_signed(&key).expect("it can be signed");
    Server::start(certificate, &key, answer).await
}

/// Answers every request alike. Stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(certificate: rcgen::Certificate, key: &KeyPair, answer: &'static str) -> Self {
        provide();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("it is a key");
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("they belong together");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let serve = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that trusts nobody hangs up, which is what is tested.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut head = [0; 4096];
                    let _ = stream.read(&mut head).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        };
        Self { address, task: tokio::spawn(serve) }
    }

    /// Returns its address by name: that of this machine.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
