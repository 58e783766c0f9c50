//! A gauge of what is in flight: up now, down when this is dropped, and both on the same recorder.

use std::fmt;

use metrics::Recorder;

use super::slot::Slot;

/// A gauge that went up by one, and comes down by one where it went up when this is dropped, whatever recorder is current
/// then.
///
/// What began before the process has a recorder went up nowhere, and comes down nowhere.
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

/// The facade's own handles are clones of one counted reference, a word that all threads would write with each request; so
/// under the process's recorder the kept one is used as it stands.
enum Where {
    Kept(&'static metrics::Gauge),
    // Boxed, so that what carries the other one stays small.
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
