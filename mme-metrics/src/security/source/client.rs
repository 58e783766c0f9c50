//! The client that a request comes from.

use std::fmt;
use std::net::IpAddr;

use ::http::HeaderMap;

use super::SourceTracker;
use super::network::Source;
use crate::label::CountryCode;

/// The client of a request, as a [`SourceTracker`] determined it: a source, and an account if the client names one.
///
/// Neither appears in the `Debug` output or in a label.
#[derive(Clone)]
pub struct SecurityClient {
    pub(super) tracker: SourceTracker,
    address: IpAddr,
    pub(super) source: Source,
    pub(super) account: Option<u64>,
    country: Option<CountryCode>,
}

impl SourceTracker {
    /// Determines the client of a request. `peer` is the address of the socket. Headers count only from trusted
    /// proxies.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> SecurityClient {
        SecurityClient::new(self.clone(), self.address_of(peer, headers))
    }
}

impl SecurityClient {
    fn new(tracker: SourceTracker, address: IpAddr) -> Self {
        let address = address.to_canonical();
        let country = tracker.country_of(address);
        Self { source: Source::of(address), address, tracker, account: None, country }
    }

    /// Sets the account that the client wants, by the service's own name for it: `Alice` and `alice` are two accounts.
    ///
    /// Only a keyed hash of the name is kept.
    pub fn account(mut self, name: &str) -> Self {
        self.account = Some(self.tracker.hash_account(name));
        self
    }

    /// Returns the country that the tracker's resolver returned, if there is a resolver.
    pub const fn country(&self) -> Option<CountryCode> {
        self.country
    }

    /// Returns the address: that of the socket, or the one that trusted proxies state. Keep it out of labels and logs.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    pub(in crate::security) const fn account_hash(&self) -> Option<u64> {
        self.account
    }
}

impl fmt::Debug for SecurityClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityClient").finish_non_exhaustive()
    }
}
