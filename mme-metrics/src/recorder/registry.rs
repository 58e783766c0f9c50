//! All metric families of a recorder, and how a name and its labels become a series.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{Key, Label};

use super::admit::{self, LabelText, MAX_LABELS};
use super::cell::{CounterCell, GaugeCell, HistogramCell};
use super::family::{Group, MetricFamily, Stored, TextHash};
use super::overflow::{self, Source};
use super::rejection::Rejections;
use super::series::{Folded, Refused, Series};
use crate::label::Refusal;
use crate::metric::{Kind, Spec, claimed_names};

/// The name under which metrics without a catalogue entry are budgeted.
pub(super) const FOREIGN: &str = "other";

/// What the builder decided.
pub(super) struct Limits {
    pub(super) series: usize,
    pub(super) foreign_names: usize,
    pub(super) foreign_series: usize,
}

pub(super) struct Registry {
    pub(super) rejections: Arc<Rejections>,
    pub(super) groups: Vec<Arc<Group>>,
    foreign: Arc<Group>,
    limits: Limits,
    global_labels: Vec<Label>,
    specs: HashMap<&'static str, &'static Spec>,
    buckets: HashMap<String, Arc<[f64]>>,
    default_bounds: Arc<[f64]>,
    open: AtomicUsize,
    names: RwLock<Names>,
}

#[derive(Default)]
struct Names {
    /// What each spelling that came leads to, by the facade's kind.
    spellings: [HashMap<Box<str>, Known>; 3],
    /// The families by exported name.
    families: BTreeMap<Box<str>, Arc<MetricFamily>>,
    foreign: usize,
    /// Every name that a line of a family has or may come to have, the catalogue's included.
    claimed: HashSet<Box<str>>,
    /// Descriptions that came before their metric.
    described: HashMap<String, Box<str>>,
}

#[derive(Clone)]
enum Known {
    Family(Arc<MetricFamily>),
    Refused(Refusal),
}

thread_local! {
    static TEXT: RefCell<LabelText> = RefCell::default();
}

/// What a cell is stored in, and how it is made.
pub(super) trait Storage: Sized {
    /// The facade's word for it.
    const FACADE: Kind;
    fn new_list() -> Stored;
    fn list(stored: &Stored) -> Option<&boxcar::Vec<Arc<Series<Self>>>>;
    fn new_cell(family: &MetricFamily) -> Self;
}

macro_rules! storage {
    ($cell:ty, $kind:ident, $variant:ident, |$family:ident| $new:expr) => {
        impl Storage for $cell {
            const FACADE: Kind = Kind::$kind;

            fn new_list() -> Stored {
                Stored::$variant(boxcar::Vec::new())
            }

            fn list(stored: &Stored) -> Option<&boxcar::Vec<Arc<Series<Self>>>> {
                if let Stored::$variant(list) = stored { Some(list) } else { None }
            }

            fn new_cell($family: &MetricFamily) -> Self {
                $new
            }
        }
    };
}

storage!(CounterCell, Counter, Counters, |_family| CounterCell::new());
storage!(GaugeCell, Gauge, Gauges, |family| GaugeCell::new(family.kind == Kind::Counter));
storage!(HistogramCell, Histogram, Histograms, |family| HistogramCell::new(family.bounds.clone()));

/// What a registration leads to.
pub(super) enum Admitted<C> {
    Series(Arc<Series<C>>),
    Folded(Arc<Folded<C>>),
    Refused(Arc<Refused>),
}

impl Registry {
    pub(super) fn new(
        specs: Vec<&'static Spec>,
        groups: Vec<Arc<Group>>,
        limits: Limits,
        global_labels: Vec<Label>,
        buckets: HashMap<String, Arc<[f64]>>,
    ) -> Self {
        let foreign = Group::new(FOREIGN, limits.foreign_series);
        let groups = groups.into_iter().chain([Arc::clone(&foreign)]).collect();
        let claimed = specs.iter().flat_map(|spec| claimed_names(spec.name, spec.kind)).map(String::into_boxed_str);
        let names = Names { claimed: claimed.collect(), ..Names::default() };
        Self {
            rejections: Arc::default(),
            groups,
            foreign,
            limits,
            global_labels,
            specs: specs.into_iter().map(|spec| (spec.name, spec)).collect(),
            buckets,
            default_bounds: crate::buckets::REQUEST.into(),
            open: AtomicUsize::new(0),
            names: RwLock::new(names),
        }
    }

