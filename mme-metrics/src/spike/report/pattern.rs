//! Repeated patterns: the same failure or wait on one route, and the same minute of many hours.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::format::{MAX_LISTED, code, duration, route};
use super::tally::Tally;
use crate::spike::trace::Trace;

/// From this count on, a pattern counts as repeated.
const OFTEN: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Patterns {
    /// Traces by route and outcome.
    alike: BTreeMap<Alike, (Tally, BTreeSet<String>)>,
    /// The hours in which a route had a trace in this minute of the hour.
    minutes: BTreeMap<(String, String), BTreeSet<String>>,
}

/// Two traces with the same of these are alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    route: String,
    status: Option<u16>,
    end: String,
    tier: Option<String>,
}

impl Patterns {
    pub(super) fn add(&mut self, trace: &Trace) {
        let (end, tier) = (trace.end.clone(), trace.tier.clone());
        let alike = Alike { route: route(trace), status: trace.status, end, tier };
        let (tally, hours) = self.alike.entry(alike).or_default();
        tally.add(trace);
        let (Some(hour), Some(minute)) = (trace.time.get(11..13), trace.time.get(14..16)) else { return };
        hours.insert(hour.to_owned());
        self.minutes.entry((route(trace), minute.to_owned())).or_default().insert(hour.to_owned());
    }

    /// Lists the minutes that stand out: a route has traces in this minute of many hours, and three minutes before in few.
    fn regular(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        let hours = |route: &str, minute: u32| {
            let key = (route.to_owned(), format!("{:02}", minute % 60));
            self.minutes.get(&key).map_or(0, BTreeSet::len)
        };
        self.minutes.iter().filter_map(move |((route, minute), all)| {
            let number: u32 = minute.parse().ok()?;
            let usual = hours(route, number + 57);
            (all.len() >= OFTEN && all.len() > 2 * usual).then_some((&**route, &**minute, all.len()))
        })
    }
}

impl fmt::Display for Patterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut often: Vec<_> = self.alike.iter().filter(|(_, (tally, _))| tally.entries >= OFTEN as u64).collect();
        often.sort_by_key(|(_, (tally, _))| std::cmp::Reverse(tally.entries));
        let mut regular: Vec<_> = self.regular().collect();
        regular.sort_by_key(|(.., hours)| std::cmp::Reverse(*hours));
        if often.is_empty() && regular.is_empty() {
            return writeln!(f, "None.");
        }
        for (Alike { route, status, end, tier }, (tally, hours)) in often.into_iter().take(MAX_LISTED) {
            write!(f, "- {} ended {}", code(route), code(end))?;
            if let Some(status) = status {
                write!(f, " with status {status}")?;
            }
            if let Some(tier) = tier {
                write!(f, " in tier {}", code(tier))?;
            }
            let (hours, p50) = (hours.len(), duration(tally.quantile(0.5)));
            writeln!(f, ": {} times in {hours} hours, half of them within {p50}.", tally.entries)?;
        }
        for (route, minute, hours) in regular.into_iter().take(MAX_LISTED) {
            writeln!(
                f,
                "- {} in minute {} of {hours} hours: something that runs by the clock?",
                code(route),
                code(minute)
            )?;
        }
        Ok(())
    }
}
