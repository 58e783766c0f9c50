//! What an operator sets: it wins over the code, what is disabled has no series anywhere, and mistakes are errors that say what to do.

use std::fs;

use mme_metrics::metric::HistogramForm;
use mme_metrics::recorder::BuildError;
use mme_metrics::settings::Settings;
use mme_metrics::{Counter, Format, Gauge, Histogram, Recorder, RecorderBuilder, Unit, family, labels, testing};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::protobuf;
use proptest::prelude::*;
use tempfile::TempDir;

labels! {
    /// What a guest calls a dish.
    pub capped SetDish: "set_dish", budget = 100;
}

family! {
    /// A family of the user's own.
    static CANTEEN: CanteenMetrics {
        /// Dishes that were made.
        dishes: Counter<(SetDish,)> = Counter::new("canteen_dishes_total", Unit::None);
        /// Time from order to dish.
        time: Histogram<()> = Histogram::new("canteen_time_seconds", Unit::Seconds, &[1.0, 2.0]);
        /// Guests that wait, polled.
        waiting: Gauge<()> = Gauge::new("canteen_waiting", Unit::None);
    }
    collect = poll;
}

fn poll() {
    CANTEEN.waiting.set((), 3.0);
}

fn emit() {
    for dish in ["soup", "stew", "cake"] {
        CANTEEN.dishes.increment((SetDish::new(dish.to_owned()),));
    }
    CANTEEN.time.record((), 0.5);
    metrics::counter!("theirs_total").increment(1);
    metrics::histogram!("theirs_seconds").record(1.5);
}

fn builder(settings: &str) -> RecorderBuilder {
    let settings = Settings::from_toml(settings).expect("the settings can be read");
    Recorder::builder().family(&CANTEEN).settings(settings).process_metrics(false)
}

fn recorder(settings: &str) -> Recorder {
    let recorder = builder(settings).build().expect("the settings fit");
    metrics::with_local_recorder(&recorder, emit);
    recorder
}

/// Returns the exposition in each format; the binary one as its families are written out.
fn expositions(recorder: &Recorder) -> [String; 3] {
    let families = protobuf::families(&recorder.render_bytes(Format::Protobuf));
    let families: Vec<_> = families.iter().map(|family| format!("{family:?}")).collect();
    [recorder.render(Format::Text), recorder.render(Format::OpenMetrics), families.join("\n")]
}

#[track_caller]
fn error(builder: RecorderBuilder) -> String {
    match builder.build() {
        Err(error @ BuildError::Settings(_)) => error.to_string(),
        other => panic!("no error of the settings: {other:?}"),
    }
}

#[test]
fn a_disabled_family_has_no_line_no_series_and_no_figures_about_it() {
    let on = recorder("");
    for text in expositions(&on) {
        assert!(text.contains("canteen_dishes") && text.contains("canteen_waiting"), "{text}");
    }
    let off = recorder("disabled_families = [\"canteen\"]");
    for text in expositions(&off) {
        // Not even as a value of `mme_series`.
        assert!(!text.contains("canteen") && text.contains("theirs"), "{text}");
    }
    // Its five series, and the two about each family.
    assert!(on.series() == off.series() + 7, "{} {}", on.series(), off.series());
    metrics::with_local_recorder(&off, || CANTEEN.dishes.touch((SetDish::new("tea".to_owned()),)));
    assert!(!off.render(Format::Text).contains("canteen"), "a zero series is none");
}

#[test]
fn a_disabled_metric_leaves_the_rest_of_its_family() {
    for text in expositions(&recorder("disabled_metrics = [\"canteen_time_seconds\", \"canteen_waiting\"]")) {
        assert!(text.contains("canteen_dishes"), "{text}");
        assert!(!text.contains("canteen_time") && !text.contains("canteen_waiting"), "{text}");
    }
}

