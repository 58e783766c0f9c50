//! The builder of the source tracker. Only its `build` can fail.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use siphasher::sip::SipHasher24;
use siphasher::sip128::SipHasher24 as Wide;

use super::network::Network;
use super::proxy::{Header, Proxies};
use super::window::Counts;
use super::{Clock, CountryResolver, SourceTracker, accounts};

/// Minimum length of a secret, in bytes. A secret of this length cannot be guessed.
const SECRET_BYTES: usize = 16;

/// Upper bound of the limits, because of what one frame of a window can hold.
const HIGHEST: u32 = 65_534;

/// Configures a [`SourceTracker`]: its limits, its secret, its trusted proxies and its country resolver.
#[must_use = "a builder does nothing until `build` is called"]
pub struct SourceTrackerBuilder {
    limits: Counts,
    accounts: u32,
    secret: Option<Vec<u8>>,
    proxies: Option<(Header, Vec<String>)>,
    resolver: Option<Box<dyn CountryResolver>>,
    clock: Clock,
}

impl SourceTracker {
    /// Creates a builder. [`Default`] has the limits 10 and 50, a random secret and no proxies.
    pub fn builder() -> SourceTrackerBuilder {
        SourceTrackerBuilder::default()
    }
}

impl Default for SourceTracker {
    fn default() -> Self {
        // The builder checks settings only, and none was changed.
        Self::builder().build().expect("the defaults are within every bound")
    }
}

impl Default for SourceTrackerBuilder {
    fn default() -> Self {
        Self {
            limits: Counts { minute: 10, hour: 50 },
            accounts: 50,
            secret: None,
            proxies: None,
            resolver: None,
            clock: Clock::system(),
        }
    }
}

impl SourceTrackerBuilder {
    /// Sets how many failures a source may have within a minute and within an hour, 10 and 50 by default.
    pub fn limits(mut self, minute: u32, hour: u32) -> Self {
        self.limits = Counts { minute, hour };
        self
    }

    /// Sets from how many sources an account may fail within an hour, about 50 by default and at most 150. The number
    /// of sources is estimated with an error of about a fifth.
    pub fn account_limit(mut self, sources: u32) -> Self {
        self.accounts = sources;
        self
    }

    /// Sets a secret of at least 16 bytes that replicas share, so that their buckets are the same and can be added up.
    ///
    /// By default, each process has a random secret, so it is not known which bucket a source falls into.
    pub fn shared_secret(mut self, secret: &[u8]) -> Self {
        self.secret = Some(secret.to_vec());
        self
    }

    /// Trusts proxies in these networks (`10.0.0.0/8`, `fd00::/8`, or single addresses) to state in `X-Forwarded-For`
    /// where a request came from. Everything else in that header is ignored, and so is the header `Forwarded`.
    pub fn x_forwarded_for<T: AsRef<str>>(self, proxies: impl IntoIterator<Item = T>) -> Self {
        self.proxies(Header::XForwardedFor, proxies)
    }

    /// Trusts proxies in these networks to state in `Forwarded` (RFC 7239) where a request came from. `X-Forwarded-For`
    /// is then ignored.
    pub fn forwarded<T: AsRef<str>>(self, proxies: impl IntoIterator<Item = T>) -> Self {
        self.proxies(Header::Forwarded, proxies)
    }

    fn proxies<T: AsRef<str>>(mut self, header: Header, proxies: impl IntoIterator<Item = T>) -> Self {
        self.proxies = Some((header, proxies.into_iter().map(|proxy| proxy.as_ref().to_owned()).collect()));
        self
    }

    /// Also counts attempts by the country that `resolver` returns. If the resolver panics, the country is unknown.
    pub fn country(mut self, resolver: impl CountryResolver) -> Self {
        self.resolver = Some(Box::new(resolver));
        self
    }

    /// Sets a clock for tests. It returns the time that has passed since a fixed moment.
    pub fn clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.clock = Clock::Given(Box::new(clock));
        self
    }

    /// Builds the tracker.
    ///
    /// # Errors
    ///
    /// When a limit is 0 or too high, the secret is too short, or a network is invalid or contains every address.
    pub fn build(self) -> Result<SourceTracker, SourceTrackerError> {
        let within = |limit, most| (1..=most).contains(&limit);
        if !within(self.limits.minute, HIGHEST) || !within(self.limits.hour, HIGHEST) {
            return Err(SourceTrackerError::Limit(HIGHEST));
        }
        if !within(self.accounts, accounts::MOST) {
            return Err(SourceTrackerError::Limit(accounts::MOST));
        }
        let hasher = match &self.secret {
            Some(secret) if secret.len() < SECRET_BYTES => return Err(SourceTrackerError::Secret),
            Some(secret) => {
                let key = Wide::new_with_keys(0x6d6d_652d_6d65_7472, 0x6963_735f_736f_7572).hash(secret);
                SipHasher24::new_with_keys(key.h1, key.h2)
            }
            None => {
                // The system keys `RandomState` at random, so the key derived from it is secret.
                let random = RandomState::new();
                SipHasher24::new_with_keys(random.hash_one(0_u64), random.hash_one(1_u64))
            }
        };
        let proxies =
            self.proxies.map(|(header, networks)| read(&networks).map(|networks| Proxies { networks, header }));
        let most = accounts::cells_of(self.accounts);
        Ok(SourceTracker::new(hasher, self.limits, most, proxies.transpose()?, self.resolver, self.clock))
    }
}

fn read(networks: &[String]) -> Result<Vec<Network>, SourceTrackerError> {
    let read = |(at, text): (usize, &String)| match Network::parse(text) {
        None => Err(SourceTrackerError::Network(at + 1)),
        Some(network) if network.is_everything() => Err(SourceTrackerError::Everybody(at + 1)),
        Some(network) => Ok(network),
    };
    networks.iter().enumerate().map(read).collect()
}

// The output leaves out the secret and the proxies, which do not belong in a log.
impl fmt::Debug for SourceTrackerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceTrackerBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Why a tracker could not be built. The error does not repeat the values that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceTrackerError {
    /// A limit is 0, or higher than this.
    Limit(u32),
    /// The shared secret is too short.
    Secret,
    /// The trusted proxy at this position of the list is not a network.
    Network(usize),
    /// The network at this position of the list contains every address, so any client could claim any address.
    Everybody(usize),
}

impl fmt::Display for SourceTrackerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(most) => write!(f, "a limit of the source tracker is out of range: set it to 1 to {most}"),
            Self::Secret => write!(f, "the shared secret is too short: use at least {SECRET_BYTES} random bytes"),
            Self::Network(at) => write!(
                f,
                "trusted proxy number {at} is not a network: write an address, or one with a prefix such as 10.0.0.0/8"
            ),
            Self::Everybody(at) => write!(
                f,
                "trusted proxy number {at} matches every address: name the networks that your proxies stand in"
            ),
        }
    }
}

impl Error for SourceTrackerError {}
