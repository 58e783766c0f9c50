//! The settings in OpenTelemetry's environment variables.

use std::ffi::OsString;
use std::time::Duration;

use super::builder::{ENDPOINT_ACCEPTS, HEADERS_ACCEPT, LONGEST, OtlpExporterBuilder, TIME_ACCEPTS};
use super::error::OtlpSetupError;
use super::handle::OtlpExporter;
use super::list;
use super::protocol::{OtlpEndpoint, OtlpProtocol, parse_url};
use super::temporality::OtlpTemporality;

/// The variable of metrics, which wins, and that of all signals.
type Names = [&'static str; 2];

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
const HEADERS: Names = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const TIMEOUT: Names = ["OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const COMPRESSION: Names = ["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
const PROTOCOL: Names = ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTERS: &str = "OTEL_METRICS_EXPORTER";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SERVICE: &str = "OTEL_SERVICE_NAME";

/// What reqwest reads from files, if the user tells it to.
const CERTIFICATES: [&str; 6] = [
    "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
];

impl OtlpExporter {
    /// Returns a builder with the settings of OpenTelemetry's environment variables, and the defaults for the others. See
    /// [`OtlpExporterBuilder::with_env`].
    ///
    /// # Errors
    ///
    /// When a variable has a value that cannot be used.
    pub fn from_env() -> Result<OtlpExporterBuilder, OtlpSetupError> {
        Self::builder().with_env()
    }
}

impl OtlpExporterBuilder {
    /// Takes the settings of OpenTelemetry's environment variables over. What was set before is the default of a variable that is not
    /// set, and what is set after this call wins over the variables.
    ///
    /// A variable that names metrics wins over the one for all signals. An empty variable counts as unset.
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `OTEL_EXPORTER_OTLP_ENDPOINT` | the receiver; over HTTP `/v1/metrics` is appended |
    /// | `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the URL as it is; over gRPC that of the receiver |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_HEADERS` | `name=value,…`, with percent-encoded values |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_TIMEOUT` | milliseconds |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_COMPRESSION` | `gzip` or `none` |
    /// | `OTEL_EXPORTER_OTLP[_METRICS]_PROTOCOL` | `http/protobuf` or `grpc` |
    /// | `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` | `cumulative` or `delta` |
    /// | `OTEL_METRIC_EXPORT_INTERVAL` | milliseconds |
    /// | `OTEL_RESOURCE_ATTRIBUTES` | `key=value,…`, percent-encoded |
    /// | `OTEL_SERVICE_NAME` | the attribute `service.name`, which wins |
    /// | `OTEL_METRICS_EXPORTER` | a list; the exporter is off unless it has `otlp` or is unset |
    /// | `OTEL_SDK_DISABLED` | `true` turns the exporter off; the other variables are then not read |
    ///
    /// The variables for certificates, such as `OTEL_EXPORTER_OTLP_CERTIFICATE`, are refused unless [`client`](Self::client) is set.
    ///
    /// # Errors
    ///
    /// When a variable has a value that cannot be used. The error names the variable and what it accepts, and never the value.
    pub fn with_env(self) -> Result<Self, OtlpSetupError> {
        read(self, |name| std::env::var_os(name))
    }
}

/// Reads the settings from variables.
fn read(
    mut builder: OtlpExporterBuilder,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<OtlpExporterBuilder, OtlpSetupError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let text = |name, accepts| match set(name) {
        None => Ok(None),
        Some(value) => value.into_string().map(Some).map_err(|_| OtlpSetupError::invalid(name, accepts)),
    };
    // Returns the value, and the variable that it is from.
    let signal = |names: Names, accepts| -> Result<Option<(&'static str, String)>, OtlpSetupError> {
        for name in names {
            if let Some(value) = text(name, accepts)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    };
    let choices = "`true` or `false`";
    let disabled = match text(DISABLED, choices)? {
        Some(disabled) => choice(DISABLED, &disabled, choices, &[("true", true), ("false", false)])?,
        None => false,
    };
    let exporters = text(EXPORTERS, "a list of exporters, such as `otlp`")?;
    let others = exporters.is_some_and(|list| !list.split(',').any(|exporter| exporter.trim() == "otlp"));
    if disabled || others {
        // The other variables may be for another exporter.
        return Ok(builder.enabled(false));
    }
    if let Some(url) = text(ENDPOINT, ENDPOINT_ACCEPTS)? {
        let url = parse_url(&url).ok_or(OtlpSetupError::invalid(ENDPOINT, ENDPOINT_ACCEPTS))?;
        builder.endpoint = Some(OtlpEndpoint::Exact(url));
    } else if let Some(base) = text(BASE, ENDPOINT_ACCEPTS)? {
        let url = parse_url(&base).ok_or(OtlpSetupError::invalid(BASE, ENDPOINT_ACCEPTS))?;
        builder.endpoint = Some(OtlpEndpoint::Base(url));
    }
    if let Some((name, headers)) = signal(HEADERS, HEADERS_ACCEPT)? {
        let invalid = || OtlpSetupError::invalid(name, HEADERS_ACCEPT);
        for (key, value) in list::read(&headers).ok_or_else(invalid)? {
            builder = builder.with_header(&key, &value).ok_or_else(invalid)?;
        }
    }
    if let Some((name, millis)) = signal(TIMEOUT, TIME_ACCEPTS)? {
        builder = builder.timeout(time(name, &millis)?);
    }
    if let Some(millis) = text(INTERVAL, TIME_ACCEPTS)? {
        builder = builder.interval(time(INTERVAL, &millis)?);
    }
    let choices = "`gzip` or `none`";
    if let Some((name, compression)) = signal(COMPRESSION, choices)? {
        builder = builder.gzip(choice(name, &compression, choices, &[("none", false), ("gzip", true)])?);
    }
    let choices = "`http/protobuf` or `grpc`";
    if let Some((name, protocol)) = signal(PROTOCOL, choices)? {
        let protocols = [("http/protobuf", OtlpProtocol::HttpProtobuf), ("grpc", OtlpProtocol::Grpc)];
        builder = builder.protocol(choice(name, &protocol, choices, &protocols)?);
    }
    let choices = "`cumulative` or `delta`";
    if let Some(preference) = text(TEMPORALITY, choices)? {
        let preferences = [("cumulative", OtlpTemporality::Cumulative), ("delta", OtlpTemporality::Delta)];
        builder = builder.temporality(choice(TEMPORALITY, &preference, choices, &preferences)?);
    }
    let accepts = "`key=value,key=value`, percent-encoded";
    if let Some(attributes) = text(ATTRIBUTES, accepts)? {
        for (key, value) in list::read(&attributes).ok_or(OtlpSetupError::invalid(ATTRIBUTES, accepts))? {
            builder = builder.resource_attribute(key, value);
        }
    }
    if let Some(name) = text(SERVICE, "a text in UTF-8")? {
        builder = builder.service_name(name);
    }
    builder.certificate = CERTIFICATES.into_iter().find(|name| set(name).is_some());
    Ok(builder)
}

/// Reads milliseconds.
fn time(name: &'static str, text: &str) -> Result<Duration, OtlpSetupError> {
    let time = text.trim().parse().ok().map(Duration::from_millis);
    time.filter(|time| !time.is_zero() && *time <= LONGEST).ok_or(OtlpSetupError::invalid(name, TIME_ACCEPTS))
}

/// Reads one of several words, in any case.
fn choice<T: Copy>(
    name: &'static str,
    text: &str,
    accepts: &'static str,
    choices: &[(&str, T)],
) -> Result<T, OtlpSetupError> {
    let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, value)| *value).ok_or(OtlpSetupError::invalid(name, accepts))
}

#[cfg(test)]
mod tests;