#[test]
fn the_metrics_of_other_crates_are_the_family_other() {
    for text in expositions(&recorder("disabled_families = [\"other\"]")) {
        assert!(text.contains("canteen_dishes") && !text.contains("theirs") && !text.contains("\"other\""), "{text}");
    }
    // One that the code names can be disabled alone.
    let recorder = builder("disabled_metrics = [\"theirs_seconds\"]").buckets("theirs_seconds", &[1.0]).build();
    let recorder = recorder.expect("the settings fit");
    metrics::with_local_recorder(&recorder, emit);
    let text = recorder.render(Format::Text);
    assert!(text.contains("theirs_total 1") && !text.contains("theirs_seconds"), "{text}");
}

#[test]
fn what_is_disabled_uses_no_budget_and_refuses_nothing() {
    let settings = "process_budget = 1\ndisabled_metrics = [\"canteen_dishes_total\"]";
    let recorder = recorder(settings);
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("theirs_by_total", "open" => "a").increment(1);
        // Another kind than the declared one is off too.
        metrics::gauge!("canteen_dishes_total").set(1.0);
    });
    let text = recorder.render(Format::Text);
    assert!(text.contains("theirs_by_total{open=\"a\"} 1\n"), "{text}");
    assert!(text.lines().filter(|line| line.starts_with("mme_rejected")).all(|line| line.ends_with(" 0")), "{text}");
}

#[test]
fn the_library_itself_can_be_disabled() {
    let whole = |settings| {
        let builder = builder(settings).process_metrics(true).build_info("1", "unknown");
        let recorder = builder.build().expect("the settings fit");
        metrics::with_local_recorder(&recorder, emit);
        recorder.render(Format::Text)
    };
    let library = ["mme_", "process_", "build_info"];
    let text = whole("");
    assert!(library.iter().all(|name| text.contains(name)), "{text}");
    let text = whole("disabled_families = [\"mme\", \"process\", \"memory\", \"build\"]");
    assert!(library.iter().chain(&["cgroup_"]).all(|name| !text.contains(name)), "{text}");
    assert!(text.contains("canteen_dishes"), "{text}");
    // The number of cores is a metric of another family.
    let text = whole("disabled_families = [\"process\"]");
    assert!(!text.contains("process_cpu") && text.contains("\nmme_cpu_cores "), "{text}");
}

#[test]
fn more_labels_than_a_series_can_have_are_an_error() {
    let labels = |count: usize| {
        let lines: Vec<_> = (0..count).map(|at| format!("of_operator_{at} = \"x\"")).collect();
        format!("[labels]\n{}", lines.join("\n"))
    };
    let text = recorder(&labels(16)).render(Format::Text);
    assert!(text.contains("of_operator_15=\"x\"") && text.contains("canteen_dishes_total{"), "{text}");
    let error = builder(&labels(17)).build().expect_err("there are too many").to_string();
    assert!(error.contains("use at most 16"), "{error}");
    let with_own = builder(&labels(16)).global_label("region", "of the code");
    assert!(with_own.build().is_err());
    let replaced = builder(&labels(16)).global_label("of_operator_3", "of the code");
    assert!(replaced.build().is_ok());
}

#[test]
fn a_test_sees_what_a_scrape_sees() {
    let emission =
        testing::Emission::from(builder("disabled_families = [\"canteen\", \"other\"]").build().expect("it fits"));
    emission.record(emit);
    emission.expect().only();
}

