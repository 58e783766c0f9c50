//! One user of the demo: an account, its session and the documents it remembers.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mme_metrics::http::SendMeasured;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::KEPT;
use super::rpc::Caller;

/// Longest time that a client waits.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    caller: Caller,
    account: (&'static str, &'static str),
    password: String,
    memory: Mutex<Memory>,
}

/// What a user keeps in mind between two requests.
#[derive(Debug, Default)]
struct Memory {
    token: String,
    documents: VecDeque<i64>,
    certificate: Option<i64>,
}

impl Client {
    pub(super) fn new(base: String, caller: Caller, account: (&'static str, &'static str), password: String) -> Self {
        // Only TLS and proxies can fail to build, and neither is used.
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap_or_default();
        Self { http, base, caller, account, password, memory: Mutex::default() }
    }

    /// Opens a session and uses it from now on; the one before is closed.
    pub(super) async fn log_in(&self) -> reqwest::Result<()> {
        let answer = self.log_in_with(&self.password).await?.error_for_status()?;
        let token = answer.json::<Value>().await?["token"].as_str().unwrap_or_default().to_owned();
        let before = self.remember(|memory| std::mem::replace(&mut memory.token, token));
        if !before.is_empty() {
            self.http.post(format!("{}/logout", self.base)).bearer_auth(before).send_measured().await?;
        }
        Ok(())
    }

    pub(super) async fn log_in_with(&self, password: &str) -> reqwest::Result<Response> {
        let (tenant, user) = self.account;
        let credentials = json!({ "tenant": tenant, "user": user, "password": password });
        self.http.post(format!("{}/login", self.base)).json(&credentials).send_measured().await
    }

    /// Starts a request without a session.
    pub(super) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Starts a request in the user's session.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.remember(|memory| memory.token.clone()))
    }

    /// Stores a document and returns its number; the oldest is deleted once there are too many.
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

    /// Returns the number of one of the user's documents; 0, which no document has, before there is one.
    pub(super) fn some_document(&self, turn: u64) -> i64 {
        self.remember(|memory| {
            let at = turn.checked_rem(memory.documents.len() as u64).unwrap_or_default();
            usize::try_from(at).ok().and_then(|at| memory.documents.get(at)).copied().unwrap_or_default()
        })
    }

    /// Returns the user's certificate, which is issued when it is first needed.
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

    /// Returns who calls by gRPC, and the token to do it with.
    pub(super) fn caller(&self) -> (Caller, String) {
        (self.caller.clone(), self.remember(|memory| memory.token.clone()))
    }

    /// Deletes documents that nobody will need.
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
