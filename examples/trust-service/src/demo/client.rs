//! One user of the demo: an account, its session and the numbers of its documents.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use mme_metrics::http::SendMeasured;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::KEPT;
use super::rpc::Caller;
use crate::login::code_now;

/// Longest time that a client waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Number of times that a user reads a document before the next one. So most reads are cache hits, as in a healthy
/// service, and `MmeCacheMissRateHigh` does not fire.
const LOOKS: u32 = 5;

/// Source addresses of the users, from networks reserved for examples. The requests carry them in the header that a
/// proxy sets.
pub(super) const ADDRESSES: [[u8; 4]; 12] = [
    [192, 0, 2, 10],
    [192, 0, 2, 11],
    [192, 0, 2, 12],
    [192, 0, 2, 13],
    [198, 51, 100, 10],
    [198, 51, 100, 11],
    [198, 51, 100, 12],
    [198, 51, 100, 13],
    [203, 0, 113, 10],
    [203, 0, 113, 11],
    [203, 0, 113, 12],
    [203, 0, 113, 13],
];

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    caller: Caller,
    account: (&'static str, &'static str),
    password: String,
    memory: Mutex<Memory>,
}

/// The state of a user between two requests.
#[derive(Debug, Default)]
struct Memory {
    token: String,
    /// The secret of the second factor, once the account has one.
    secret: Option<String>,
    documents: VecDeque<i64>,
    /// The document that is being read, and how many more times it will be read.
    in_hand: (i64, u32),
    certificate: Option<i64>,
}

impl Client {
    pub(super) fn new(base: String, caller: Caller, account: (&'static str, &'static str), password: String) -> Self {
        // Only TLS and proxies can make the build fail, and neither is used.
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap_or_default();
        Self { http, base, caller, account, password, memory: Mutex::default() }
    }

    /// Opens a session, uses it from now on, and closes the previous one.
    pub(super) async fn log_in(&self, from: u64) -> reqwest::Result<()> {
        let answer = self.log_in_with(&self.password, from).await?.error_for_status()?;
        let token = answer.json::<Value>().await?["token"].as_str().unwrap_or_default().to_owned();
        let before = self.remember(|memory| std::mem::replace(&mut memory.token, token));
        if !before.is_empty() {
            self.log_out(before).await?;
        }
        Ok(())
    }

    /// Tries to log in with this password, and with the current code if the account has a second factor. `from` selects
    /// the source address.
    pub(super) async fn log_in_with(&self, password: &str, from: u64) -> reqwest::Result<Response> {
        let code = self.remember(|memory| memory.secret.as_deref().map(code_now));
        self.try_to_log_in(password, code.as_deref(), from).await
    }

    /// Tries to log in with the right password and a wrong code.
    pub(super) async fn log_in_without_factor(&self, from: u64) -> reqwest::Result<Response> {
        self.try_to_log_in(&self.password, Some("none"), from).await
    }

    async fn try_to_log_in(&self, password: &str, code: Option<&str>, from: u64) -> reqwest::Result<Response> {
        let (tenant, user) = self.account;
        let credentials = json!({ "tenant": tenant, "user": user, "password": password, "code": code });
        let address = Ipv4Addr::from(ADDRESSES[usize::try_from(from % ADDRESSES.len() as u64).unwrap_or_default()]);
        let request = self.http.post(format!("{}/login", self.base)).header("x-forwarded-for", address.to_string());
        request.json(&credentials).send_measured().await
    }

    /// Sends `times` logins at once, and then logs out.
    pub(super) async fn log_in_often(&self, times: usize, from: u64) -> reqwest::Result<()> {
        let logins = join_all((0..times).map(|_| self.log_in_with(&self.password, from))).await;
        for answer in logins {
            let opened = answer?.json::<Value>().await?;
            if let Some(token) = opened["token"].as_str() {
                self.log_out(token.to_owned()).await?;
            }
        }
        Ok(())
    }

    async fn log_out(&self, token: String) -> reqwest::Result<()> {
        self.http.post(format!("{}/logout", self.base)).bearer_auth(token).send_measured().await.map(drop)
    }

    /// Sets up a second factor, which each later login needs.
    pub(super) async fn enrol(&self) -> reqwest::Result<()> {
        let answer = self.request(Method::POST, "/login/factor").send_measured().await?.error_for_status()?;
        let secret = answer.json::<Value>().await?["secret"].as_str().map(str::to_owned);
        self.remember(|memory| memory.secret = secret);
        Ok(())
    }

    /// Returns a request without a session.
    pub(super) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Returns a request with the user's session.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.remember(|memory| memory.token.clone()))
    }

    /// Stores a document and returns its number. It deletes the oldest document once there are too many.
    pub(super) async fn store(&self, document: &Value) -> reqwest::Result<i64> {
        let answer =
            self.request(Method::POST, "/documents").json(document).send_measured().await?.error_for_status()?;
        let id = answer.json::<Value>().await?["id"].as_i64().unwrap_or_default();
        let oldest = self.remember(|memory| {
            memory.documents.push_back(id);
            if memory.documents.len() > KEPT { memory.documents.pop_front() } else { None }
        });
        if let Some(oldest) = oldest {
            self.request(Method::DELETE, &format!("/documents/{oldest}")).send_measured().await?;
        }
        Ok(id)
    }

    /// Returns the number of one of the user's documents. If there is none yet, it returns 0, which no document has.
    pub(super) fn some_document(&self, turn: u64) -> i64 {
        self.remember(|memory| {
            let at = turn.checked_rem(memory.documents.len() as u64).unwrap_or_default();
            usize::try_from(at).ok().and_then(|at| memory.documents.get(at)).copied().unwrap_or_default()
        })
    }

    /// Returns the number of the document that the user is reading, which is the same a few times in a row. It returns
    /// 0 if there is none yet.
    pub(super) fn document_in_hand(&self, turn: u64) -> i64 {
        let next = self.some_document(turn);
        self.remember(|memory| {
            let (id, left) = memory.in_hand;
            memory.in_hand = if left == 0 || id == 0 { (next, LOOKS - 1) } else { (id, left - 1) };
            memory.in_hand.0
        })
    }

    /// Returns the user's certificate, and issues it when it is first needed.
    pub(super) async fn certificate(&self) -> reqwest::Result<i64> {
        if let Some(certificate) = self.remember(|memory| memory.certificate) {
            return Ok(certificate);
        }
        let order = json!({ "subject": format!("{} archive", self.account.0), "days": 90 });
        let answer =
            self.request(Method::POST, "/certificates").json(&order).send_measured().await?.error_for_status()?;
        let id = answer.json::<Value>().await?["id"].as_i64().unwrap_or_default();
        Ok(self.remember(|memory| *memory.certificate.insert(id)))
    }

    /// Returns the user's gRPC client and the token for its calls.
    pub(super) fn caller(&self) -> (Caller, String) {
        (self.caller.clone(), self.remember(|memory| memory.token.clone()))
    }

    /// Deletes documents.
    pub(super) async fn delete(&self, documents: Vec<i64>) -> reqwest::Result<()> {
        for id in documents {
            self.request(Method::DELETE, &format!("/documents/{id}")).send_measured().await?;
        }
        Ok(())
    }

    fn remember<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
