//! Every key, with values that are accepted and values that are not.

use super::*;

fn error(text: &str) -> String {
    Settings::from_toml(text).unwrap_err().to_string()
}

#[test]
fn each_key_is_read_and_an_empty_file_sets_nothing() {
    assert!(Settings::from_toml("").unwrap().is_empty());
    assert!(Settings::from_toml("\u{feff}# nothing\r\n").unwrap().is_empty());
    for text in [
        "disabled_families = [\"grpc\"]",
        "disabled_metrics = [\"build_info\"]",
        "[buckets]\na = [0.5, 1]",
        "[budgets]\nother = 0",
        "process_budget = 5",
        "[histogram_forms]\n\"*\" = \"native:1.05\"",
        "[labels]\nenv = \"prod\"",
        "[listener]\naddress = \"[::1]:9464\"",
    ] {
        assert!(!Settings::from_toml(text).unwrap().is_empty(), "{text}");
    }
}

#[test]
fn what_cannot_be_used_is_an_error_with_the_key_and_what_it_accepts() {
    for (text, said) in [
        ("disabled_family = []", "the settings: unknown key `disabled_family`: did you mean `disabled_families`?"),
        (
            "zzz = 1",
            "the settings: unknown key `zzz`: use one of disabled_families, disabled_metrics, buckets, budgets, process_budget, \
             histogram_forms, labels, listener",
        ),
        ("[listener]\ntoken = \"secret\"", "the settings: unknown key `listener.token`: did you mean `token_file`?"),
        (
            "disabled_families = \"secret\"",
            "the value of `disabled_families` in the settings cannot be used: give a list of names, such as [\"grpc\"]",
        ),
        (
            "disabled_metrics = [1]",
            "the value of `disabled_metrics` in the settings cannot be used: give a list of names, such as \
             [\"my_requests_total\"]",
        ),
        ("buckets = 1", "the value of `buckets` in the settings cannot be used: write a table: [buckets]"),
        (
            "[buckets]\na = [1, 1]",
            "the value of `buckets.a` in the settings cannot be used: give 1 to 64 finite, ascending bounds from 0 on, without +Inf",
        ),
        (
            "[budgets]\nhttp = -1",
            "the value of `budgets.http` in the settings cannot be used: give a number of series, such as 500",
        ),
        (
            "process_budget = \"secret\"",
            "the value of `process_budget` in the settings cannot be used: give a number of series, such as 500",
        ),
        (
            "[histogram_forms]\na = \"secret\"",
            "the value of `histogram_forms.a` in the settings cannot be used: give `classic`, `both` or `native`, the last two also \
             with a factor above 1, as in `both:1.05`",
        ),
        (
            "[labels]\nenv = 1",
            "the value of `labels.env` in the settings cannot be used: give a text in quotation marks",
        ),
        ("listener = \"secret\"", "the value of `listener` in the settings cannot be used: write a table: [listener]"),
        (
            "[listener]\naddress = \"secret:1\"",
            "the value of `listener.address` in the settings cannot be used: give an IP address and a port, such as 0.0.0.0:9464",
        ),
        (
            "[listener]\ntoken_file = \"\"",
            "the value of `listener.token_file` in the settings cannot be used: give the path of a file",
        ),
    ] {
        assert_eq!(error(text), said);
    }
    for bounds in ["[]", "[inf]", "[nan]", "[2, 1]", "[-1, 1]", "[\"1\"]", "1"] {
        assert!(
            error(&format!("[buckets]\na = {bounds}")).contains("give 1 to 64 finite, ascending bounds"),
            "{bounds}"
        );
    }
}

#[test]
fn what_is_not_toml_is_an_error_with_the_line_and_without_its_text() {
    let said = error("process_budget = 5\n[labels]\ntoken = \"secret\n");
    assert!(said.starts_with("line 3 of the settings is not TOML: "), "{said}");
    let twice = error("process_budget = 5\nprocess_budget = 6\n");
    assert!(twice.starts_with("line 2 of the settings is not TOML: "), "{twice}");
    for text in ["\"", "a = \"secret", "[[[", "secret", &"[".repeat(100_000), &"a.".repeat(100_000)] {
        let said = error(text);
        assert!(said.contains("is not TOML") && !said.contains("secret") && !said.contains('\n'), "{said}");
    }
}

#[test]
fn a_name_that_is_any_text_stays_short_and_on_one_line() {
    let said = error(&format!("\"a\\nb{}\" = 1", "c".repeat(500)));
    assert!(said.contains("unknown key `a\\nbccc") && said.contains("…`") && said.len() < 400, "{said}");
}
