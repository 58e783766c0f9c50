//! The arguments of `#[instrument_metrics]`: own labels, operations of other families, concurrency.

use mme_metrics::function::{FUNCTION, FunctionName, ModulePath};
use mme_metrics::operation::{ClassifyReturn, ErrorWord, Operation, Outcome, ResultLabel};
use mme_metrics::testing::{Emission, record};
use mme_metrics::{
    Counter, Format, Histogram, LabelValue, Recorder, Unit, buckets, family, instrument_metrics, labels,
};
use mme_metrics_tests::future::{poll_once, yield_once};

#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
#[label(key = "decision")]
enum Decision {
    Allow,
    Deny,
}

family! {
    /// A family of the user's own.
    static GATE: GateMetrics {
        /// Decisions.
        decisions: Counter<(Decision, ResultLabel, ErrorWord)> = Counter::new("gate_decisions_total", Unit::None);
        /// Their duration.
        duration: Histogram<()> = Histogram::new("gate_duration_seconds", Unit::Seconds, buckets::REQUEST);
    }
}

/// Reads the decision from what the function returns.
#[derive(Clone, Copy)]
struct Gate(Decision);

impl Operation for Gate {
    fn end(self, outcome: Outcome, seconds: f64) {
        GATE.decisions.increment((self.0, outcome.result_label(), outcome.error_word()));
        GATE.duration.record((), seconds);
    }
}

impl<E> ClassifyReturn<Result<Decision, E>> for Gate {
    const ERROR_TYPES: &'static [&'static str] = &["policy"];

    fn classify(&mut self, returned: &Result<Decision, E>) -> Outcome {
        match returned {
            Ok(decision) => {
                self.0 = *decision;
                Outcome::Ok
            }
            Err(_) => Outcome::Error("policy"),
        }
    }
}

#[track_caller]
fn decided(emission: &Emission, decision: Decision, outcome: Outcome) {
    emission
        .expect()
        .counter(&GATE.decisions, (decision, outcome.result_label(), outcome.error_word()), 1)
        .histogram(&GATE.duration, (), 1)
        .only();
}

#[instrument_metrics(record = Gate(Decision::Allow))]
fn decides(returned: Result<Decision, ()>) -> Result<Decision, ()> {
    let decision = returned?;
    Ok(decision)
}

#[test]
fn an_operation_judges_what_it_knows() {
    decided(&record(|| assert!(decides(Ok(Decision::Deny)).is_ok())), Decision::Deny, Outcome::Ok);
    decided(&record(|| assert!(decides(Err(())).is_err())), Decision::Allow, Outcome::Error("policy"));
}

#[instrument_metrics(record = Gate(first))]
async fn waits(first: Decision) -> u32 {
    yield_once().await;
    7
}

#[test]
fn an_operation_that_cannot_judge_takes_a_return_for_ok_and_a_drop_for_cancelled() {
    for (polls, outcome) in [(2, Outcome::Ok), (1, Outcome::Cancelled)] {
        let emission = Emission::new();
        let mut future = Box::pin(emission.record_async(waits(Decision::Deny)));
        for _ in 0..polls {
            let _ = poll_once(future.as_mut());
        }
        drop(future);
        decided(&emission, Decision::Deny, outcome);
    }
}

#[instrument_metrics]
#[instrument_metrics(record = (Gate(Decision::Allow), Some(Gate(Decision::Deny))))]
fn both() {}

#[test]
fn attributes_and_operations_add_up() {
    let emission = record(both);
    let labels = || (FunctionName::find("both"), ModulePath::admit("macros::record"));
    let ok = (Outcome::Ok.result_label(), Outcome::Ok.error_word());
    let expected = emission.expect().histogram(&FUNCTION.duration, labels(), 1).histogram(&GATE.duration, (), 2);
    let expected = expected.counter(&FUNCTION.calls, (labels().0, labels().1, ok.0, ok.1), 1);
    let expected = expected.counter(&GATE.decisions, (Decision::Allow, ok.0, ok.1), 1);
    expected.counter(&GATE.decisions, (Decision::Deny, ok.0, ok.1), 1).only();
}

labels! {
    /// Who asks.
    registered Tenant: "tenant", budget = 4, fallback = "_unknown";
}

#[instrument_metrics(name = "asked", labels(decision, Tenant::find(tenant)), concurrent)]
fn asks(decision: Decision, tenant: &str) -> std::io::Result<Decision> {
    assert_eq!(tenant, "stranger");
    Ok(decision)
}

#[test]
fn labels_of_the_users_own_stand_on_the_familys_metrics() {
    let emission = record(|| drop(asks(Decision::Deny, "stranger")));
    let text = emission.recorder().render(Format::Text);
    let own = r#"{decision="deny",function="asked",module="macros::record""#;
    for line in [
        format!(r#"function_calls_total{own},result="ok",tenant="_unknown"}} 1"#),
        format!(r#"function_calls_duration_seconds_count{own},tenant="_unknown"}} 1"#),
        format!(r#"function_calls_concurrent{own},tenant="_unknown"}} 0"#),
    ] {
        assert!(text.contains(&line), "{line}\n{text}");
    }
}

#[instrument_metrics(labels(decision))]
fn closed(decision: Decision) -> Decision {
    decision
}

#[test]
fn each_combination_of_closed_labels_is_its_own_series() {
    let emission = record(|| [Decision::Deny, Decision::Allow, Decision::Deny].map(closed).map(drop).to_vec().clear());
    let text = emission.recorder().render(Format::Text);
    for (decision, calls) in [("deny", 2), ("allow", 1)] {
        let own =
            format!(r#"_total{{decision="{decision}",function="closed",module="macros::record",result="ok"}} {calls}"#);
        assert!(text.contains(&own), "{own}\n{text}");
    }
}

#[test]
fn a_family_with_such_an_operation_joins_the_catalogue() {
    assert!(Recorder::builder().family(&GATE).build().is_ok());
    assert_eq!(mme_metrics::catalog::lint(&[&GATE, &FUNCTION]), []);
}
