//! Brute-force detection: counts failed authentications by source, in bounded memory, without revealing sources.

mod accounts;
mod builder;
mod client;
mod count;
mod country;
mod network;
mod proxy;
mod shard;
mod standing;
mod table;
mod window;

pub use self::builder::{SourceTrackerBuilder, SourceTrackerError};
pub use self::client::SecurityClient;
pub use self::country::CountryResolver;
pub use self::standing::SourceStanding;

use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ::http::HeaderMap;
use crossbeam_utils::CachePadded;
use siphasher::sip::SipHasher24;

use self::accounts::Accounts;
use self::network::Source;
use self::proxy::Proxies;
use self::shard::{Shard, Totals};
use self::window::{Counts, TICK_SECONDS, Tick};
use super::label::{SourceBucket, Window};
use super::metrics::SECURITY;
use crate::label::CountryCode;

/// The number of shards of the sources, and of the accounts. Each is a power of two.
const SHARDS: usize = 64;
const ACCOUNT_SHARDS: usize = 16;

/// Detects sources and accounts that fail to authenticate too often, without revealing them.
///
/// Clones share the state. Use one tracker in a process.
///
/// ```
/// use std::net::IpAddr;
///
/// use mme_metrics::operation::Guard;
/// use mme_metrics::security::{AuthMethod, Authenticator, FailureReason, SourceTracker};
///
/// static PASSWORD: Authenticator = Authenticator::new(AuthMethod::PASSWORD);
///
/// let tracker = SourceTracker::builder().x_forwarded_for(["10.0.0.0/8"]).build()?;
/// let recorder = mme_metrics::Recorder::builder().collect_named("sources", tracker.collector()).build()?;
///
/// // In a handler: `peer` is the socket's address, `headers` are those of the request.
/// # let (peer, headers, right) = (IpAddr::from([203, 0, 113, 7]), http::HeaderMap::new(), false);
/// let client = tracker.client(peer, &headers).account("alice");
/// if client.standing().is_over_limit() {
///     // Answer 429, and count a block.
/// }
/// let attempt = Guard::start(PASSWORD.attempt().by(&client));
/// if right { attempt.success() } else { attempt.failure(FailureReason::CREDENTIALS) }
///
/// assert_eq!(client.standing().minute(), 1);
/// assert!(recorder.render(mme_metrics::Format::Text).contains("auth_source_failures_max{window=\"1m\"} 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What it counts
///
/// A source is an IPv4 address or the /64 of an IPv6 address. An IPv4 address that a NAT64 gateway wrote as `64:ff9b::…` counts as
/// that IPv4 address. Its failures are counted in two sliding windows, 1 minute
/// and 1 hour. A window covers its length and up to one frame more: a sixth of the minute, a twelfth of the hour.
///
/// At each scrape, the figures go to `auth_source_failures_max`, `auth_sources_over_limit`,
/// `auth_distinct_failing_sources` and `auth_accounts_over_limit`. Each failure also counts in one of 64 buckets.
///
/// A replica exports its own figures only. The failures of a source over all replicas are at least the largest figure
/// of a replica, and at most the sum of the figures. Buckets add up exactly if the replicas share a secret.
///
/// Addresses go to the audit event of a source that has passed a limit, and to callers that have the token of the
/// [admin endpoint](crate::endpoint::SourcesEndpoint).
///
/// # Memory
///
/// 131 072 sources and 4 096 accounts, at most 8 MiB. The memory grows only with the sources and accounts that have
/// failed.
///
/// When there is no room, a new source evicts one with few failures. The failures of the evicted source are not lost.
/// They are held against each new source, because it may be the evicted one, but with no more than half of a limit. So
/// a source is over a limit only if it has failed more than half as often as the limit allows, however many sources
/// there are. The exported and listed numbers are never more than the failures of a source.
///
/// # Cost
///
/// A failure takes about 0.1 µs if the source keeps failing. It takes 0.4 µs if a hundred thousand sources fail in
/// turn, because of the latency of memory. If each source is new and evicts another, it takes 0.9 µs, and with its
/// account 1 to 3 µs. A success takes less than a nanosecond while no source is over a limit, and 0.1 µs otherwise.
/// Determining the client of a request takes 40 ns. An exposition reads every source, one shard of 64 at a time, which
/// takes some milliseconds for 131 072 sources.
#[derive(Clone)]
pub struct SourceTracker(Arc<Inner>);

struct Inner {
    hasher: SipHasher24,
    limits: Counts,
    /// Upper bound of the cells that an account within its limit takes.
    cells: u32,
    proxies: Option<Proxies>,
    resolver: Option<Box<dyn CountryResolver>>,
    clock: Clock,
    shards: [CachePadded<Mutex<Shard>>; SHARDS],
    accounts: [CachePadded<Mutex<Accounts>>; ACCOUNT_SHARDS],
    /// The number of sources that are marked as over a limit. Fewer may be over it since the last scan of all sources.
    over: AtomicIsize,
}

/// The clock of a tracker.
enum Clock {
    System(Instant),
    Given(Box<dyn Fn() -> Duration + Send + Sync>),
}

impl Clock {
    fn system() -> Self {
        Self::System(Instant::now())
    }

    fn seconds(&self) -> u64 {
        match self {
            Self::System(start) => start.elapsed(),
            Self::Given(clock) => clock(),
        }
        .as_secs()
    }

    fn now(&self) -> Tick {
        // The tick saturates after 1 361 years.
        Tick::try_from(self.seconds() / TICK_SECONDS).unwrap_or(Tick::MAX)
    }
}

