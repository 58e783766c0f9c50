//! The builder of an exporter.

use std::fmt;
use std::time::Duration;

use http::header::{
    ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::ClientBuilder;
use tokio::runtime::Handle;

use super::body::Envelope;
use super::client::Client;
use super::error::OtlpSetupError;
use super::export::Export;
use super::handle::OtlpExporter;
use super::protocol::{OtlpEndpoint, OtlpProtocol, parse_url};
use super::temporality::OtlpTemporality;
use super::{resource, task};
use crate::recorder::Recorder;

pub(super) const ENDPOINT_ACCEPTS: &str = "the URL of an OTLP receiver, such as http://collector:4318";
pub(super) const HEADERS_ACCEPT: &str =
    "`name=value,name=value`, with percent-encoded values, without headers that the exporter sets itself";
pub(super) const TIME_ACCEPTS: &str = "a whole number of milliseconds from 1 to 86400000";

/// The longest timeout and interval: a day. A longer one is a mistake in the unit.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// Bytes that a reading is split at. Receivers accept 4 MiB in one message, or more.
const REQUEST_LIMIT: usize = 4 << 20;

/// The least that can be asked of `request_limit`: a chunk of the reading, and the resource.
const LEAST_REQUEST: usize = 128 << 10;

/// The builder of an [`OtlpExporter`]. [`OtlpExporter::builder`] returns one with the defaults, and
/// [`with_env`](Self::with_env) takes over the settings of the environment. What is set later wins.
#[must_use = "nothing is exported until `start` is called"]
pub struct OtlpExporterBuilder {
    pub(super) endpoint: Option<OtlpEndpoint>,
    pub(super) protocol: OtlpProtocol,
    pub(super) headers: HeaderMap,
    timeout: Duration,
    interval: Duration,
    pub(super) temporality: OtlpTemporality,
    gzip: bool,
    request_limit: usize,
    pub(super) attributes: Vec<(String, String)>,
    client: Option<ClientBuilder>,
    pub(super) enabled: bool,
    /// A variable about certificates that is set, and that only a client of the user can follow.
    pub(super) certificate: Option<&'static str>,
}

impl fmt::Debug for OtlpExporterBuilder {
    // Without headers, the client and the URL, which may have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporterBuilder")
            .field("protocol", &self.protocol)
            .field("timeout", &self.timeout)
            .field("interval", &self.interval)
            .field("temporality", &self.temporality)
            .field("gzip", &self.gzip)
            .field("request_limit", &self.request_limit)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

impl OtlpExporter {
    /// Returns a builder with the defaults of the specification: `http://localhost:4318/v1/metrics`, or `http://localhost:4317` over
    /// gRPC, every 60 s, a timeout of 10 s, no compression. It reads no environment variables.
    pub fn builder() -> OtlpExporterBuilder {
        OtlpExporterBuilder {
            endpoint: None,
            protocol: OtlpProtocol::default(),
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(10),
            interval: Duration::from_mins(1),
            temporality: OtlpTemporality::default(),
            gzip: false,
            request_limit: REQUEST_LIMIT,
            attributes: Vec::new(),
            client: None,
            enabled: true,
            certificate: None,
        }
    }
}

impl OtlpExporterBuilder {
    /// Sets the URL of the receiver. Over HTTP, requests are sent to it as it is: with the path, which is usually `/v1/metrics`. Over
    /// gRPC it is the URL of the server, such as `http://collector:4317`.
    ///
    /// # Errors
    ///
    /// When it is not the absolute URL of an HTTP server.
    pub fn endpoint(mut self, url: &str) -> Result<Self, OtlpSetupError> {
        let url = parse_url(url).ok_or(OtlpSetupError::invalid("endpoint", ENDPOINT_ACCEPTS))?;
        self.endpoint = Some(OtlpEndpoint::Exact(url));
        Ok(self)
    }

    /// Sets how the exporter speaks to the receiver: protobuf over HTTP by default.
    pub const fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Adds a header to every request, such as `authorization`. A header of the same name is replaced. The value is never printed.
    ///
    /// # Errors
    ///
    /// When the name or the value is not allowed in HTTP, or the exporter sets this header itself.
    pub fn header(self, name: &str, value: &str) -> Result<Self, OtlpSetupError> {
        self.with_header(name, value)
            .ok_or(OtlpSetupError::invalid("header", "a header that HTTP allows and the exporter does not set itself"))
    }

    pub(super) fn with_header(mut self, name: &str, value: &str) -> Option<Self> {
        const OWN: [HeaderName; 9] = [
            ACCEPT,
            CONNECTION,
            CONTENT_ENCODING,
            CONTENT_LENGTH,
            CONTENT_TYPE,
            HOST,
            TE,
            TRANSFER_ENCODING,
            USER_AGENT,
        ];
        let is_own = |name: &HeaderName| OWN.contains(name) || name.as_str().starts_with("grpc-");
        let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !is_own(name))?;
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Some(self)
    }

    /// Sets how long a request may take, with its retries: 10 s by default.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time from the start of an export to the start of the next: 60 s by default.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets whether totals are sent, which is the default, or differences.
    pub const fn temporality(mut self, temporality: OtlpTemporality) -> Self {
        self.temporality = temporality;
        self
    }

    /// Compresses the requests with gzip, or does not, which is the default.
    pub const fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Sets the size in bytes at which a reading is split into several requests, before it is compressed: 4 MiB by default, 128 KiB at
    /// least.
    pub const fn request_limit(mut self, bytes: usize) -> Self {
        self.request_limit = bytes;
        self
    }

    /// Sets an attribute of the resource, which every metric of this process belongs to. `telemetry.sdk.*` says what sends, and
    /// cannot be set.
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Sets the attribute `service.name`, which Prometheus shows as the label `job`.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.resource_attribute(resource::SERVICE_NAME, name)
    }

    /// Uses this HTTP client, for certificates or a proxy of your own. Over gRPC it speaks HTTP/2 from the first byte. Redirects are not followed, and responses are not
    /// decompressed, whatever it says. The default client uses no proxy.
    pub fn client(mut self, client: ClientBuilder) -> Self {
        self.client = Some(client);
        self
    }

    /// Turns the exporter off, or on, which is the default. An exporter that is off starts no task and sends nothing.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Starts the exporter: a task on the current tokio runtime that exports the metrics of `recorder` until the returned handle is
    /// shut down or dropped. The first export comes after one interval.
    ///
    /// # Errors
    ///
    /// When a setting is outside of its range, the HTTP client cannot be built, or there is no tokio runtime.
    ///
    /// # Panics
    ///
    /// When the runtime was built without its time driver (`enable_all`).
    pub fn start(self, recorder: &Recorder) -> Result<OtlpExporter, OtlpSetupError> {
        let in_range = |name, time: Duration| {
            let is_valid = (Duration::from_millis(1)..=LONGEST).contains(&time);
            if is_valid { Ok(()) } else { Err(OtlpSetupError::invalid(name, "1 ms to 24 hours")) }
        };
        in_range("timeout", self.timeout)?;
        in_range("interval", self.interval)?;
        if self.request_limit < LEAST_REQUEST {
            return Err(OtlpSetupError::invalid("request_limit", "at least 128 KiB"));
        }
        if let (Some(name), None) = (self.certificate, &self.client) {
            return Err(OtlpSetupError::invalid(
                name,
                "no value, and certificates to a client that is passed to `OtlpExporterBuilder::client`",
            ));
        }
        if !self.enabled {
            return Ok(OtlpExporter::disabled());
        }
        let runtime = Handle::try_current().map_err(|_| OtlpSetupError::NoRuntime)?;
        let url = self.protocol.url(self.endpoint);
        let url = url.ok_or(OtlpSetupError::invalid("endpoint", ENDPOINT_ACCEPTS))?;
        let client =
            Client::new(self.client, self.protocol, url, self.headers, self.gzip).map_err(OtlpSetupError::Client)?;
        let resource = resource::resource(&self.attributes);
        let envelope = Envelope::new(&resource, &resource::scope(), self.request_limit, self.gzip);
        let export = Export::new(recorder.clone(), client, envelope, self.timeout, self.temporality);
        Ok(task::start(&runtime, export, self.interval))
    }
}
