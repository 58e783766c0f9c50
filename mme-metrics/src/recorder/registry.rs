//! The registry of a recorder: stores its metrics, and finds or creates the series for a name and labels.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{Key, Label};

use super::admission::admit::{self, LabelText, MAX_LABELS};
use super::admission::{Budget, Limit, SeriesRequest, Source};
use super::cell::{Cell, CounterCell, GaugeCell, HistogramCell};
use super::disabled::DisabledMetrics;
use super::exemplar::ExemplarPolicy;
use super::family::{Group, MetricFamily, SeriesList};
use super::forms::Forms;
use super::series::{OverflowHandle, RefusalHandle, Series, SeriesShared};
use super::start::Start;
use crate::catalog;
use crate::label::Refusal;
use crate::metric::{HistogramForm, Kind, Spec, claimed_names};

/// The family name under which metrics without a catalogue entry share a budget.
pub(super) const FOREIGN: &str = catalog::OTHER;

/// The limits of a recorder, as set in its builder, and what is disabled.
pub(super) struct Limits {
    pub(super) series: usize,
    pub(super) foreign_names: usize,
    pub(super) foreign_series: usize,
    pub(super) disabled: DisabledMetrics,
}

pub(super) struct Registry {
    pub(super) shared: Arc<SeriesShared>,
    pub(super) groups: Vec<Arc<Group>>,
    foreign: Arc<Group>,
    limits: Limits,
    global_labels: Vec<Label>,
    specs: HashMap<&'static str, &'static Spec>,
    buckets: HashMap<String, Arc<[f64]>>,
    forms: Forms,
    default_bounds: Arc<[f64]>,
    open: AtomicUsize,
    built: Start,
    names: RwLock<Names>,
}

#[derive(Default)]
struct Names {
    /// The cached resolution of each spelling of a name that was used, by the facade's kind.
    spellings: [HashMap<Box<str>, Resolution>; 3],
    /// The metrics by exported name.
    families: BTreeMap<Box<str>, Arc<MetricFamily>>,
    foreign: usize,
    /// Every name that a line of the exposition has or may have, including those of the catalogue.
    claimed: HashSet<Box<str>>,
    /// Descriptions that arrived before their metric was registered.
    described: HashMap<String, Box<str>>,
}

#[derive(Clone)]
enum Resolution {
    Family(Arc<MetricFamily>),
    Refusal(Refusal),
    Disabled,
}

thread_local! {
    static TEXT: RefCell<LabelText> = RefCell::default();
}

/// A kind of cell: the list that stores it, and how a new cell is made.
pub(super) trait Storage: Cell + Sized {
    /// The facade's kind.
    const FACADE: Kind;
    fn new_list() -> SeriesList;
    fn list(series: &SeriesList) -> Option<&boxcar::Vec<Arc<Series<Self>>>>;
    fn new_cell(family: &MetricFamily) -> Self;
}

macro_rules! storage {
    ($cell:ty, $kind:ident, $variant:ident, |$family:ident| $new:expr) => {
        impl Storage for $cell {
            const FACADE: Kind = Kind::$kind;

            fn new_list() -> SeriesList {
                SeriesList::$variant(boxcar::Vec::new())
            }

            fn list(series: &SeriesList) -> Option<&boxcar::Vec<Arc<Series<Self>>>> {
                if let SeriesList::$variant(list) = series { Some(list) } else { None }
            }

            fn new_cell($family: &MetricFamily) -> Self {
                $new
            }
        }
    };
}

storage!(CounterCell, Counter, Counters, |_family| CounterCell::new());
storage!(GaugeCell, Gauge, Gauges, |family| GaugeCell::new(family.kind == Kind::Counter));
storage!(HistogramCell, Histogram, Histograms, |family| match &family.native {
    None => HistogramCell::new(family.bounds.clone()),
    Some(native) => HistogramCell::with_native(family.bounds.clone(), native.clone()),
});

/// The result of a registration: the handle of the series.
pub(super) enum Admission<C: Cell> {
    Series(Arc<Series<C>>),
    Overflow(Arc<OverflowHandle<C>>),
    Refusal(Arc<RefusalHandle>),
    /// The operator has disabled the metric: the handle does nothing.
    Disabled,
}

