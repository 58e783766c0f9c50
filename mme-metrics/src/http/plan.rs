//! What a server layer does with one request, decided by one look at its head.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use ::http::uri::Scheme as UriScheme;
use ::http::{Method, Request, Version, header};

use super::label::{HttpMethod, HttpStreamKind, Scheme};
use super::rules::{ExtraValues, RequestHead, Rules};
use super::series::RouteSeries;
use crate::event::Notes;

/// What a layer does with a request.
pub(super) enum Plan {
    /// A rule skips it.
    Skip,
    /// A layer further out measures it. That layer may not know the route.
    Inform(Option<&'static RouteSeries>),
    /// This layer measures it.
    Measure(RequestPlan),
}

/// What the head of a request says for its measurement.
pub(super) struct RequestPlan {
    pub(super) route: Option<&'static RouteSeries>,
    pub(super) method: HttpMethod,
    pub(super) scheme: Scheme,
    /// What the connection becomes if the service agrees to an upgrade.
    pub(super) upgrade: Option<HttpStreamKind>,
    /// The values of the extra labels, if the layer has any.
    pub(super) labels: Option<ExtraValues>,
    /// The attributes for listeners.
    pub(super) notes: Notes,
}

/// Marks a request in its extensions as measured, for inner layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeasurementMark;

/// A place among the extensions of a request in which an inner layer leaves the route for the layer that measures, which stands
/// outside the router: `None` where the inner layer skips the request.
#[derive(Clone, Debug, Default)]
pub(super) struct LateRoute(pub(super) Arc<OnceLock<Option<&'static RouteSeries>>>);

impl LateRoute {
    /// Leaves the route for a layer that waits for it. If several inner layers know it, the first one counts.
    pub(super) fn set<B>(request: &Request<B>, route: Option<&'static RouteSeries>) {
        if let Some(late) = request.extensions().get::<Self>() {
            let _ = late.0.set(route);
        }
    }
}

impl Plan {
    /// Decides what a layer with these rules does with a request. Labels and notes are read only for a request that it
    /// measures. The scheme is read from the request unless the layer has a `fixed_scheme`.
    #[inline]
    pub(super) fn of<B>(request: &Request<B>, rules: Option<&Rules>, fixed_scheme: Option<Scheme>) -> Self {
        let head = RequestHead::of(request);
        let template = template(head, rules);
        if rules.is_some_and(|rules| rules.skips(head.uri, template)) {
            return Self::Skip;
        }
        let route = template.map(RouteSeries::of);
        if head.extensions.get::<MeasurementMark>().is_some() {
            return Self::Inform(route);
        }
        Self::Measure(RequestPlan {
            route,
            method: HttpMethod::of(head.method),
            scheme: fixed_scheme.unwrap_or_else(|| scheme(request.version(), head)),
            upgrade: upgrade_kind(head),
            labels: rules.and_then(|rules| rules.request_labels(head)),
            notes: rules.map_or(Notes::new(), |rules| rules.request_notes(head)),
        })
    }
}

/// Returns the template of the route, if this layer can see it.
fn template<'a>(head: RequestHead<'a>, rules: Option<&Rules>) -> Option<&'a str> {
    if let Some(route) = rules.and_then(|rules| rules.route.as_ref()) {
        // A panic in the service's function loses the route and nothing else.
        return catch_unwind(AssertUnwindSafe(|| route(head))).ok().flatten();
    }
    #[cfg(feature = "axum")]
    return head.extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str);
    #[cfg(not(feature = "axum"))]
    None
}

fn scheme(version: Version, head: RequestHead<'_>) -> Scheme {
    // In HTTP/2 the target has the scheme. In HTTP/1.1 it has one only for a proxy, and this is not a proxy: the client made it up.
    let is_https = version >= Version::HTTP_2 && head.uri.scheme() == Some(&UriScheme::HTTPS);
    if is_https { Scheme::Https } else { Scheme::Http }
}

/// Returns what the connection becomes if the service agrees to an upgrade.
fn upgrade_kind(head: RequestHead<'_>) -> Option<HttpStreamKind> {
    let is_websocket = if *head.method == Method::CONNECT {
        // RFC 8441: a WebSocket over HTTP/2 is a CONNECT with this header.
        head.headers.contains_key(header::SEC_WEBSOCKET_VERSION)
    } else {
        head.headers.get(header::UPGRADE)?.as_bytes().eq_ignore_ascii_case(b"websocket")
    };
    Some(if is_websocket { HttpStreamKind::Websocket } else { HttpStreamKind::Connect })
}
