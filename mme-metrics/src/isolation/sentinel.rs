//! The task that keeps checking.

use std::convert::Infallible;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::label::Verdict;
use super::metrics::ISOLATION;
use super::resource::{IsolationResource, TenantName};
use super::round::{IsolationCheck, IsolationRound};
use super::visibility::{Finding, Visibility, judge};
use crate::clock::{Moment, unix_seconds};
use crate::probe::{Attempts, PeriodicTask, ProbeFailure, SupervisedTask};

/// Time between rounds unless it is said otherwise.
const EVERY: Duration = Duration::from_mins(5);

/// Time that a read may take unless it is said otherwise.
const LIMIT: Duration = Duration::from_secs(10);

/// Reads at one time unless it is said otherwise.
const AT_ONCE: usize = 8;

/// Returns the resources of a round.
type Plan = Box<dyn Fn() -> Planning + Send + Sync>;
type Planning = Pin<Box<dyn Future<Output = Result<Vec<IsolationResource>, ProbeFailure>> + Send>>;

/// Is called at each breach.
type Hook = Box<dyn Fn(&IsolationCheck) + Send + Sync>;

/// Keeps checking that each resource can be read by its owner and by no other tenant.
///
/// See the [module](super) for an example. A process has one sentinel, which may hold resources of every kind.
#[must_use = "a sentinel checks nothing until it is started or run"]
pub struct IsolationSentinel {
    plan: Plan,
    tenants: Vec<TenantName>,
    foreigners: usize,
    pace: PeriodicTask,
    at_once: usize,
    attempts: Attempts,
    on_breach: Vec<Hook>,
    /// How many rounds there were; held while one runs.
    rounds: Mutex<usize>,
}

/// A resource and who is to try it.
struct Trial {
    resource: IsolationResource,
    foreigner: Option<TenantName>,
}

impl IsolationSentinel {
    /// Checks the same resources in each round.
    pub fn new(resources: Vec<IsolationResource>) -> Self {
        Self::planned(move || {
            let resources = resources.clone();
            async move { Ok(resources) }
        })
    }

    /// Asks `plan` before each round what there is to check, for tenants that come and go.
    ///
    /// A plan that fails, is empty, panics or takes longer than half an interval makes the round unknown. If only one tenant's
    /// part of it cannot be made, give that tenant a resource that reads as [`Visibility::Unclear`]: what is left out is not checked.
    pub fn planned<F, R>(plan: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<IsolationResource>, ProbeFailure>> + Send + 'static,
    {
        Self {
            plan: Box::new(move || Box::pin(plan())),
            tenants: Vec::new(),
            foreigners: 1,
            pace: PeriodicTask::every(EVERY),
            at_once: AT_ONCE,
            attempts: Attempts::new(AT_ONCE, LIMIT),
            on_breach: Vec::new(),
            rounds: Mutex::new(0),
        }
    }

    /// Lets a tenant try the resources of others though it owns none itself.
    ///
    /// Nothing then shows that its credentials work; better give it a resource.
    pub fn tenant(mut self, name: impl Into<TenantName>) -> Self {
        self.tenants.push(name.into());
        self
    }

    /// Sets how many other tenants try each resource in a round: 1 unless said otherwise. Whose turn it is changes from round
    /// to round, so that in time each tries everything.
    pub fn foreigners(mut self, tenants: usize) -> Self {
        self.foreigners = tenants.max(1);
        self
    }

    /// Sets the time from one round to the next, 5 minutes unless said otherwise. It is also the longest a round may take.
    pub fn every(mut self, interval: Duration) -> Self {
        self.pace = self.pace.with_interval(interval);
        self
    }

    /// Begins the first round at once, instead of after a random part of the interval. Off by default.
    pub fn at_once(mut self, on: bool) -> Self {
        self.pace = self.pace.at_once(on);
        self
    }

    /// Bounds how many reads run at once, 8 unless said otherwise, and how long each may take, 10 s unless said otherwise.
    pub fn bounds(mut self, reads: usize, limit: Duration) -> Self {
        self.at_once = reads.max(1);
        self.attempts = Attempts::new(self.at_once, limit);
        self
    }

    /// Calls `hook` at each breach, right when it is found: for a page, an audit log, a switch that closes the service.
    ///
    /// It should be quick; a panic in it is caught.
    pub fn on_breach(mut self, hook: impl Fn(&IsolationCheck) + Send + Sync + 'static) -> Self {
        self.on_breach.push(Box::new(hook));
        self
    }

    /// Runs one round: for a cron job, whose end is [`IsolationRound::exit_code`].
    ///
    /// A second call waits until the first has ended.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the round out: what was found until then is counted, and the sentinel's own figure is as it was
    /// unless there was a breach.
    pub async fn run_once(&self) -> IsolationRound {
        let mut number = self.rounds.lock().await;
        ISOLATION.checks.touch_all();
        ISOLATION.interval.set((), self.pace.interval().as_secs_f64());
        let mut round = IsolationRound::new();
        let deadline = Instant::now() + self.pace.interval();
        match self.resources().await {
            Ok(resources) => self.look_at_all(self.trials(resources, *number), deadline, &mut round).await,
            Err(failure) => round.unplanned(failure),
        }
        *number = number.wrapping_add(1);
        conclude(&mut round);
        round
    }

    /// Runs rounds for ever.
    ///
    /// # Cancellation
    ///
    /// Dropping the future stops what runs, like [`run_once`](Self::run_once).
    pub async fn run(self) -> Infallible {
        // Known from the start, so that a sentinel that never ends a round is seen to be there.
        ISOLATION.checks.touch_all();
        ISOLATION.interval.set((), self.pace.interval().as_secs_f64());
        self.pace.run(|| async { drop(self.run_once().await) }).await
    }

    /// Runs rounds on a task of their own, until what is returned is dropped or told to stop.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn start(self) -> SupervisedTask {
        SupervisedTask::spawn(self.run())
    }