impl Registry {
    pub(super) fn new(
        specs: Vec<&'static Spec>,
        groups: Vec<Arc<Group>>,
        limits: Limits,
        global_labels: Vec<Label>,
        buckets: HashMap<String, Arc<[f64]>>,
        forms: Forms,
        exemplars: ExemplarPolicy,
    ) -> Self {
        let foreign = Group::new(FOREIGN, limits.foreign_series);
        // A disabled family has no figures about it either.
        let is_on = |group: &Arc<Group>| !limits.disabled.families.contains(group.name);
        let groups = groups.into_iter().chain([Arc::clone(&foreign)]).filter(is_on).collect();
        let claimed = specs.iter().flat_map(|spec| claimed_names(spec.name, spec.kind)).map(String::into_boxed_str);
        let names = Names { claimed: claimed.collect(), ..Names::default() };
        Self {
            shared: Arc::new(SeriesShared { exemplars, ..SeriesShared::default() }),
            groups,
            foreign,
            limits,
            global_labels,
            specs: specs.into_iter().map(|spec| (spec.name, spec)).collect(),
            buckets,
            forms,
            default_bounds: crate::buckets::REQUEST.into(),
            open: AtomicUsize::new(0),
            built: Start::now(),
            names: RwLock::new(names),
        }
    }

