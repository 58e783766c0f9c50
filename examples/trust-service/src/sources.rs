//! Tracks the sources of requests: detects brute-force sources, maps addresses to countries, and knows threats.

use std::net::{IpAddr, Ipv4Addr};

use axum::Router;
use mme_metrics::endpoint::SourcesEndpoint;
use mme_metrics::label::CountryCode;
use mme_metrics::security::{
    BlockReason, EventOutcome, EventType, Feed, SECURITY, SourceTracker, SourceTrackerError, ThreatCategory,
};

/// A threat feed: a list of addresses known for attacks. A real one is fetched every few minutes.
const FEED: Feed = Feed::new("example");

/// The only entry of the feed, an address reserved for examples.
const THREATS: [(Ipv4Addr, ThreatCategory); 1] = [(Ipv4Addr::new(192, 0, 2, 66), ThreatCategory::new("scanner"))];

/// Starts to track the sources of failed logins. The source address in a header is trusted only if it comes from one of
/// `proxies`.
pub(crate) fn track(proxies: &[String], secret: Option<&str>) -> Result<SourceTracker, SourceTrackerError> {
    let tracker = SourceTracker::builder().x_forwarded_for(proxies).country(country);
    match secret {
        // Instances with the same secret assign a source to the same bucket.
        Some(secret) => tracker.shared_secret(secret.as_bytes()).build(),
        None => tracker.build(),
    }
}

/// Creates the zero series of the events that should never happen.
pub(crate) fn set_up() {
    for (_, category) in THREATS {
        SECURITY.threats.touch((FEED, category));
    }
    [BlockReason::BRUTE_FORCE, BlockReason::THREAT].into_iter().for_each(|reason| SECURITY.blocks.touch((reason,)));
    SECURITY.events.touch((EventType::SUSPICIOUS, EventOutcome::Success));
    SECURITY.events.touch((EventType::SOURCE_OVER_LIMIT, EventOutcome::Failure));
}

/// Returns the routes that list the failing sources with their addresses. They require the token.
pub(crate) fn router(tracker: &SourceTracker, token: &str) -> Router {
    SourcesEndpoint::new(tracker, token).into_router()
}

/// Returns whether an address is on the feed, and counts it if it is.
pub(crate) fn is_threat(address: IpAddr) -> bool {
    let known = THREATS.into_iter().find(|(threat, _)| IpAddr::from(*threat) == address);
    if let Some((_, category)) = known {
        SECURITY.threats.increment((FEED, category));
    }
    known.is_some()
}

/// Returns the country of an address. It stands in for a geolocation database, and knows only the example networks of
/// RFC 5737.
fn country(address: IpAddr) -> Option<CountryCode> {
    let IpAddr::V4(address) = address else { return None };
    match address.octets() {
        [192, 0, 2, _] => Some(CountryCode::find("FR")),
        [198, 51, 100, _] => Some(CountryCode::find("DE")),
        [203, 0, 113, _] => Some(CountryCode::find("US")),
        _ => None,
    }
}
