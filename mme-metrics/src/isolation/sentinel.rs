//! The background task that checks tenant isolation.

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

/// Default interval between rounds.
const EVERY: Duration = Duration::from_mins(5);

/// Default time limit of a read.
const LIMIT: Duration = Duration::from_secs(10);

/// Default number of concurrent reads.
const AT_ONCE: usize = 8;

/// A callback that returns the resources of a round.
type Plan = Box<dyn Fn() -> PlanFuture + Send + Sync>;
type PlanFuture = Pin<Box<dyn Future<Output = Result<Vec<IsolationResource>, ProbeFailure>> + Send>>;

/// A callback for breaches.
type Hook = Box<dyn Fn(&IsolationCheck) + Send + Sync>;

/// Checks tenant isolation at an interval: that the owner of each resource can read it, and that no other tenant can.
///
/// See the [module](super) for an example. A process has one sentinel, which can hold resources of every kind.
#[must_use = "a sentinel checks nothing until it is started or run"]
pub struct IsolationSentinel {
    plan: Plan,
    tenants: Vec<TenantName>,
    foreigners: usize,
    pace: PeriodicTask,
    at_once: usize,
    attempts: Attempts,
    on_breach: Vec<Hook>,
    /// Where the next round starts. The lock is held while a round runs.
    cursor: Mutex<Cursor>,
}

/// Where a round starts: at the resource after the last one that the round before has begun to check. So rounds that are cut short, by
/// their time limit or their caller, do not leave out the same resources each time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    /// How many times all resources have been checked. It chooses the tenants whose turn it is.
    pass: usize,
    /// The position of the resource.
    at: usize,
    /// Its owner and name, by which it is found if the plan has changed.
    name: Option<(TenantName, Arc<str>)>,
}

/// A resource and the other tenant that tries to read it, if there is one.
struct Trial {
    resource: IsolationResource,
    foreigner: Option<TenantName>,
    /// The position of the resource in the round.
    at: usize,
}

/// The name of a resource.
fn name_of(resource: &IsolationResource) -> (TenantName, Arc<str>) {
    (Arc::clone(resource.owner()), Arc::clone(resource.name()))
}

impl Cursor {
    /// Turns the resources so that the round starts where the last one stopped, and returns at which position that is.
    fn turn(&self, resources: &mut [IsolationResource]) -> usize {
        let is_it = |resource: &IsolationResource| Some(name_of(resource)) == self.name;
        // Several resources may have one name, so its old position comes first.
        let at =
            if resources.get(self.at).is_some_and(is_it) { Some(self.at) } else { resources.iter().position(is_it) };
        let at = at.unwrap_or_else(|| self.at % resources.len().max(1));
        resources.rotate_left(at);
        at
    }

    /// Returns where the next round starts after one over `turned` resources that started at the position `at`, when the checks of the
    /// first `begun` of them have begun.
    fn after(&self, turned: &[IsolationResource], at: usize, begun: usize) -> Self {
        let (all, end) = (turned.len().max(1), at + begun);
        let name = turned.get(begun % all).map(name_of);
        Self { pass: self.pass.wrapping_add(end / all), at: end % all, name }
    }
}

impl IsolationSentinel {
    /// Creates a sentinel that checks the same resources in each round.
    pub fn new(resources: Vec<IsolationResource>) -> Self {
        Self::planned(move || {
            let resources = resources.clone();
            async move { Ok(resources) }
        })
    }