    /// Returns the metrics that are registered so far, sorted by name.
    pub(super) fn families(&self) -> Vec<Arc<MetricFamily>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.families.values().cloned().collect()
    }

    /// Stores a description, unless the catalogue or an earlier call has described the metric.
    pub(super) fn describe(&self, kind: Kind, raw: &str, help: &str) {
        let Some(name) = admit::name(raw, kind == Kind::Counter) else { return };
        let Some(help) = admit::description(help).filter(|_| !self.specs.contains_key(&*name)) else { return };
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(family) = names.families.get(&*name) {
            family.help.get_or_init(|| help);
        } else if names.described.len() < self.limits.foreign_names {
            names.described.entry(name).or_insert(help);
        }
    }

    /// Finds the series of `key`, or admits it.
    pub(super) fn register<C: Storage>(&self, key: &Key, source: Source) -> Admission<C> {
        let family = match self.family::<C>(key.name()) {
            Resolution::Family(family) => family,
            Resolution::Refusal(reason) => return self.refuse(reason),
            Resolution::Disabled => return Admission::Disabled,
        };
        let Some(list) = C::list(&family.series) else { return self.refuse(Refusal::Conflict) };
        let own = key.labels().as_slice();
        if own.len() + self.global_labels.len() > MAX_LABELS {
            return self.refuse(Refusal::Labels);
        }
        let request = SeriesRequest { spec: family.spec, own, global: &self.global_labels, source };
        let admission = TEXT.try_with(|text| {
            let mut text = text.try_borrow_mut().ok()?;
            Some(self.series::<C>(&family, list, request, &mut text))
        });
        match admission {
            Ok(Some(admission)) => admission,
            // While a thread ends, its buffer may be gone before its other thread-local values are dropped, and these
            // may still emit.
            _ => self.series::<C>(&family, list, request, &mut LabelText::default()),
        }
    }

    fn refuse<C: Cell>(&self, reason: Refusal) -> Admission<C> {
        Admission::Refusal(RefusalHandle::new(reason, &self.shared))
    }

    /// Finds the series of `request`, or creates the one that the ledger of its metric decides on.
    fn series<C: Storage>(
        &self,
        family: &MetricFamily,
        list: &boxcar::Vec<Arc<Series<C>>>,
        request: SeriesRequest<'_>,
        text: &mut LabelText,
    ) -> Admission<C> {
        let admit = |series, is_folded| {
            if is_folded {
                Admission::Overflow(OverflowHandle::new(series, &family.group.folded))
            } else {
                Admission::Series(series)
            }
        };
        if let Some(at) = family.find(text.format(request.own, request.global, |_| None)) {
            return admit(Arc::clone(&list[at]), request.is_folded());
        }
        let mut ledger = family.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = Budget {
            metric_has_room: family.series.len() < family.budget,
            family: Limit { count: &family.group.open, most: family.group.budget },
            process: Limit { count: &self.open, most: self.limits.series },
        };
        let decision = ledger.decide(request, text, &budget, |labels| family.find(labels));
        let series = decision.found.map_or_else(
            || {
                let start = Start::of_series(self.built);
                let cell = C::new_cell(family);
                let series = Series::new(cell, text.as_str(), &self.shared, start);
                family.publish(list.push(Arc::clone(&series)), text.as_str());
                series
            },
            |at| Arc::clone(&list[at]),
        );
        admit(series, decision.is_folded)
    }

    /// Finds the metric that a spelling of a name refers to, or admits it.
    fn family<C: Storage>(&self, raw: &str) -> Resolution {
        {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = names.find(C::FACADE, raw) {
                return known.clone();
            }
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.find(C::FACADE, raw) {
            return known.clone();
        }
        let known = self.admit_family::<C>(&mut names, raw);
        // A refused spelling is cached too. A name has any number of spellings, so the cache is limited. The
        // catalogue's own spelling is always cached.
        let many = names.spellings[C::FACADE as usize].len() >= 4 * (self.limits.foreign_names + self.specs.len());
        if self.specs.contains_key(raw) || (!many && raw.len() <= admit::MAX_NAME_BYTES) {
            names.remember(C::FACADE, raw, known.clone());
        }
        known
    }

    fn admit_family<C: Storage>(&self, names: &mut Names, raw: &str) -> Resolution {
        let Some(name) = admit::name(raw, C::FACADE == Kind::Counter) else {
            return Resolution::Refusal(Refusal::Name);
        };
        if self.limits.disabled.has(&name, raw, self.specs.contains_key(&*name)) {
            return Resolution::Disabled;
        }
        if let Some(family) = names.families.get(&*name) {
            // Another spelling of the same name means the same metric, if the facade has it as the same kind.
            let same = C::list(&family.series).is_some();
            return if same { Resolution::Family(Arc::clone(family)) } else { Resolution::Refusal(Refusal::Conflict) };
        }
        if let Some(spec) = self.specs.get(&*name) {
            let carried = if spec.fractional { Kind::Gauge } else { spec.kind };
            if carried != C::FACADE {
                return Resolution::Refusal(Refusal::Conflict);
            }
            let group = self.groups.iter().find(|group| group.name == spec.family).unwrap_or(&self.foreign);
            let bounds = self.buckets.get(&*name).cloned().unwrap_or_else(|| spec.buckets.into());
            let form = self.forms.of(&name, raw, spec.form);
            return names.insert(MetricFamily::new(
                name,
                spec.kind,
                C::new_list(),
                Some(spec),
                Arc::clone(group),
                usize::MAX,
                &bounds,
                form,
                Some(spec.help),
            ));
        }
        let claims = claimed_names(&name, C::FACADE);
        if claims.iter().any(|claim| names.claimed.contains(&**claim)) {
            return Resolution::Refusal(Refusal::Conflict);
        }
        if names.foreign >= self.limits.foreign_names {
            return Resolution::Refusal(Refusal::Budget);
        }
        names.foreign += 1;
        names.claimed.extend(claims.into_iter().map(String::into_boxed_str));
        let bounds = self.buckets.get(&*name).or_else(|| self.buckets.get(raw)).cloned();
        let form = self.forms.of(&name, raw, HistogramForm::Classic);
        let help = names.described.remove(&*name);
        names.insert(MetricFamily::new(
            name,
            C::FACADE,
            C::new_list(),
            None,
            Arc::clone(&self.foreign),
            self.limits.foreign_series.div_ceil(4),
            bounds.as_ref().unwrap_or(&self.default_bounds),
            form,
            help.as_deref(),
        ))
    }
}

impl Names {
    fn find(&self, kind: Kind, raw: &str) -> Option<&Resolution> {
        self.spellings[kind as usize].get(raw)
    }

    fn remember(&mut self, kind: Kind, raw: &str, known: Resolution) {
        self.spellings[kind as usize].insert(raw.into(), known);
    }

    fn insert(&mut self, family: MetricFamily) -> Resolution {
        let family = Arc::new(family);
        self.families.insert(family.name.clone(), Arc::clone(&family));
        Resolution::Family(family)
    }
}