    async fn resources(&self) -> Result<Vec<IsolationResource>, ProbeFailure> {
        let plan = catch_unwind(AssertUnwindSafe(|| (self.plan)())).map_err(|_| ProbeFailure::Panicked)?;
        Attempts::new(1, self.pace.interval() / 2).run(plan).await?
    }

    /// Says who tries what in this round.
    fn trials(&self, resources: Vec<IsolationResource>, round: usize) -> Vec<Trial> {
        let mut tenants: Vec<TenantName> =
            resources.iter().map(|resource| Arc::clone(resource.owner())).chain(self.tenants.iter().cloned()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let others = tenants.len().saturating_sub(1);
        let mut trials = Vec::new();
        for resource in resources {
            let Ok(owner) = tenants.binary_search(resource.owner()) else { continue };
            let turn = |at: usize| &tenants[(owner + 1 + (round + at) % others) % tenants.len()];
            for at in 0..self.foreigners.min(others) {
                trials.push(Trial { resource: resource.clone(), foreigner: Some(Arc::clone(turn(at))) });
            }
            if others == 0 {
                trials.push(Trial { resource, foreigner: None });
            }
        }
        trials
    }

    /// Looks at everything until the deadline; what was not reached by then is unknown.
    async fn look_at_all(&self, trials: Vec<Trial>, deadline: Instant, round: &mut IsolationRound) {
        let mut ended = vec![false; trials.len()];
        let mut waiting = trials.iter().enumerate();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.at_once
                && let Some((at, trial)) = waiting.next()
            {
                running.push(self.look(at, trial));
            }
            let Ok(Some((at, finding, seconds))) = timeout_at(deadline, running.next()).await else { break };
            ended[at] = true;
            ISOLATION.check_duration.record((), seconds);
            self.note(&trials[at], finding, round);
        }
        for (trial, _) in trials.iter().zip(ended).filter(|(_, ended)| !ended) {
            self.note(trial, Finding::Unknown(ProbeFailure::TimedOut), round);
        }
    }

    async fn look(&self, at: usize, trial: &Trial) -> (usize, Finding, f64) {
        let begun = Moment::now();
        let owner = self.read(&trial.resource, trial.resource.owner()).await;
        let finding = match &trial.foreigner {
            Some(foreigner) => judge(owner, self.read(&trial.resource, foreigner).await),
            None => Finding::Unknown(ProbeFailure::Other("there is no other tenant")),
        };
        (at, finding, begun.seconds())
    }

    async fn read(&self, resource: &IsolationResource, tenant: &TenantName) -> Visibility {
        self.attempts.run(resource.read(tenant)).await.unwrap_or_else(Visibility::Unclear)
    }

    fn note(&self, trial: &Trial, finding: Finding, round: &mut IsolationRound) {
        ISOLATION.checks.increment((finding.verdict(),));
        let nobody = TenantName::default();
        let check = IsolationCheck::new(&trial.resource, trial.foreigner.as_ref().unwrap_or(&nobody));
        if finding == Finding::Breach {
            // Not only when the round is over: it may be long.
            ISOLATION.sentinel.set((), 0.0);
            self.tell(&check);
        }
        round.add(check, finding);
    }

    fn tell(&self, check: &IsolationCheck) {
        tracing::error!(
            target: "mme::audit",
            event_type = "cross_tenant_access",
            outcome = "breach",
            owner = &*check.owner,
            resource = &*check.resource,
            foreigner = &*check.foreigner,
            "a tenant can read what is another one's"
        );
        for hook in &self.on_breach {
            if catch_unwind(AssertUnwindSafe(|| hook(check))).is_err() {
                tracing::error!(target: "mme::isolation", "a hook for breaches panicked");
            }
        }
    }
}

/// Ends a round: tells what it came to.
fn conclude(round: &mut IsolationRound) {
    let now = SystemTime::now();
    round.end(now);
    if round.passed() + round.breaches().len() + round.unknown().len() == 0 {
        // A round without a check found nothing out, and is to be seen where checks are counted.
        ISOLATION.checks.increment((Verdict::Unknown,));
    }
    ISOLATION.last_check.set((), unix_seconds(now));
    match round.verdict() {
        Verdict::Pass => {
            ISOLATION.sentinel.set((), 1.0);
            ISOLATION.last_pass.set((), unix_seconds(now));
            tracing::info!(target: "mme::isolation", "{round}");
        }
        Verdict::Breach => tracing::error!(target: "mme::isolation", "{round}"),
        Verdict::Unknown => tracing::warn!(target: "mme::isolation", "{round}"),
    }
}

impl fmt::Debug for IsolationSentinel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsolationSentinel")
            .field("pace", &self.pace)
            .field("foreigners", &self.foreigners)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