    /// Returns the families that have a name so far, sorted by it.
    pub(super) fn families(&self) -> Vec<Arc<MetricFamily>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.families.values().cloned().collect()
    }

    /// Remembers a description, unless the catalogue or an earlier one has the word.
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

    /// Finds or admits the series of `key`.
    pub(super) fn register<C: Storage>(&self, key: &Key, source: Source) -> Admitted<C> {
        let family = match self.family::<C>(key.name()) {
            Known::Family(family) => family,
            Known::Refused(reason) => return self.refuse(reason),
        };
        let Some(list) = C::list(&family.stored) else { return self.refuse(Refusal::Conflict) };
        let own = key.labels().as_slice();
        if own.len() + self.global_labels.len() > MAX_LABELS {
            return self.refuse(Refusal::Labels);
        }
        let kept = TEXT.try_with(|text| {
            let mut text = text.try_borrow_mut().ok()?;
            Some(self.series::<C>(&family, list, own, source, &mut text))
        });
        match kept {
            Ok(Some(admitted)) => admitted,
            // A thread that ends emits from what it drops, and has no scratch any more.
            _ => self.series::<C>(&family, list, own, source, &mut LabelText::default()),
        }
    }

    fn refuse<C>(&self, reason: Refusal) -> Admitted<C> {
        Admitted::Refused(Refused::new(reason, &self.rejections))
    }

    fn series<C: Storage>(
        &self,
        family: &Arc<MetricFamily>,
        list: &boxcar::Vec<Arc<Series<C>>>,
        own: &[Label],
        source: Source,
        text: &mut LabelText,
    ) -> Admitted<C> {
        let is_folded = overflow::is_folded(family.spec, own, source);
        let admit = |series, is_folded| {
            if is_folded {
                Admitted::Folded(Folded::new(series, &family.group.folded))
            } else {
                Admitted::Series(series)
            }
        };
        let labels = text.format(own, &self.global_labels, |_| None);
        let hash = family.hash(labels);
        if let Some(at) = family.find(labels, hash) {
            return admit(Arc::clone(&list[at]), is_folded);
        }

        let mut seen = family.admission.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(at) = family.find(labels, hash) {
            return admit(Arc::clone(&list[at]), is_folded);
        }

        let openness = seen.judge(family.spec, own, source);
        let reserved = openness.varies() && self.reserve(family);
        let folds = openness.folds(reserved || !openness.varies());
        let (mut series, mut hash) =
            Self::lookup(family, list, overflow::format(text, own, &self.global_labels, folds));
        if series.is_none()
            && let Some(labels) = seen.reshape(&openness, folds, own)
        {
            (series, hash) = Self::lookup(family, list, text.format(&labels, &self.global_labels, |_| None));
        }
        let series = if let Some(found) = series {
            if reserved {
                self.release(family);
            }
            found
        } else {
            let series = Series::new(C::new_cell(family), text.as_str(), &self.rejections);
            family.publish(list.push(Arc::clone(&series)), hash);
            if reserved && let Some(spec) = family.spec {
                seen.remember(spec, own);
            }
            series
        };
        admit(series, is_folded || openness.changes(folds))
    }

    /// Looks for the series with this label text.
    fn lookup<C>(
        family: &MetricFamily,
        list: &boxcar::Vec<Arc<Series<C>>>,
        labels: &str,
    ) -> (Option<Arc<Series<C>>>, TextHash) {
        let hash = family.hash(labels);
        (family.find(labels, hash).map(|at| Arc::clone(&list[at])), hash)
    }

    /// Takes a place in every budget that one more series with an open label counts against, or in none.
    fn reserve(&self, family: &MetricFamily) -> bool {
        // The family's admission lock is held, so its own length stands still.
        if family.stored.len() >= family.budget || !take(&family.group.open, family.group.budget) {
            return false;
        }
        let fits = take(&self.open, self.limits.series);
        if !fits {
            // Relaxed: a count that orders nothing.
            family.group.open.fetch_sub(1, Ordering::Relaxed);
        }
        fits
    }

    fn release(&self, family: &MetricFamily) {
        // Relaxed: a count that orders nothing.
        family.group.open.fetch_sub(1, Ordering::Relaxed);
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Finds or admits the family of a spelling.
    fn family<C: Storage>(&self, raw: &str) -> Known {
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
        // A refused spelling is remembered too. One name has any number of spellings, so only so many are; the catalogue's
        // own always.
        let many = names.spellings[C::FACADE as usize].len() >= 4 * (self.limits.foreign_names + self.specs.len());
        if self.specs.contains_key(raw) || (!many && raw.len() <= admit::MAX_NAME_BYTES) {
            names.remember(C::FACADE, raw, known.clone());
        }
        known
    }

    fn admit_family<C: Storage>(&self, names: &mut Names, raw: &str) -> Known {
        let Some(name) = admit::name(raw, C::FACADE == Kind::Counter) else { return Known::Refused(Refusal::Name) };
        if let Some(family) = names.families.get(&*name) {
            // Another spelling of the same name: the same metric if it is carried the same way.
            let same = C::list(&family.stored).is_some();
            return if same { Known::Family(Arc::clone(family)) } else { Known::Refused(Refusal::Conflict) };
        }
        if let Some(spec) = self.specs.get(&*name) {
            let carried = if spec.fractional { Kind::Gauge } else { spec.kind };
            if carried != C::FACADE {
                return Known::Refused(Refusal::Conflict);
            }
            let group = self.groups.iter().find(|group| group.name == spec.family).unwrap_or(&self.foreign);
            let bounds = self.buckets.get(&*name).cloned().unwrap_or_else(|| spec.buckets.into());
            return names.insert(MetricFamily::new(
                name,
                spec.kind,
                C::new_list(),
                Some(spec),
                Arc::clone(group),
                usize::MAX,
                &bounds,
                Some(spec.help),
            ));
        }
        let claims = claimed_names(&name, C::FACADE);
        if claims.iter().any(|claim| names.claimed.contains(&**claim)) {
            return Known::Refused(Refusal::Conflict);
        }
        if names.foreign >= self.limits.foreign_names {
            return Known::Refused(Refusal::Budget);
        }
        names.foreign += 1;
        names.claimed.extend(claims.into_iter().map(String::into_boxed_str));
        let bounds = self.buckets.get(&*name).or_else(|| self.buckets.get(raw)).cloned();
        let help = names.described.remove(&*name);
        names.insert(MetricFamily::new(
            name,
            C::FACADE,
            C::new_list(),
            None,
            Arc::clone(&self.foreign),
            self.limits.foreign_series.div_ceil(4),
            bounds.as_ref().unwrap_or(&self.default_bounds),
            help.as_deref(),
        ))
    }
}

impl Names {
    fn find(&self, kind: Kind, raw: &str) -> Option<&Known> {
        self.spellings[kind as usize].get(raw)
    }

    fn remember(&mut self, kind: Kind, raw: &str, known: Known) {
        self.spellings[kind as usize].insert(raw.into(), known);
    }

    fn insert(&mut self, family: MetricFamily) -> Known {
        let family = Arc::new(family);
        self.families.insert(family.name.clone(), Arc::clone(&family));
        Known::Family(family)
    }
}

/// Raises `count` by one unless it stands at `limit`.
fn take(count: &AtomicUsize, limit: usize) -> bool {
    // Relaxed: a count that orders nothing.
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < limit).then_some(count + 1)).is_ok()
}
