//! The display units of panels.

use crate::metric::Unit;

/// The unit in which a panel displays its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisplayUnit {
    /// A number, abbreviated with a letter for thousands.
    Short,
    /// Requests per second.
    RequestsPerSecond,
    /// Events per second.
    EventsPerSecond,
    /// Seconds.
    Seconds,
    /// Bytes, in powers of 1024.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// A share between 0 and 1, shown in per cent.
    Share,
    /// 0 or 1, shown as down or up.
    UpDown,
    /// 0 or 1, shown as breach or pass.
    BreachPass,
    /// 0 or 1, shown as failed or ok.
    FailedOk,
    /// Milliseconds since the Unix epoch, shown as the time that has passed.
    Since,
    /// An amount of money with a separator for thousands. The legend names the currency.
    Amount,
}

impl DisplayUnit {
    /// Returns Grafana's name of the unit.
    pub(super) const fn grafana(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::RequestsPerSecond => "reqps",
            Self::EventsPerSecond => "cps",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "binBps",
            Self::Share => "percentunit",
            Self::UpDown | Self::BreachPass | Self::FailedOk => "bool_on_off",
            Self::Since => "dateTimeFromNow",
            Self::Amount => "locale",
        }
    }

    /// Returns the words for 0 and 1, if the unit has words for them.
    pub(super) const fn words(self) -> Option<[&'static str; 2]> {
        match self {
            Self::UpDown => Some(["down", "up"]),
            Self::BreachPass => Some(["breach", "pass"]),
            Self::FailedOk => Some(["failed", "ok"]),
            _ => None,
        }
    }
}

impl From<Unit> for DisplayUnit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::None => Self::Short,
            Unit::Seconds => Self::Seconds,
            Unit::Bytes => Self::Bytes,
            Unit::Ratio => Self::Share,
        }
    }
}