#[test]
fn the_operator_wins_over_the_code_before_and_after() {
    let settings = r#"
        process_budget = 50
        buckets.canteen_time_seconds = [0.25, 4]
        histogram_forms."*" = "classic"
        labels.region = "of the operator"
        budgets.canteen = 1
    "#;
    let by_code = |builder: RecorderBuilder| {
        builder
            .buckets("canteen_time_seconds", &[9.0])
            .histogram_form("canteen_time_seconds", HistogramForm::NATIVE)
            .global_label("region", "of the code")
            .family_budget("canteen", 40)
            .process_budget(1)
    };
    let set = Settings::from_toml(settings).expect("it is TOML");
    let before = by_code(Recorder::builder().family(&CANTEEN)).settings(set.clone());
    let after = by_code(Recorder::builder().family(&CANTEEN).settings(set.clone()));
    for builder in [before, after] {
        let catalogue = builder.catalog_json();
        let catalogue: serde_json::Value = serde_json::from_str(&catalogue).expect("it is JSON");
        let mut metrics =
            catalogue["families"].as_array().into_iter().flatten().filter_map(|it| it["metrics"].as_array());
        let time = metrics.find_map(|list| list.iter().find(|metric| metric["name"] == "canteen_time_seconds"));
        assert_eq!(time.expect("it is in the catalogue")["buckets"], serde_json::json!([0.25, 4.0]));
        let recorder = builder.process_metrics(false).build().expect("the settings fit");
        metrics::with_local_recorder(&recorder, emit);
        let text = recorder.render(Format::Text);
        for line in [
            "canteen_time_seconds_bucket{region=\"of the operator\",le=\"0.25\"} 0",
            "canteen_time_seconds_bucket{region=\"of the operator\",le=\"4.0\"} 1",
            "canteen_dishes_total{set_dish=\"_overflow\",region=\"of the operator\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "no line {line}\n{text}");
        }
        assert!(!text.contains("of the code") && !text.contains("le=\"9.0\""), "{text}");
        assert_eq!(recorder.settings(), &set);
    }
}

#[test]
fn a_name_that_does_not_exist_is_an_error_with_the_right_one() {
    for (settings, said) in [
        (
            "disabled_families = [\"cantene\"]",
            "`disabled_families` in the settings: unknown family `cantene`: did you mean `canteen`?",
        ),
        (
            "disabled_metrics = [\"canteen_time_seconds_bucket\"]",
            "`disabled_metrics` in the settings: unknown metric `canteen_time_seconds_bucket`: did you mean `canteen_time_seconds`?",
        ),
        (
            "disabled_metrics = [\"zzz\"]",
            "`disabled_metrics` in the settings: unknown metric `zzz`: use the name of a metric of this service, as METRICS.md lists \
             them",
        ),
        (
            "buckets.canteen_time_second = [1]",
            "`buckets.canteen_time_second` in the settings: unknown metric `canteen_time_second`: did you mean `canteen_time_seconds`?",
        ),
        (
            "buckets.canteen_waiting = [1]",
            "the value of `buckets.canteen_waiting` in the settings cannot be used: `canteen_waiting` is no histogram: name a histogram",
        ),
        (
            "histogram_forms.canteen_waiting = \"both\"",
            "the value of `histogram_forms.canteen_waiting` in the settings cannot be used: `canteen_waiting` is no histogram: name a \
             histogram",
        ),
        ("budgets.htpp = 1", "`budgets.htpp` in the settings: unknown family `htpp`: did you mean `http`?"),
    ] {
        assert_eq!(error(builder(settings)), said);
    }
    let family = error(builder("disabled_families = [\"zzz\"]"));
    assert!(
        family.contains("unknown family `zzz`: use one of http, grpc, ") && family.ends_with(", canteen, other"),
        "{family}"
    );
    for label in ["le = \"1\"", "\"__a\" = \"1\"", "http_route = \"/\"", "env = \"\"", "\"a b\" = \"1\""] {
        let said = error(builder(&format!("[labels]\n{label}")));
        assert!(
            said.starts_with("the value of `labels.") && said.contains("cannot be a label of every series"),
            "{said}"
        );
    }
    assert!(error(builder("[labels]\n\"\" = \"x\"")).contains("cannot be a label of every series"));
}

#[test]
fn a_mistake_of_the_code_is_none_of_the_operator() {
    let twice = builder("").family(&CANTEEN).build();
    assert_eq!(twice.err(), Some(BuildError::Family("canteen".to_owned())));
    let unknown = builder("budgets.http = 5").family_budget("nowhere", 1).build();
    assert_eq!(unknown.err(), Some(BuildError::Budget("nowhere".to_owned())));
}

