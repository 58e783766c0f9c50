//! Situations in which a healthy service raises no alarm.

use std::fs;
use std::process::Output;

use mme_metrics::asset::write_to;
use mme_metrics_tests::program;
use mme_metrics_tests::rules::Rules;
use tempfile::TempDir;

use super::service::{Life, Series};

/// The minute in which something happens, and the end of the story.
const EVENT: i64 = 60;
const END: i64 = 180;

/// When to look for alerts: often after the event, and now and then until the end.
const LOOKS: [i64; 16] = [10, 59, 61, 62, 63, 64, 65, 66, 68, 70, 75, 80, 90, 120, 150, 179];

/// A scenario and the alerts that have to fire in it; all others stay silent.
pub struct Scenario {
    pub name: &'static str,
    pub lives: Vec<Life>,
    /// Alerts with the minute from which on they fire.
    pub fires: &'static [(&'static str, i64)],
}

pub fn all() -> Vec<Scenario> {
    let quiet = |name, lives| Scenario { name, lives, fires: &[] };
    let (a, b, c) = (r#"instance="a""#, r#"instance="b""#, r#"instance="c""#);
    let whole = |labels: &str| Life::new(labels, 0..END);
    let before = |labels: &str| Life::new(labels, 0..EVENT);
    let after = |labels: &str| Life::new(labels, EVENT + 1..END);
    vec![
        quiet("no data", vec![]),
        quiet("steady traffic", vec![whole(a)]),
        quiet("no traffic", vec![Life { deserted: Some(EVENT), ..whole(a) }]),
        quiet("counter reset", vec![before(a), after(a).born()]),
        Scenario {
            name: "one replica of three fails",
            lives: vec![whole(a), whole(b), Life { dying: END - EVENT, ..before(c) }],
            fires: &[("MmeInstanceDown", EVENT + 10)],
        },
        quiet("rolling restart", rolling_restart()),
        quiet("relabelled target", vec![before(a), after(r#"instance="a",version="2""#)]),
        quiet("moved target", vec![before(a), after(r#"instance="a",namespace="shop""#)]),
        quiet("renamed instance", vec![before(a), after(b)]),
        quiet("first scrape of old totals", vec![after(a)]),
        quiet(
            "two environments",
            ["production", "staging"].map(|name| whole(&format!(r#"namespace="{name}",{a}"#))).into(),
        ),
        // A store of the fleet that keeps what both servers of a cluster send.
        quiet(
            "two copies in one store",
            ["a", "b"].map(|name| whole(&format!(r#"prometheus_replica="{name}",{a}"#))).into(),
        ),
    ]
}

/// Three pods, one after the other: each is still listed for a minute while it shuts down, and its successor is another target.
fn rolling_restart() -> Vec<Life> {
    let pods = ["a", "b", "c"].into_iter().zip([EVENT, EVENT + 3, EVENT + 6]);
    let lives = pods.flat_map(|(pod, at)| {
        let old = Life { dying: 2, ..Life::new(&format!(r#"instance="{pod}1""#), 0..at) };
        [old, Life::new(&format!(r#"instance="{pod}2""#), at + 1..END).born()]
    });
    lives.collect()
}

impl Scenario {
    /// Returns the scenario as a file of rule tests.
    fn document(&self, rules: &Rules) -> String {
        let mut series = Series::default();
        self.lives.iter().for_each(|life| series.add(life));
        let looks = LOOKS.map(|minute| {
            let firing = self.fires.iter().filter(|(_, from)| minute >= *from);
            let samples: Vec<_> =
                firing.map(|(alert, _)| format!("{{labels: '{{alertname=\"{alert}\"}}', value: 1}}")).collect();
            format!(
                "      - expr: group by (alertname) (ALERTS{{alertstate=\"firing\",alertname!=\"Watchdog\"}})\n        \
                 eval_time: {minute}m\n        exp_samples: [{}]\n",
                samples.join(", ")
            )
        });
        format!(
            "rule_files: [rules/*.yml, alerts/*.yml]\nevaluation_interval: 1m\ngroup_eval_order: [{}]\ntests:\n  - name: \
             {}\n    interval: 1m\n    input_series:\n{}    promql_expr_test:\n{}",
            rules.groups.join(", "),
            self.name,
            series.lines(),
            looks.concat()
        )
    }

    fn run(&self, rules: &Rules) -> Output {
        let directory = TempDir::new().expect("a temporary directory");
        write_to(directory.path()).expect("a directory that can be written");
        let prometheus = directory.path().join("prometheus");
        fs::write(prometheus.join("scenario.yml"), self.document(rules)).expect("a file that can be written");
        let promtool =
            program::command("promtool").args(["test", "rules", "scenario.yml"]).current_dir(prometheus).output();
        promtool.expect("promtool is a program that runs")
    }
}

#[test]
fn a_healthy_service_raises_no_alarm_whatever_happens_to_it() {
    let rules = Rules::read();
    for scenario in all() {
        let output = scenario.run(&rules);
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}:\n{}", scenario.name, String::from_utf8_lossy(&said));
    }
}

#[test]
fn a_scenario_can_fail() {
    let a = Life::new(r#"instance="a""#, 0..END);
    let down = Life { minutes: 0..EVENT, dying: END - EVENT, ..a };
    let scenario = Scenario { name: "the only instance is down", lives: vec![down], fires: &[] };
    let output = scenario.run(&Rules::read());
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!output.status.success() && said.contains("MmeServiceDown"), "{said}");
}
