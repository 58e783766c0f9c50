#![allow(clippy::float_cmp, reason = "the figures are whole numbers, which are exact")]

use metrics::with_local_recorder;

use super::*;
use crate::Recorder;
use crate::certificate::{CERTIFICATE, CertificateName};
use crate::database::{ConnectionState, DATABASE, PoolName};
use crate::health::{DependencyKind, DependencyName, HEALTH};
use crate::live::view::Answer;

/// The promise of the page.
const PROMISE: usize = 2 * 1024 * 1024;

fn recorder() -> Recorder {
    Recorder::builder().process_metrics(false).build().unwrap()
}

/// A history of a recorder, and the time of its last sample.
struct SampledHistory {
    recorder: Recorder,
    history: History,
    unix: f64,
}

impl SampledHistory {
    fn new() -> Self {
        Self { recorder: recorder(), history: History::new(), unix: 1_000_000.0 }
    }

    fn after(&mut self, emit: impl FnOnce()) -> &History {
        with_local_recorder(&self.recorder, emit);
        self.unix += 5.0;
        self.history.observe(&self.recorder.sample(), 5.0, self.unix);
        &self.history
    }

    /// The alerts whose conditions hold, with what they hold for.
    fn active(&self) -> Vec<(&'static str, &str)> {
        let conditions = &self.history.conditions;
        let named = |condition| conditions.alert(condition).map_or("", |alert| alert.name);
        conditions.active.iter().map(|condition| (named(condition), &*condition.finding.subject)).collect()
    }
}

fn request(route: &'static str, error: &'static str, count: usize) {
    let name = crate::http::HTTP.server_duration.spec().name;
    let labels = [("http_request_method", "GET"), ("http_route", route), ("error_type", error)];
    let histogram = metrics::histogram!(name, &labels);
    (0..count).for_each(|_| histogram.record(0.01));
}

#[test]
fn the_history_of_20_000_series_takes_at_most_two_mebibytes() {
    let text = "x".repeat(100);
    let builder = Recorder::builder().process_metrics(false).process_budget(1_000_000);
    let builder = builder.family_budget("other", 100_000).family_budget("http", 100_000);
    let recorder = builder.build().unwrap();
    with_local_recorder(&recorder, || {
        for at in 0..5_000 {
            metrics::counter!("first_total", "which" => format!("{text}{at}")).increment(at + 1);
            metrics::gauge!("second", "which" => format!("{text}{at}")).set(at as f64);
            metrics::histogram!("third_seconds", "which" => format!("{text}{at}")).record(0.1);
            metrics::counter!(format!("own{}_total", at % 400), "which" => format!("{text}{at}")).increment(1);
        }
        (0..2_000).for_each(|at| request(format!("/{text}/{at}").leak(), "", 1));
    });
    let mut history = History::new();
    for sample in 0..200 {
        history.observe(&recorder.sample(), 5.0, f64::from(sample));
    }
    assert!(recorder.series() >= 20_000, "{}", recorder.series());
    assert!(history.bytes() <= PROMISE, "{}", history.bytes());
    assert!(history.left_out > 0, "what does not fit is said");
    // The first poll has it all.
    let text = serde_json::to_string(&Answer::new(&history, 0, Vec::new())).unwrap();
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn totals_count_series_that_have_no_line() {
    let mut sampled = SampledHistory::new();
    let routes: Vec<&'static str> = (0..100).map(|at| &*format!("/{at}").leak()).collect();
    sampled.after(|| routes.iter().for_each(|route| request(route, "", 1)));
    let history = sampled.after(|| routes.iter().for_each(|route| request(route, "", 5)));
    let chart = &history.charts[0];
    assert_eq!((chart.groups.len(), chart.left_out), (64, 36));
    let total = chart.total.as_ref().unwrap();
    assert_eq!(total.lines[crate::live::chart::RATE].mean(2, 1), Some(100.0));
}

#[test]
fn a_share_of_errors_over_the_limit_of_the_bundled_alert_holds_and_ends() {
    let mut sampled = SampledHistory::new();
    sampled.after(|| request("/a", "", 1));
    // Under five minutes' worth of requests nothing is judged.
    sampled.after(|| request("/a", "500", 4));
    assert_eq!(sampled.active(), []);
    sampled.after(|| {
        request("/a", "500", 20);
        request("/b", "", 100);
        request("/c", "cancelled", 20);
    });
    assert_eq!(sampled.active(), [("MmeHttpErrorRateCritical", ""), ("MmeHttpErrorRateHigh", "/a")]);
    let since = sampled.history.conditions.active[0].since;
    (0..30).for_each(|_| _ = sampled.after(|| ()));
    assert_eq!(sampled.history.conditions.active[0].since, since);
    (0..40).for_each(|_| _ = sampled.after(|| ()));
    assert_eq!(sampled.active(), []);
}

#[test]
fn present_values_are_judged_as_they_stand() {
    static POOL: &str = "live_pool";
    let pool = PoolName::register(POOL).unwrap();
    let [vault, mail] = ["live_vault", "live_mail"].map(|name| DependencyName::register(name).unwrap());
    let [old, new, long] = ["live_old", "live_new", "live_long"].map(|name| CertificateName::register(name).unwrap());
    let mut sampled = SampledHistory::new();
    let now = sampled.unix;
    sampled.after(|| {
        DATABASE.connection_max.set((pool,), 10.0);
        DATABASE.connections.set((pool, ConnectionState::Used), 10.0);
        DATABASE.connections.set((pool, ConnectionState::Idle), 0.0);
        HEALTH.up.set((vault, DependencyKind::Secrets), 0.0);
        HEALTH.up.set((mail, DependencyKind::Queue), 0.0);
        for (name, begin, end) in [(old, -100.0, -1.0), (new, -80.0, 5.0), (long, -1.0, 20.0)] {
            CERTIFICATE.not_before.set((name,), now + begin * 86_400.0);
            CERTIFICATE.not_after.set((name,), now + end * 86_400.0);
        }
    });
    let wanted = [
        ("MmeDbPoolExhausted", POOL),
        ("MmeVaultUnavailable", "live_vault"),
        ("MmeDependencyDown", "live_mail"),
        ("MmeCertificateExpired", "live_old"),
        ("MmeCertificateExpiringSoon", "live_new"),
    ];
    assert_eq!(sampled.active(), wanted);
}

#[test]
fn an_answer_has_the_samples_that_a_page_lacks() {
    let mut sampled = SampledHistory::new();
    for _ in 0..10 {
        sampled.after(|| request("/a", "", 1));
    }
    let lines = |since| {
        let text = serde_json::to_string(&Answer::new(&sampled.history, since, Vec::new())).unwrap();
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let line = &answer["sections"][0]["charts"][0]["total"]["lines"][0];
        (line["first"].as_u64(), line["values"].as_array().map(Vec::len))
    };
    assert_eq!(lines(0), (Some(1), Some(10)));
    assert_eq!(lines(8), (Some(9), Some(2)));
    assert_eq!(lines(10), (Some(11), Some(0)));
    // A page that is ahead belongs to another history.
    assert_eq!(lines(11), (Some(1), Some(10)));
    assert_eq!(lines(u64::MAX), (Some(1), Some(10)));
    for _ in 0..300 {
        sampled.after(|| ());
    }
    let text = serde_json::to_string(&Answer::new(&sampled.history, 5, Vec::new())).unwrap();
    assert!(text.contains("\"first\":131,"), "the ring has the last 180 of 310");
}

#[test]
fn two_histories_have_different_names() {
    assert_ne!(History::new().instance, History::new().instance);
}
