//! Situations in which a healthy service and the exporters around it raise no alarm, or just those that they should.

use std::fs;
use std::ops::Range;

use mme_metrics::asset::write_to;
use mme_metrics_tests::promtool;
use mme_metrics_tests::rules::Rules;
use tempfile::TempDir;

use super::service::{self, Change, Life, Series};

/// The minute in which something happens, and the end of the story.
const EVENT: i64 = 60;
const END: i64 = 180;

/// When to look for alerts: often after the event, and now and then until the end.
const LOOKS: [i64; 16] = [10, 59, 61, 62, 63, 64, 65, 66, 68, 70, 75, 80, 90, 120, 150, 179];

/// A scenario and the alerts that have to fire in it; all others stay silent.
pub struct Scenario {
    pub name: &'static str,
    pub lives: Vec<Life>,
    pub fires: &'static [Alarm],
}

/// An alert, the only job on which it fires or else none, and the minutes in which it does.
type Alarm = (&'static str, Option<&'static str>, Range<i64>);

pub fn all() -> Vec<Scenario> {
    let quiet = |name, lives| Scenario { name, lives, fires: &[] };
    let (a, b, c) = (r#"instance="a""#, r#"instance="b""#, r#"instance="c""#);
    let whole = |labels: &str| Life::new(labels, 0..END);
    let before = |labels: &str| Life::new(labels, 0..EVENT);
    let after = |labels: &str| Life::new(labels, EVENT + 1..END);
    let changed = |change, labels: &str| Life { change: Some((change, EVENT)), ..whole(labels) };
    vec![
        quiet("no data", vec![]),
        quiet("steady traffic", vec![whole(a)]),
        quiet("no traffic", vec![Life { deserted: Some(EVENT), ..whole(a) }]),
        Scenario {
            name: "counter reset",
            lives: vec![before(a), after(a).born()],
            // A container with the same name and image is another one.
            fires: &[("MmeContainerRestarting", Some("cadvisor"), EVENT + 2..EVENT + 15)],
        },
        // A machine is gone with all that was on it, and what is left of each cluster notices.
        Scenario {
            name: "one replica of three fails",
            lives: vec![
                changed(Change::Bereft, a),
                changed(Change::Bereft, b),
                Life { dying: END - EVENT, ..before(c) },
            ],
            fires: &[
                ("MmeInstanceDown", None, EVENT + 10..END),
                ("MmeGatewayServerDown", Some("traefik"), EVENT + 2..END),
                ("MmeKubeNodeNotReady", Some("kube-state-metrics"), EVENT + 5..END),
                ("MmeKubeDeploymentIncomplete", Some("kube-state-metrics"), EVENT + 15..END),
                ("MmeMongodbMemberUnhealthy", Some("mongodb"), EVENT + 5..END),
            ],
        },
        // Each target answers its scrapes, so none is down. A Vault that is sealed and an address that fails are pages, and escalate.
        Scenario {
            name: "what one exporter of three measures fails",
            lives: vec![whole(a), whole(b), changed(Change::Lost, c)],
            fires: &[
                ("MmeRedisDown", Some("redis"), EVENT + 2..END),
                ("MmePostgresDown", Some("postgres"), EVENT + 2..END),
                ("MmeMariadbDown", Some("mysqld"), EVENT + 2..END),
                ("MmeMongodbDown", Some("mongodb"), EVENT + 2..END),
                ("MmeVaultSealed", Some("vault"), EVENT + 2..END),
                ("MmeEscalationLevel2", Some("vault"), EVENT + 18..END),
                ("MmeEscalationLevel3", Some("vault"), EVENT + 33..END),
                ("MmeEscalationLevel4", Some("vault"), EVENT + 63..END),
                ("MmeProbeFailed", Some("blackbox"), EVENT + 3..END),
                ("MmeEscalationLevel2", Some("blackbox"), EVENT + 19..END),
                ("MmeEscalationLevel3", Some("blackbox"), EVENT + 34..END),
                ("MmeEscalationLevel4", Some("blackbox"), EVENT + 64..END),
            ],
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
        quiet("two copies in one store", two_copies()),
    ]
}

/// A store of the fleet that keeps what both servers of a cluster send.
fn two_copies() -> Vec<Life> {
    let targets = ["a", "b"].into_iter().flat_map(|server| {
        ["a", "b", "c"]
            .map(|instance| format!(r#"cluster="north",prometheus_replica="{server}",instance="{instance}""#))
    });
    targets.map(|labels| Life::new(&labels, 0..END)).collect()
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
            let firing = self.fires.iter().filter(|(.., minutes)| minutes.contains(&minute));
            let samples: Vec<_> = firing
                .flat_map(|(alert, job, _)| {
                    let jobs = job.map_or_else(service::jobs, |job| [job].into());
                    jobs.into_iter().map(move |job| {
                        format!("{{labels: '{{alertname=\"{alert}\",job=\"{job}\"}}', value: 1}}")
                    })
                })
                .collect();
            format!(
                "      - expr: group by (alertname, job) (ALERTS{{alertstate=\"firing\",alertname!=\"Watchdog\"}})\n        \
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

    fn run(&self, rules: &Rules) -> Result<String, String> {
        let directory = TempDir::new().expect("a temporary directory");
        write_to(directory.path()).expect("a directory that can be written");
        let prometheus = directory.path().join("prometheus");
        fs::write(prometheus.join("scenario.yml"), self.document(rules)).expect("a file that can be written");
        promtool::run_in(&prometheus, &["test", "rules", "scenario.yml"])
    }
}

#[test]
fn a_healthy_service_raises_no_alarm_whatever_happens_to_it() {
    let rules = Rules::read();
    for scenario in all() {
        scenario.run(&rules).unwrap_or_else(|said| panic!("{}:\n{said}", scenario.name));
    }
}

#[test]
fn a_scenario_can_fail() {
    let a = Life::new(r#"instance="a""#, 0..END);
    let down = Life { minutes: 0..EVENT, dying: END - EVENT, ..a };
    let scenario = Scenario { name: "the only instance is down", lives: vec![down], fires: &[] };
    let said = scenario.run(&Rules::read()).expect_err("an alert fires");
    assert!(said.contains("MmeServiceDown"), "{said}");
}
