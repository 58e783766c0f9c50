//! Every variable, with values that are accepted and values that are not.

use std::fs;

use super::*;

fn read_all(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    read(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
}

fn line(variables: &[(&str, &str)]) -> String {
    read_all(variables).unwrap().to_string()
}

fn error(variables: &[(&str, &str)]) -> String {
    read_all(variables).unwrap_err().to_string()
}

#[test]
fn each_variable_is_what_its_key_is() {
    let variables = [
        (DISABLED_FAMILIES, " grpc, log,"),
        (DISABLED_METRICS, "my_total"),
        (BUCKETS, "a=0.5, 1; b = 2 ;"),
        (FAMILY_BUDGETS, "http=500,other=20"),
        (PROCESS_BUDGET, " 5000 "),
        (HISTOGRAM_FORMS, "*=both,a=native"),
        (LABELS, "env=prod,team=a=b"),
        (LISTENER_ADDRESS, "127.0.0.1:9464"),
        (LISTENER_TOKEN_FILE, "/run/token"),
    ];
    let file = Settings::from_toml(
        r#"
            disabled_families = ["grpc", "log"]
            disabled_metrics = ["my_total"]
            process_budget = 5000
            buckets = { a = [0.5, 1], b = [2] }
            budgets = { http = 500, other = 20 }
            histogram_forms = { "*" = "both", a = "native" }
            labels = { env = "prod", team = "a=b" }
            listener = { address = "127.0.0.1:9464", token_file = "/run/token" }
        "#,
    );
    assert_eq!(line(&variables), file.unwrap().to_string());
    assert_eq!(variables.len() + 1, VARIABLES.len(), "the file is the last");
    let empty: Vec<_> = VARIABLES.iter().map(|name| (*name, "")).collect();
    assert!(read_all(&empty).unwrap().is_empty());
    assert!(read_all(&[("MME_METRICSX", "1"), ("PATH", "/")]).unwrap().is_empty());
}

#[test]
fn a_variable_wins_over_the_file_by_list_and_by_name() {
    let path = std::env::temp_dir().join(format!("mme-metrics-settings-{}.toml", std::process::id()));
    let text =
        "disabled_families = [\"grpc\"]\nprocess_budget = 1\n[buckets]\na = [1]\nb = [2]\n[labels]\nenv = \"file\"";
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let variables = [(FILE, path), (DISABLED_FAMILIES, "log"), (BUCKETS, "b=3"), (LABELS, "env=variable")];
    let expected = "disabled_families = [\"log\"]; buckets.a = [1.0]; buckets.b = [3.0]; process_budget = 1; \
                    labels.env = \"variable\"";
    assert_eq!(line(&variables), expected);
    fs::write(path, "proces_budget = 1").unwrap();
    assert_eq!(error(&[(FILE, path)]), format!("{path}: unknown key `proces_budget`: did you mean `process_budget`?"));
    fs::write(path, [0xff]).unwrap();
    assert!(error(&[(FILE, path)]).contains("it is not UTF-8"));
    fs::remove_file(path).unwrap();
    let missing = error(&[(FILE, "/nowhere/mme.toml")]);
    assert!(
        missing.starts_with("the file that `MME_METRICS_FILE` names cannot be read (/nowhere/mme.toml: No such file")
    );
    assert!(missing.ends_with("name a file that this user may read"));
    #[cfg(target_os = "linux")]
    assert!(error(&[(FILE, "/dev/zero")]).contains("it is larger than 1 MiB"));
}

#[test]
fn what_cannot_be_used_is_an_error_with_the_variable_and_without_the_value() {
    for (name, value, said) in [
        (
            "MME_METRICS_DISABLE_FAMILIES",
            "secret",
            "the environment: unknown variable `MME_METRICS_DISABLE_FAMILIES`: did you mean `MME_METRICS_DISABLED_FAMILIES`?",
        ),
        (
            "MME_METRICS_LISTENER_TOKEN",
            "secret",
            "the environment: unknown variable `MME_METRICS_LISTENER_TOKEN`: did you mean `MME_METRICS_LISTENER_TOKEN_FILE`?",
        ),
        (BUCKETS, "secret", "the value of `MME_METRICS_BUCKETS` cannot be used: write it like metric=0.1,1;other=1,2"),
        (
            BUCKETS,
            "a=1,secret",
            "the value of `MME_METRICS_BUCKETS` cannot be used: give 1 to 64 finite, ascending bounds from 0 on, without +Inf",
        ),
        (BUCKETS, "a=1;a=2", "the value of `MME_METRICS_BUCKETS` cannot be used: name `a` once"),
        (
            FAMILY_BUDGETS,
            "http=secret",
            "the value of `MME_METRICS_FAMILY_BUDGETS` cannot be used: give a number of series, such as 500",
        ),
        (
            FAMILY_BUDGETS,
            "=5",
            "the value of `MME_METRICS_FAMILY_BUDGETS` cannot be used: write it like http=500,other=20",
        ),
        (
            PROCESS_BUDGET,
            "-1",
            "the value of `MME_METRICS_PROCESS_BUDGET` cannot be used: give a number of series, such as 500",
        ),
        (
            HISTOGRAM_FORMS,
            "*=secret",
            "the value of `MME_METRICS_HISTOGRAM_FORMS` cannot be used: give `classic`, `both` or `native`, the last two also with a \
             factor above 1, as in `both:1.05`",
        ),
        (LABELS, "secret", "the value of `MME_METRICS_LABELS` cannot be used: write it like env=prod,team=search"),
        (
            LISTENER_ADDRESS,
            "secret",
            "the value of `MME_METRICS_LISTENER_ADDRESS` cannot be used: give an IP address and a port, such as 0.0.0.0:9464",
        ),
    ] {
        assert_eq!(error(&[(name, value)]), said);
    }
    let strange = error(&[("MME_METRICS_ZZZ", "secret")]);
    assert!(strange.contains("use one of MME_METRICS_FILE, ") && strange.ends_with(", or unset it"), "{strange}");
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let error = read([(OsString::from(LABELS), OsString::from_vec(vec![0xff]))].into_iter()).unwrap_err().to_string();
    assert_eq!(error, "the value of `MME_METRICS_LABELS` cannot be used: write it in UTF-8");
    let name = OsString::from_vec(b"MME_METRICS_\xff".to_vec());
    let error = read([(name, OsString::from("1"))].into_iter()).unwrap_err().to_string();
    assert!(error.contains("unknown variable `MME_METRICS_\u{fffd}`"), "{error}");
}

#[test]
fn the_variables_of_kubernetes_are_no_settings() {
    for (name, value) in [
        ("MME_METRICS_SERVICE_HOST", "10.0.0.1"),
        ("MME_METRICS_SERVICE_PORT", "9464"),
        ("MME_METRICS_SERVICE_PORT_METRICS", "9464"),
        ("MME_METRICS_PORT", "tcp://10.0.0.1:9464"),
        ("MME_METRICS_PORT_9464_TCP", "tcp://10.0.0.1:9464"),
        ("MME_METRICS_PORT_9464_TCP_PROTO", "tcp"),
        ("MME_METRICS_CANARY_PORT_53_UDP_ADDR", "10.0.0.1"),
        ("MME_METRICS_CANARY_SERVICE_HOST", "10.0.0.1"),
    ] {
        assert!(read_all(&[(name, value)]).unwrap().is_empty(), "{name}");
    }
    for (name, value) in [("MME_METRICS_LISTENER_PORT", "9464"), ("MME_METRICS_PORT_NAME", "x")] {
        assert!(error(&[(name, value)]).contains(name));
    }
}
