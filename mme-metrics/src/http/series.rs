//! The kept handles: a request on a known route finds its series by one short key.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::label::{HttpErrorType, HttpMethod, HttpStatus, ROUTES, Route, Scheme};
use super::metrics::HTTP;
use crate::exchange::End;
use crate::label::{OVERFLOW, SERVERS, ServerAddress, ServerPort, split_port};
use crate::metric::{AppendMap, CappedMap, GaugeHandle, HistogramHandle};
use crate::operation;

/// The outcome of an exchange, by which its series is found within the route or server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outcome {
    pub(super) method: HttpMethod,
    pub(super) scheme: Scheme,
    pub(super) status: HttpStatus,
    pub(super) end: End,
}

impl Outcome {
    /// Returns a number that is unique to the outcome, so that a lookup hashes one word.
    fn key(self) -> u32 {
        let small = self.method as u32 | (self.scheme as u32) << 8 | (self.end as u32) << 12;
        small | u32::from(self.status.key()) << 16
    }

    /// Returns the outcome for listeners: a 4xx is not a failure of the service.
    pub(super) fn read(self) -> operation::Outcome {
        match self.end {
            // The head has said that it failed, whether the body is read or not.
            End::Complete | End::Cancelled if self.status.is_server_error() => operation::Outcome::Error("status"),
            End::Complete => operation::Outcome::Ok,
            End::Error => operation::Outcome::Error("service"),
            End::BodyError => operation::Outcome::Error("body"),
            End::Cancelled => operation::Outcome::Cancelled,
            End::Panic => operation::Outcome::Panic,
        }
    }

    pub(super) fn error_type(self) -> HttpErrorType {
        match self.end {
            End::Complete | End::Cancelled if self.status.is_server_error() => HttpErrorType::Status(self.status),
            End::Complete => HttpErrorType::None,
            End::Error => HttpErrorType::Service,
            End::BodyError => HttpErrorType::Body,
            End::Cancelled => HttpErrorType::Cancelled,
            End::Panic => HttpErrorType::Panic,
        }
    }
}

/// A metric that is recorded by method, route and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Aspect {
    RequestSize,
    ResponseSize,
    ResponseStart,
}

/// The handles of the series of one route.
#[derive(Debug)]
pub(super) struct RouteSeries {
    pub(super) route: Route,
    durations: AppendMap<u32, HistogramHandle>,
    aspects: AppendMap<(Aspect, HttpMethod, HttpStatus), HistogramHandle>,
}

impl RouteSeries {
    fn new(route: Route) -> Self {
        Self { route, durations: AppendMap::default(), aspects: AppendMap::default() }
    }

    /// Finds the route with this template; past the budget, and for templates that cannot be exported, the fallback.
    pub(super) fn of(template: &str) -> &'static Self {
        ROUTE_SERIES
            .get_or_insert_with(template, |template| Self::new(Route::register(template).unwrap_or(Route::FALLBACK)))
    }

    /// Returns the series of requests that no route matched.
    pub(super) fn unmatched() -> &'static Self {
        ROUTE_SERIES.overflow()
    }

    pub(super) fn duration(&self, outcome: Outcome) -> &HistogramHandle {
        let key = outcome.key();
        self.durations.get_or_insert_with(&key, || {
            let Outcome { method, scheme, status, .. } = outcome;
            (key, HTTP.server_duration.with((method, self.route, status, scheme, outcome.error_type())))
        })
    }

    pub(super) fn aspect(&self, aspect: Aspect, method: HttpMethod, status: HttpStatus) -> &HistogramHandle {
        let key = (aspect, method, status);
        self.aspects.get_or_insert_with(&key, || {
            let metric = match aspect {
                Aspect::RequestSize => &HTTP.server_request_size,
                Aspect::ResponseSize => &HTTP.server_response_size,
                Aspect::ResponseStart => &HTTP.server_response_start,
            };
            (key, metric.with((method, self.route, status)))
        })
    }
}

/// All routes of the process. Like the label values, they are bounded and stay for the life of the process. Past the budget of the
/// label, a template is the fallback.
static ROUTE_SERIES: LazyLock<CappedMap<RouteSeries>> =
    LazyLock::new(|| CappedMap::new(ROUTES, RouteSeries::new(Route::FALLBACK)));

/// The handles of the series of one server that this process calls.
#[derive(Debug)]
pub(super) struct ServerSeries {
    address: ServerAddress,
    port: ServerPort,
    pub(super) active: GaugeHandle,
    durations: AppendMap<u32, HistogramHandle>,
}

impl ServerSeries {
    fn new(address: ServerAddress, port: ServerPort) -> Self {
        let active = HTTP.client_active.with((address.clone(), port.clone()));
        Self { address, port, active, durations: AppendMap::default() }
    }

    /// Finds the server with this authority, `host` or `host:port` without user information, and this scheme.
    pub(super) fn of(authority: &str, scheme: Scheme) -> &'static Self {
        let usual = match scheme {
            Scheme::Http => "80",
            Scheme::Https => "443",
        };
        SERVER_SERIES[scheme as usize].get_or_insert_with(&normal(authority, usual), |authority| {
            let (host, port) = split_port(authority);
            Self::new(ServerAddress::new(host.to_owned()), ServerPort::new(port.unwrap_or(usual).to_owned()))
        })
    }

    pub(super) fn duration(&self, outcome: Outcome) -> &HistogramHandle {
        let key = outcome.key();
        self.durations.get_or_insert_with(&key, || {
            let labels =
                (outcome.method, self.address.clone(), self.port.clone(), outcome.status, outcome.error_type());
            (key, HTTP.client_duration.with(labels))
        })
    }
}

/// Returns the canonical form of an authority: in lower case, and without the default port.
fn normal<'a>(authority: &'a str, usual: &str) -> Cow<'a, str> {
    let (host, port) = split_port(authority);
    let needed = if port.is_none_or(|port| port == usual) { host } else { authority };
    // Programs write hosts in lower case, so as a rule nothing is copied.
    if needed.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(needed.to_ascii_lowercase())
    } else {
        Cow::Borrowed(needed)
    }
}

/// One table for each scheme, because the scheme determines the default port.
static SERVER_SERIES: LazyLock<[CappedMap<ServerSeries>; 2]> = LazyLock::new(|| {
    [Scheme::Http, Scheme::Https].map(|_| {
        let rest = ServerSeries::new(ServerAddress::new(OVERFLOW), ServerPort::new(OVERFLOW));
        CappedMap::new(SERVERS, rest)
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_in_several_spellings_takes_one_place() {
        let first = ServerSeries::of("series.example", Scheme::Https);
        for spelling in ["Series.Example", "series.example:443", "SERIES.example:", "SERIES.EXAMPLE:443"] {
            assert!(std::ptr::eq(first, ServerSeries::of(spelling, Scheme::Https)), "{spelling}");
        }
        assert!(!std::ptr::eq(first, ServerSeries::of("series.example:80", Scheme::Https)));
    }

    #[test]
    fn one_template_is_one_route() {
        let first = RouteSeries::of("/series/{id}");
        assert!(std::ptr::eq(first, RouteSeries::of("/series/{id}")));
        assert_eq!(first.route.as_str(), "/series/{id}");
        assert_eq!(RouteSeries::unmatched().route, Route::FALLBACK);
    }
}
