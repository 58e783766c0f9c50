//! Who fails to authenticate, by source: bounded, keyed, and shown to nobody.

mod accounts;
mod builder;
mod client;
mod network;
mod proxy;
mod shard;
mod standing;
mod table;
mod window;

pub use self::builder::{CountryResolver, SourceTrackerBuilder, SourceTrackerError};
pub use self::client::SecurityClient;
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
use super::label::{EventOutcome, EventType, SourceBucket, Window};
use super::{AuditEvent, SECURITY};
use crate::label::CountryCode;

/// Parts that the sources are divided into, and the accounts: a power of two each.
const SHARDS: usize = 64;
const ACCOUNT_SHARDS: usize = 16;

/// Finds out who fails to authenticate too often, without telling anybody who that is. Clones share it; have one in a process.
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
/// let recorder = mme_metrics::Recorder::builder().collect(tracker.collector()).build()?;
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
/// # What it knows
///
/// A source is an IPv4 address or the /64 of an IPv6 address. Its failures are counted in two sliding windows, 1 minute and 1
/// hour; a window reaches back its length, and up to a sixth or a twelfth of it more. The figures go to
/// `auth_source_failures_max`, `auth_sources_over_limit`, `auth_distinct_failing_sources` and `auth_accounts_over_limit` at each
/// scrape, and each failure to one of 64 buckets. A replica tells of its own only: the largest of all replicas is at most what a
/// source really has, their sum at least. Buckets add up exactly where replicas share a secret.
///
/// Addresses go to the audit event that says that a source has passed a limit, and to whoever has the token of the
/// [admin endpoint](crate::endpoint::SourcesEndpoint).
///
/// # Memory
///
/// 131 072 sources and 4 096 accounts, at most 8 MiB, and no more than what has failed needs. When there is no room, a new source
/// takes the place of one with few failures. What that one had is not lost: it is lent to whoever comes after, since that may be
/// the same again, but only up to half of a limit. So nobody is accused who has not failed more than half as often as the limit
/// allows, however many sources there are.
///
/// # Cost
///
/// About 0.1 µs for a failure of one who keeps failing, and 0.4 µs where a hundred thousand do in turn: then it is the memory that
/// is waited for. Where each is new and takes another's place it is 0.9 µs, and with its account 1 to 3 µs. A success takes less
/// than a nanosecond while nobody is over a limit, and 0.1 µs otherwise; to make out who a request comes from takes 40 ns. An
/// exposition looks at every source that is held, one part of 64 at a time: some milliseconds when there are 131 072.
#[derive(Clone)]
pub struct SourceTracker(Arc<Inner>);

struct Inner {
    hasher: SipHasher24,
    limits: Counts,
    /// Cells that an account within its limit takes.
    cells: u32,
    proxies: Option<Proxies>,
    resolver: Option<Box<dyn CountryResolver>>,
    clock: Clock,
    shards: [CachePadded<Mutex<Shard>>; SHARDS],
    accounts: [CachePadded<Mutex<Accounts>>; ACCOUNT_SHARDS],
    /// Sources that are noted as over a limit: since the last look at all of them, fewer may be.
    over: AtomicIsize,
}

/// Where the time comes from.
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
        // After 1 361 years it stands still.
        Tick::try_from(self.seconds() / TICK_SECONDS).unwrap_or(Tick::MAX)
    }
}

impl SourceTracker {
    /// Starts to decide; [`Default`] has the limits 10 and 50, a secret of its own and no proxies.
    pub fn builder() -> SourceTrackerBuilder {
        SourceTrackerBuilder::default()
    }

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

