//! The declarations of HTTP and functions, until their families are part of the catalogue: the dashboards need their
//! names and labels.

use crate::label::{LabelValue, Values};
use crate::spec::{Counter, Gauge, Histogram, Unit};
use crate::{buckets, family, open_label};

open_label! {
    /// The template of the route.
    pub registered Route: "http_route", budget = 1000, fallback = "_unmatched";
    /// The host a request was sent to.
    pub capped ServerAddress: "server_address", budget = 100;
    /// The port a request was sent to.
    pub capped ServerPort: "server_port", budget = 100;
    /// The status of the response.
    pub capped Status: "http_response_status_code", budget = 600;
    /// Why it failed.
    pub capped ErrorType: "error_type", budget = 600;
    /// The method.
    pub capped Method: "http_request_method", budget = 11;
    /// The scheme.
    pub capped Scheme: "url_scheme", budget = 2;
    /// The function.
    pub registered FunctionName: "function", budget = 4096, fallback = "_other";
    /// Its module.
    pub registered ModulePath: "module", budget = 1024, fallback = "_other";
}

macro_rules! closed {
    ($name:ident, $key:literal, $values:expr) => {
        /// A closed label.
        #[derive(Clone, Copy, Debug)]
        pub struct $name(&'static str);

        impl LabelValue for $name {
            const KEY: &'static str = $key;
            const VALUES: Values = Values::Closed($values);

            fn label_value(&self) -> metrics::SharedString {
                metrics::SharedString::const_str(self.0)
            }
        }
    };
}

closed!(Kind, "kind", &["sse", "websocket", "connect"]);
closed!(Ended, "result", &["ok", "error", "cancelled"]);

family! {
    /// HTTP servers and clients.
    pub static HTTP: HttpMetrics {
        /// Duration of HTTP server requests.
        server_duration: Histogram<(Method, Route, Status, Scheme, ErrorType)> =
            Histogram::new("http_server_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
        /// Number of active HTTP server requests.
        server_active: Gauge<(Method, Scheme)> = Gauge::new("http_server_active_requests", Unit::None);
        /// Number of open streams.
        server_streams: Gauge<(Route, Kind)> = Gauge::new("http_server_active_streams", Unit::None);
        /// Time from the head of the response that opened a stream to the stream's end.
        server_stream_duration: Histogram<(Route, Kind)> =
            Histogram::new("http_server_stream_duration_seconds", Unit::Seconds, buckets::STREAM);
        /// Duration of HTTP client requests.
        client_duration: Histogram<(Method, ServerAddress, ServerPort, Status, ErrorType)> =
            Histogram::new("http_client_request_duration_seconds", Unit::Seconds, buckets::REQUEST);
    }
}

family! {
    /// Functions with `#[instrument_metrics]`.
    pub static FUNCTION: FunctionMetrics {
        /// Calls that ended, by how they ended.
        calls: Counter<(FunctionName, ModulePath, Ended, ErrorType)> =
            Counter::new("function_calls_total", Unit::None);
        /// Time from the start of a call to its end, whatever the end.
        duration: Histogram<(FunctionName, ModulePath)> =
            Histogram::new("function_calls_duration_seconds", Unit::Seconds, buckets::REQUEST);
    }
}
