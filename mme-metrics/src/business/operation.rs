//! Measured operations of the business, such as processing a document.

use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;

use metrics::{Key, SharedString};

use super::label::{BusinessOperationName, BusinessOperationType};
use super::metrics::BUSINESS;
use crate::label::{Cardinality, LabelValue};
use crate::operation::{Operation, Outcome, OutcomeKeys, OutcomeSeries, Preregister, record_unkept};

/// A named operation of the business, whose events are measured. Make it a `static`: it keeps the series of its events.
///
/// `V` is the type of an event. It is a closed label with any key, or a registered label.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use mme_metrics::LabelValue;
/// use mme_metrics::business::BusinessOperation;
/// use mme_metrics::operation::{Guard, measure};
/// use mme_metrics::operation::{AlwaysOk, Outcome};
///
/// #[derive(Clone, Copy, LabelValue)]
/// #[label(key = "document")]
/// enum Document {
///     Invoice,
///     Contract,
/// }
///
/// static PROCESSING: BusinessOperation<Document> = BusinessOperation::new("document_processing");
/// static CLOSING: BusinessOperation = BusinessOperation::new("closing_of_the_books");
///
/// let words = measure(PROCESSING.of(Document::Invoice), AlwaysOk, || 7);
/// let guard = Guard::start(CLOSING.event());
/// guard.end(Outcome::Ok);
/// # }
/// ```
///
/// A label with an open set of values does not compile:
///
/// ```compile_fail
/// use mme_metrics::business::BusinessOperation;
/// use mme_metrics::labels;
///
/// labels! {
///     capped Anything: "anything", budget = 10;
/// }
///
/// static PROCESSING: BusinessOperation<Anything> = BusinessOperation::new("processing");
/// ```
pub struct BusinessOperation<V: LabelValue + 'static = NoType> {
    name: &'static str,
    /// The series of each type, if `V` is a closed label.
    places: OnceLock<Box<[OutcomeSeries]>>,
    types: PhantomData<fn(V)>,
}

/// The type of a [`BusinessOperation`] that has no types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NoType;

impl LabelValue for NoType {
    const KEY: &'static str = "type";
    const CARDINALITY: Cardinality = Cardinality::Closed(&[""]);

    fn label_value(&self) -> SharedString {
        SharedString::const_str("")
    }

    fn ordinal(&self) -> Option<usize> {
        Some(0)
    }
}

impl<V: LabelValue + 'static> BusinessOperation<V> {
    /// Makes an operation with this name, the value of the label `operation`.
    pub const fn new(name: &'static str) -> Self {
        const {
            assert!(
                matches!(V::CARDINALITY, Cardinality::Closed(_) | Cardinality::Registered { .. }),
                "the types of a business operation are a closed or a registered label"
            );
        }
        Self { name, places: OnceLock::new(), types: PhantomData }
    }

    /// Returns one event of type `kind`. Measure it with the module [`operation`](crate::operation) or with
    /// `#[instrument_metrics(record = …)]`.
    #[inline]
    pub const fn of(&'static self, kind: V) -> BusinessEvent<V> {
        BusinessEvent { operation: self, kind }
    }

    /// Creates the zero series of every type, so that the first event of each is an increase.
    ///
    /// If `V` is a registered label, this does nothing: a registered type has series from its first event on.
    pub fn touch(&self) {
        let Cardinality::Closed(kinds) = V::CARDINALITY else { return };
        for (place, kind) in self.places().iter().zip(kinds) {
            place.touch(&Names { operation: self.name, kind }, &[]);
        }
    }

    fn places(&self) -> &[OutcomeSeries] {
        self.places.get_or_init(|| {
            let Cardinality::Closed(kinds) = V::CARDINALITY else { return Box::default() };
            kinds.iter().map(|_| OutcomeSeries::new()).collect()
        })
    }
}

impl BusinessOperation<NoType> {
    /// Returns one event. Measure it with the module [`operation`](crate::operation) or with
    /// `#[instrument_metrics(record = …)]`.
    #[inline]
    pub const fn event(&'static self) -> BusinessEvent<NoType> {
        self.of(NoType)
    }
}

impl<V: LabelValue + 'static> fmt::Debug for BusinessOperation<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessOperation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One event of a [`BusinessOperation`].
#[must_use = "an event is recorded by `operation::measure`, `operation::measure_async` or a `Guard`"]
pub struct BusinessEvent<V: LabelValue + 'static = NoType> {
    operation: &'static BusinessOperation<V>,
    kind: V,
}

impl<V: LabelValue + 'static> BusinessEvent<V> {
    /// Sets the type of an event that has started, for types that are known only during the operation.
    pub fn set_type(&mut self, kind: V) {
        self.kind = kind;
    }

    /// Finds the kept series, if `V` is a closed label.
    #[inline]
    fn place(&self) -> Option<&OutcomeSeries> {
        self.operation.places().get(self.kind.ordinal()?)
    }

    fn with_names<T>(&self, use_them: impl FnOnce(&Names<'_>) -> T) -> T {
        use_them(&Names { operation: self.operation.name, kind: &self.kind.label_value() })
    }
}

impl<V: LabelValue + 'static> Operation for BusinessEvent<V> {
    #[inline]
    fn start(&mut self, _: &'static [&'static str]) {
        if let Some(place) = self.place() {
            place.touch(&*self, &[]);
        }
    }

    #[inline]
    fn end(self, outcome: Outcome, seconds: f64) {
        // The label `result` has one value for all errors.
        let outcome = if let Outcome::Error(_) = outcome { Outcome::OTHER } else { outcome };
        match self.place() {
            Some(place) => place.record(&self, outcome, seconds),
            None => record_unkept(&self, outcome, seconds),
        }
    }
}

impl<V: LabelValue + 'static> OutcomeKeys for BusinessEvent<V> {
    const PREREGISTER: Preregister = Preregister::All;

    fn end(&self, outcome: Outcome) -> Key {
        self.with_names(|names| names.end(outcome))
    }

    fn duration(&self) -> Key {
        self.with_names(|names| names.duration())
    }
}

impl<V: LabelValue + 'static> fmt::Debug for BusinessEvent<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessEvent").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// The label values of the series of one type.
struct Names<'a> {
    operation: &'static str,
    kind: &'a str,
}

impl Names<'_> {
    fn labels(&self) -> (BusinessOperationName, BusinessOperationType) {
        (BusinessOperationName::admit(self.operation), BusinessOperationType::admit(self.kind))
    }
}

impl OutcomeKeys for Names<'_> {
    const PREREGISTER: Preregister = Preregister::All;

    fn end(&self, outcome: Outcome) -> Key {
        let (operation, kind) = self.labels();
        BUSINESS.operations.key_with(&(operation, kind, outcome.result_label()), &[])
    }

    fn duration(&self) -> Key {
        BUSINESS.operation_duration.key_with(&self.labels(), &[])
    }
}
