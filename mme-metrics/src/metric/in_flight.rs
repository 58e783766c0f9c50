//! A guard of a gauge of work in flight: it adds one now and takes it away when it is dropped, both on the same recorder.

use std::fmt;

use metrics::Recorder;

use super::slot::Slot;

/// A guard that has added one to a gauge. Dropped, it takes it away on the recorder on which it was added, whatever recorder is
/// current then.
///
/// Work that began before the process had a recorder is not counted.
///
/// ```
/// use mme_metrics::{Gauge, Unit, family, testing};
///
/// family! {
///     /// What the kitchen does.
///     static KITCHEN: KitchenMetrics {
///         /// Pots on the fire.
///         pots: Gauge<()> = Gauge::new("kitchen_pots", Unit::None);
///     }
/// }
///
/// let emission = testing::Emission::new();
/// let pot = emission.record(|| KITCHEN.pots.track(()));
/// emission.expect().gauge(&KITCHEN.pots, (), 1.0).only();
/// drop(pot);
/// emission.expect().gauge(&KITCHEN.pots, (), 0.0).only();
/// ```
#[must_use = "dropping this lowers the gauge"]
pub struct InFlight(Where);

/// Under the process's recorder this borrows the kept handle. A clone of it would be one counted reference more, a word that all
/// threads would write with each request.
enum Where {
    Kept(&'static metrics::Gauge),
    // Boxed, so that the guard stays small in the usual case.
    Passing(Box<metrics::Gauge>),
}

impl InFlight {
    #[inline]
    pub(crate) fn on(slot: &'static Slot<metrics::Gauge>, register: impl Fn(&dyn Recorder) -> metrics::Gauge) -> Self {
        Self::up(slot.with_static(register, Where::Kept, |gauge| Where::Passing(Box::new(gauge))))
    }

    pub(crate) fn passing(gauge: metrics::Gauge) -> Self {
        Self::up(Where::Passing(Box::new(gauge)))
    }

    #[inline]
    fn up(place: Where) -> Self {
        place.gauge().increment(1.0);
        Self(place)
    }
}

impl Where {
    #[inline]
    fn gauge(&self) -> &metrics::Gauge {
        match self {
            Self::Kept(gauge) => gauge,
            Self::Passing(gauge) => gauge,
        }
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        self.0.gauge().decrement(1.0);
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InFlight")
    }
}
