//! The client that a request comes from.

use std::fmt;
use std::net::IpAddr;

use super::SourceTracker;
use super::network::Source;
use super::standing::SourceStanding;
use crate::label::CountryCode;

/// The client of a request, as a [`SourceTracker`] determined it: a source, and an account if the client names one.
///
/// Neither appears in the `Debug` output or in a label.
#[derive(Clone)]
pub struct SecurityClient {
    tracker: SourceTracker,
    address: IpAddr,
    source: Source,
    account: Option<u64>,
    country: Option<CountryCode>,
}

impl SecurityClient {
    pub(super) fn new(tracker: SourceTracker, address: IpAddr) -> Self {
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

    /// Returns the standing of the source. This counts nothing.
    pub fn standing(&self) -> SourceStanding {
        self.tracker.standing(self.source)
    }

    /// Counts a failure against the source, and against the account if there is one.
    ///
    /// An [`AuthAttempt`](crate::security::AuthAttempt) with [`by`](crate::security::AuthAttempt::by) does this itself.
    pub fn failure(&self) -> SourceStanding {
        self.tracker.failure(self)
    }

    /// Reports a success. It does not cancel failures; otherwise a client with one account could try all others.
    ///
    /// The success of a source over a limit is a security event of type `suspicious`.
    pub fn success(&self) {
        self.tracker.success(self);
    }

    pub(super) const fn source(&self) -> Source {
        self.source
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