    /// Makes out who a request comes from. `peer` is the address of the socket; headers count only from trusted proxies.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> SecurityClient {
        let address = self.0.proxies.as_ref().map_or(peer, |proxies| proxies.client(peer, headers));
        SecurityClient::new(self.clone(), address)
    }

    /// Returns what brings the gauges up to date, for [`RecorderBuilder::collect`](crate::RecorderBuilder::collect).
    pub fn collector(&self) -> impl Fn() + Send + Sync + use<> {
        let tracker = self.clone();
        move || tracker.report()
    }

    /// Brings the gauges up to date. Under our recorder [`collector`](Self::collector) does it at each scrape; under another
    /// one call this every few seconds.
    pub fn report(&self) {
        let inner = &*self.0;
        let now = inner.clock.now();
        let mut totals = Totals::default();
        inner.shards.iter().for_each(|shard| held(shard).add_up(now, inner.limits, &mut totals));
        // Relaxed: a hint where to look. Added and not stored, or who fails meanwhile would be forgotten.
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

    fn country_of(&self, address: IpAddr) -> Option<CountryCode> {
        let resolver = self.0.resolver.as_ref()?;
        // A panic in it loses the country and nothing else; one who is not known is counted as such.
        let found = catch_unwind(AssertUnwindSafe(|| resolver.country(address))).ok().flatten();
        Some(found.unwrap_or(CountryCode::UNKNOWN))
    }

    fn failure(&self, client: &SecurityClient) -> SourceStanding {
        let inner = &*self.0;
        let (source, now) = (client.source(), inner.clock.now());
        let hash = inner.hash_source(source);
        let hash_of = |source| inner.hash_source(source);
        let (standing, more) = inner.shard(hash).fail(source, hash, now, inner.limits, hash_of);
        if more != 0 {
            // Relaxed: a hint where to look.
            inner.over.fetch_add(more, Ordering::Relaxed);
        }
        SECURITY.source_buckets.increment((SourceBucket::of(hash >> 40),));
        if standing.has_crossed_limit() {
            tell(EventType::SOURCE_OVER_LIMIT, EventOutcome::Failure, client);
        }
        if let Some(account) = client.account_hash()
            && inner.accounts_of(account).fail(account, hash, now, inner.cells)
        {
            tell(EventType::ACCOUNT_OVER_LIMIT, EventOutcome::Failure, client);
        }
        standing
    }

    fn success(&self, client: &SecurityClient) {
        // Relaxed: a hint; nobody is over a limit most of the time.
        if self.0.over.load(Ordering::Relaxed) > 0 && self.standing(client.source()).is_over_limit() {
            tell(EventType::SUSPICIOUS, EventOutcome::Success, client);
        }
    }

    fn standing(&self, source: Source) -> SourceStanding {
        let hash = self.0.hash_source(source);
        self.0.shard(hash).standing(source, hash, self.0.clock.now(), self.0.limits)
    }

    fn hash_account(&self, name: &str) -> u64 {
        let mut hasher = self.0.hasher;
        // What is hashed of a source has nine bytes and begins with 4 or 6, so no name can be one.
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

impl Default for SourceTracker {
    fn default() -> Self {
        // Nothing of what the builder checks was set.
        Self::builder().build().expect("the defaults are within every bound")
    }
}

impl Inner {
    fn hash_source(&self, source: Source) -> u64 {
        let mut bytes = [if source.is_v6 { 6 } else { 4 }; 9];
        bytes[1..].copy_from_slice(&source.prefix.to_le_bytes());
        self.hasher.hash(&bytes)
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // The table looks at the lowest and the highest bits, so others choose the part.
        held(&self.shards[(hash >> 32) as usize % SHARDS])
    }

    fn accounts_of(&self, hash: u64) -> MutexGuard<'_, Accounts> {
        held(&self.accounts[(hash >> 32) as usize % ACCOUNT_SHARDS])
    }
}

/// Takes a lock; what it guards is whole after any panic.
fn held<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells of something that an operator wants to know: as a security event, and in the audit trail with the address.
#[cold]
fn tell(kind: EventType, outcome: EventOutcome, client: &SecurityClient) {
    SECURITY.events.increment((kind, outcome));
    AuditEvent::new(kind, outcome).by(client).record();
}

impl fmt::Debug for SourceTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceTracker").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