#[test]
fn a_listener_is_checked_at_start_and_never_shows_its_token() {
    let directory = TempDir::new().expect("a temporary directory");
    let set = |file: &str| format!("[listener]\naddress = \"127.0.0.1:0\"\ntoken_file = \"{file}\"");
    let path = directory.path().join("token");
    let path = path.to_str().expect("a plain path");
    let missing = error(builder(&set("/nowhere/hunter2")));
    assert!(
        missing.starts_with("the file that `listener.token_file` in the settings names cannot be read (No such file"),
        "{missing}"
    );
    for token in ["", " \n", "hunter2 two words", "hunter2\u{e4}"] {
        fs::write(path, token).expect("a file");
        let said = error(builder(&set(path)));
        assert!(
            said.contains("write a token of visible ASCII characters into the file") && !said.contains("hunter2"),
            "{said}"
        );
    }
    fs::write(path, "hunter2\n").expect("a file");
    let recorder = builder(&set(path)).build().expect("the token can be read");
    assert!(!format!("{:?} {}", recorder.settings(), recorder.settings()).contains("hunter2"));
    let alone = error(builder("listener.token_file = \"/nowhere\""));
    assert!(alone.contains("there is no listener that would ask for the token: set an address too"), "{alone}");
    assert!(!missing.contains("hunter2"), "{missing}");
}

/// Returns a value of TOML, right or wrong.
fn value() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("grpc"),
        Just("canteen"),
        Just("other"),
        Just("canteen_time_seconds"),
        Just("canteen_dishes_total"),
        Just("le"),
        Just("env"),
        Just("*"),
        Just("both"),
        Just("native:1.5"),
        Just("127.0.0.1:0"),
        Just(""),
    ];
    let text = prop_oneof![name.prop_map(str::to_owned), "[a-z_ ]{0,6}"].prop_map(|text| format!("\"{text}\""));
    let number = prop_oneof!["-?[0-9]{1,4}", "[0-9]\\.[0-9]", Just("inf".to_owned()), Just("nan".to_owned())];
    let leaf = prop_oneof![text, number, Just("true".to_owned()), Just("1979-05-27".to_owned())];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(", "))),
            prop::collection::vec(("[a-z]{1,4}", inner), 0..2).prop_map(|entries| {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

/// Returns a line of TOML, right or wrong.
fn assignment() -> impl Strategy<Value = String> {
    let keys = prop_oneof![
        Just("disabled_families"),
        Just("disabled_metrics"),
        Just("process_budget"),
        Just("buckets.canteen_time_seconds"),
        Just("budgets.canteen"),
        Just("histogram_forms.\"*\""),
        Just("labels.env"),
        Just("labels.le"),
        Just("listener.address"),
        Just("listener"),
        Just("budget"),
    ];
    prop_oneof![8 => (keys, value()).prop_map(|(key, value)| format!("{key} = {value}")), 1 => ".{0,20}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Law: any text is an error that says what to do, or the settings of a recorder whose exposition can be read.
    #[test]
    fn any_text_is_an_error_with_a_hint_or_a_recorder_that_renders(lines in prop::collection::vec(assignment(), 0..4)) {
        let text = lines.join("\n");
        let built = Settings::from_toml(&text).map_err(BuildError::Settings).and_then(|settings| {
            Recorder::builder().family(&CANTEEN).settings(settings).process_metrics(false).build()
        });
        match built {
            Ok(recorder) => {
                metrics::with_local_recorder(&recorder, emit);
                Samples::parse(&recorder.render(Format::Text));
                protobuf::families(&recorder.render_bytes(Format::Protobuf));
            }
            Err(error) => {
                let said = error.to_string();
                let hints = ["did you mean", "use one of", "use the name", "cannot be used: ", "is not TOML: ", "name a file"];
                prop_assert!(hints.iter().any(|hint| said.contains(hint)) && !said.contains('\n'), "{said}");
            }
        }
    }
}