    /// Creates a sentinel that calls `plan` for the resources of each round. Use it if tenants come and go.
    ///
    /// A plan that fails, is empty, panics or takes longer than half an interval makes the round unknown. If the plan
    /// fails for one tenant only, give that tenant a resource that reads as [`Visibility::Unclear`], because a resource
    /// left out is not checked.
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
            cursor: Mutex::default(),
        }
    }

    /// Adds a tenant that tries to read the resources of others but owns none.
    ///
    /// No check then shows that the tenant's credentials work. Prefer to give it a resource.
    pub fn tenant(mut self, name: impl Into<TenantName>) -> Self {
        self.tenants.push(name.into());
        self
    }

    /// Sets how many other tenants try each resource in a round, 1 by default. The tenants take turns from round to
    /// round, so that over time each tries every resource.
    pub fn foreigners(mut self, tenants: usize) -> Self {
        self.foreigners = tenants.max(1);
        self
    }

    /// Sets the interval between rounds, 5 minutes by default. It is also the time limit of a round. What a round has no time for
    /// is unknown, and the next round starts there.
    pub fn every(mut self, interval: Duration) -> Self {
        self.pace = self.pace.with_interval(interval);
        self
    }

    /// Starts the first round at once, instead of after a random part of the interval. Off by default.
    pub fn at_once(mut self, on: bool) -> Self {
        self.pace = self.pace.at_once(on);
        self
    }

    /// Sets how many reads run at once, 8 by default, and the time limit of each read, 10 s by default.
    pub fn bounds(mut self, reads: usize, limit: Duration) -> Self {
        self.at_once = reads.max(1);
        self.attempts = Attempts::new(self.at_once, limit);
        self
    }

    /// Adds a callback that is called as soon as a breach is found: for a page, an audit log, or a switch that closes
    /// the service.
    ///
    /// The callback should be quick. A panic in it is caught.
    pub fn on_breach(mut self, hook: impl Fn(&IsolationCheck) + Send + Sync + 'static) -> Self {
        self.on_breach.push(Box::new(hook));
        self
    }

    /// Runs one round, such as in a cron job that exits with [`IsolationRound::exit_code`].
    ///
    /// A second call waits until the first has ended.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its clock.
    ///
    /// # Cancellation
    ///
    /// Dropping the future abandons the round. The checks that have ended are counted. `mme_isolation_sentinel` keeps
    /// its value unless a check found a breach.
    pub async fn run_once(&self) -> IsolationRound {
        let mut cursor = self.cursor.lock().await;
        ISOLATION.checks.touch_all();
        ISOLATION.interval.set((), self.pace.interval().as_secs_f64());
        let mut round = IsolationRound::new();
        let deadline = Instant::now() + self.pace.interval();
        match self.resources().await {
            Ok(mut resources) => {
                let start = cursor.clone();
                let at = start.turn(&mut resources);
                let trials = self.trials(&resources, at, start.pass);
                // At once, because the round may be abandoned.
                let begin = |resource: usize| *cursor = start.after(&resources, at, resource + 1);
                self.look_at_all(trials, deadline, &mut round, begin).await;
            }
            Err(failure) => round.unplanned(failure),
        }
        conclude(&mut round);
        round
    }

    /// Runs rounds forever.
    ///
    /// # Cancellation
    ///
    /// Dropping the future abandons the current round, as for [`run_once`](Self::run_once).
    pub async fn run(self) -> Infallible {
        // Set these at the start, so that they show a sentinel that never ends a round.
        ISOLATION.checks.touch_all();
        ISOLATION.interval.set((), self.pace.interval().as_secs_f64());
        self.pace.run(|| async { drop(self.run_once().await) }).await
    }

    /// Starts a background task that runs rounds until the returned handle is stopped or dropped.
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

    /// Returns which tenants try which resources in this round. The first of the resources is the one at the position `start`.
    fn trials(&self, resources: &[IsolationResource], start: usize, pass: usize) -> Vec<Trial> {
        let mut tenants: Vec<TenantName> =
            resources.iter().map(|resource| Arc::clone(resource.owner())).chain(self.tenants.iter().cloned()).collect();
        tenants.sort_unstable();
        tenants.dedup();
        let others = tenants.len().saturating_sub(1);
        let mut trials = Vec::new();
        for (at, resource) in resources.iter().enumerate() {
            let Ok(owner) = tenants.binary_search(resource.owner()) else { continue };
            // Behind the end of the list, the resources have their turn once more.
            let pass = pass.wrapping_add((start + at) / resources.len());
            let turn = |number: usize| &tenants[(owner + 1 + pass.wrapping_add(number) % others) % tenants.len()];
            for number in 0..self.foreigners.min(others) {
                trials.push(Trial { resource: resource.clone(), foreigner: Some(Arc::clone(turn(number))), at });
            }
            if others == 0 {
                trials.push(Trial { resource: resource.clone(), foreigner: None, at });
            }
        }
        trials
    }

    /// Runs all checks until the deadline. A check that has not ended by then is unknown. Calls `begin` with the
    /// position of each resource whose check begins.
    async fn look_at_all(
        &self,
        trials: Vec<Trial>,
        deadline: Instant,
        round: &mut IsolationRound,
        mut begin: impl FnMut(usize),
    ) {
        let mut ended = vec![false; trials.len()];
        let mut waiting = trials.iter().enumerate();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.at_once
                && let Some((at, trial)) = waiting.next()
            {
                begin(trial.at);
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
            // A round may be long, so report the breach before the round ends.
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

/// Ends a round: sets its metrics and logs its result.
fn conclude(round: &mut IsolationRound) {
    let now = SystemTime::now();
    round.end(now);
    if round.passed() + round.breaches().len() + round.unknown().len() == 0 {
        // A round without checks counts one unknown check, so that the counter shows it.
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