impl SourceTracker {
    fn new(
        hasher: SipHasher24,
        limits: Counts,
        cells: u32,
        proxies: Option<Proxies>,
        resolver: Option<Box<dyn CountryResolver>>,
        clock: Clock,
    ) -> Self {
        let shards = std::array::from_fn(|_| CachePadded::new(Mutex::new(Shard::new())));
        let accounts = std::array::from_fn(|_| CachePadded::new(Mutex::new(Accounts::new())));
        let over = AtomicIsize::new(0);
        Self(Arc::new(Inner { hasher, limits, cells, proxies, resolver, clock, shards, accounts, over }))
    }

    /// Returns a callback that updates the gauges, for [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
    pub fn collector(&self) -> impl Fn() + Send + Sync + use<> {
        let tracker = self.clone();
        move || tracker.report()
    }

    /// Updates the gauges. With the recorder of this library, [`collector`](Self::collector) does this at each scrape.
    /// With another recorder, call this every few seconds.
    pub fn report(&self) {
        let inner = &*self.0;
        let now = inner.clock.now();
        let mut totals = Totals::default();
        inner.shards.iter().for_each(|shard| held(shard).add_up(now, inner.limits, &mut totals));
        // Relaxed: the count is only a hint. Add to it, because a store would lose the failures counted meanwhile.
        inner.over.fetch_add(totals.more, Ordering::Relaxed);
        for (at, window) in Window::ALL.into_iter().enumerate() {
            SECURITY.source_failures_max.set((window,), totals.max[at].into());
            SECURITY.sources_over_limit.set((window,), totals.over[at].into());
            SECURITY.distinct_sources.set((window,), totals.distinct[at].into());
        }
        let accounts: usize = inner.accounts.iter().map(|part| held(part).over(now, inner.cells)).sum();
        SECURITY.accounts_over_limit.set((), accounts as f64);
        SECURITY.source_buckets.touch_all();
    }

    /// Returns the address of the client: that of the socket, or the one that trusted proxies state.
    fn address_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.0.proxies.as_ref().map_or(peer, |proxies| proxies.client(peer, headers))
    }

    fn country_of(&self, address: IpAddr) -> Option<CountryCode> {
        let resolver = self.0.resolver.as_ref()?;
        // A panic of the resolver loses the country and nothing else. An unknown country is counted as such.
        let found = catch_unwind(AssertUnwindSafe(|| resolver.country(address))).ok().flatten();
        Some(found.unwrap_or(CountryCode::UNKNOWN))
    }

    /// Counts a failure of a source and its account. Also returns whether the account passed its limit with it.
    fn failure(&self, source: Source, account: Option<u64>) -> (SourceStanding, bool) {
        let inner = &*self.0;
        let now = inner.clock.now();
        let hash = inner.hash_source(source);
        let hash_of = |source| inner.hash_source(source);
        let (standing, more) = inner.shard(hash).fail(source, hash, now, inner.limits, hash_of);
        if more != 0 {
            // Relaxed: the count is only a hint.
            inner.over.fetch_add(more, Ordering::Relaxed);
        }
        SECURITY.source_buckets.increment((SourceBucket::of(hash >> 40),));
        let fail = |account| inner.accounts_of(account).fail(account, hash, now, inner.cells);
        (standing, account.is_some_and(fail))
    }

    /// Returns whether a source is over a limit.
    fn is_over_limit(&self, source: Source) -> bool {
        // Relaxed: the count is only a hint. It saves the lookup while no source is over a limit, which is usual.
        self.0.over.load(Ordering::Relaxed) > 0 && self.standing(source).is_over_limit()
    }

    fn standing(&self, source: Source) -> SourceStanding {
        let hash = self.0.hash_source(source);
        self.0.shard(hash).standing(source, hash, self.0.clock.now(), self.0.limits)
    }

    fn hash_account(&self, name: &str) -> u64 {
        let mut hasher = self.0.hasher;
        // The hashed bytes of a source are nine and begin with 4 or 6. Because of this prefix, no account has the same.
        std::hash::Hasher::write(&mut hasher, b"account ");
        std::hash::Hasher::write(&mut hasher, name.as_bytes());
        std::hash::Hasher::finish(&hasher)
    }

    /// Lists the sources with the most failures within an hour, the worst first.
    #[cfg(feature = "prometheus")]
    pub(crate) fn worst(&self, most: usize) -> Vec<self::shard::SourceReport> {
        let (now, seconds) = (self.0.clock.now(), self.0.clock.seconds());
        let ago = |then: Tick| seconds.saturating_sub(u64::from(then) * TICK_SECONDS);
        let mut worst = Vec::new();
        for shard in &self.0.shards {
            worst.extend(held(shard).reports(now, self.0.limits, ago));
            worst.sort_unstable_by(|left, right| right.cmp(left));
            worst.truncate(most);
        }
        worst
    }
}

impl Inner {
    fn hash_source(&self, source: Source) -> u64 {
        let mut bytes = [if source.is_v6 { 6 } else { 4 }; 9];
        bytes[1..].copy_from_slice(&source.prefix.to_le_bytes());
        self.hasher.hash(&bytes)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // The table uses the lowest and the highest bits of the hash, so other bits choose the shard.
        held(&self.shards[(hash >> 32) as usize % SHARDS])
    }

    fn accounts_of(&self, hash: u64) -> MutexGuard<'_, Accounts> {
        held(&self.accounts[(hash >> 32) as usize % ACCOUNT_SHARDS])
    }
}

/// Takes a lock, even a poisoned one, because the data behind it is valid after any panic.
fn held<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for SourceTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceTracker").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
