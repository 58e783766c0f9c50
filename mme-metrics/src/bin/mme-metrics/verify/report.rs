//! The checklist, for people and for machines.

use std::fmt::Write as _;

use serde_json::json;

use super::check::{Check, State};

/// What is wrong if no check could run.
const NOTHING: &str =
    "nothing was checked: leave fewer checks out by --skip, or name what they need, such as --alertmanager";

pub(super) fn text(checks: &[Check], colour: bool) -> String {
    let paint =
        |code: &str, text: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut text = String::new();
    for check in checks {
        // Writing to a string cannot fail, here and below.
        let _ = match &check.state {
            State::Passed(seen) => writeln!(text, "{}  {:<20} {seen}", paint("32", "ok  "), check.name),
            State::Skipped(reason) => writeln!(text, "{}  {:<20} {reason}", paint("33", "skip"), check.name),
            State::Failed(problems) => problems.iter().enumerate().try_for_each(|(at, problem)| {
                let name = if at == 0 { check.name } else { "" };
                writeln!(text, "{}  {name:<20} {problem}", paint("31", "FAIL"))
            }),
        };
    }
    let failed = checks.iter().filter(|check| check.is_failed()).count();
    let passed = checks.iter().filter(|check| check.is_passed()).count();
    let _ = writeln!(text, "{passed} checks passed, {failed} failed, {} skipped", checks.len() - passed - failed);
    if passed + failed == 0 {
        let _ = writeln!(text, "{NOTHING}");
    }
    text
}

pub(super) fn json(checks: &[Check]) -> String {
    let list = checks.iter().map(|check| match &check.state {
        State::Passed(seen) => json!({ "name": check.name, "state": "passed", "seen": seen, "problems": [] }),
        State::Skipped(reason) => json!({ "name": check.name, "state": "skipped", "seen": reason, "problems": [] }),
        State::Failed(problems) => json!({ "name": check.name, "state": "failed", "seen": "", "problems": problems }),
    });
    let (passed, failed) = (checks.iter().any(Check::is_passed), checks.iter().any(Check::is_failed));
    let mut report = json!({ "healthy": passed && !failed, "checks": list.collect::<Vec<_>>() });
    if !passed && !failed {
        report["problem"] = NOTHING.into();
    }
    format!("{report:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals() {
        let checks = [
            Check { name: "clock", state: State::passed("fine") },
            Check { name: "rules", state: State::Failed(vec!["a".to_owned(), "b".to_owned()]) },
            Check { name: "spikes", state: State::Skipped("none".to_owned()) },
        ];
        let lines = "ok    clock                fine\nFAIL  rules                a\nFAIL                       b\n\
                     skip  spikes               none\n1 checks passed, 1 failed, 1 skipped\n";
        assert_eq!(text(&checks, false), lines);
        assert!(text(&checks, true).starts_with("\u{1b}[32mok  \u{1b}[0m  clock"));
        let json: serde_json::Value = serde_json::from_str(&json(&checks)).unwrap();
        assert_eq!((&json["healthy"], &json["checks"][1]["problems"][1]), (&false.into(), &"b".into()));
    }
}
