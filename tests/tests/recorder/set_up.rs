//! The options of the recorder builder, and mistakes that a recorder survives.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;
use std::time::Duration;

use mme_metrics::metric::{CounterHandle, GaugeHandle, HistogramHandle, Spec};
use mme_metrics::{
    Counter, Format, FractionalCounter, Gauge, Histogram, LabelValue, Recorder, RecorderBuilder, Unit, family,
};
use mme_metrics::{catalog, label, recorder, testing};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::{promtool, python};

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "region")]
enum Region {
    Eu,
    #[label("")]
    Nowhere,
}

family! {
    /// A family of the user's own.
    static MINE: MineMetrics {
        /// Things that were made.
        made: Counter<(Region,)> = Counter::new("mine_made_total", Unit::None);
        /// Time it took to make one.
        time: Histogram<()> = Histogram::new("mine_time_seconds", Unit::Seconds, &[1.0, 2.0]);
    }
}

fn text(builder: RecorderBuilder, emit: impl FnOnce()) -> String {
    let builder = builder.collect_deadline(Duration::from_secs(10));
    let recorder = builder.process_metrics(false).build().expect("a usable set-up");
    metrics::with_local_recorder(&recorder, emit);
    let text = recorder.render(Format::Text);
    promtool::check_metrics(&text);
    python::parse(&recorder.render(Format::OpenMetrics), Format::OpenMetrics);
    Samples::parse(&text);
    text
}

#[track_caller]
fn assert_line(text: &str, line: &str) {
    assert!(text.lines().any(|found| found == line), "no line {line:?} in:\n{text}");
}

#[test]
fn a_global_label_stands_on_every_series_that_has_none_of_its_own() {
    let builder = Recorder::builder().family(&MINE).global_label("region", "us").global_label("zone", "a\"b");
    let text = text(builder, || {
        MINE.made.increment((Region::Eu,));
        MINE.made.increment((Region::Nowhere,));
        metrics::counter!("theirs", "re.gion" => "x").increment(1);
    });
    assert_line(&text, "mine_made_total{region=\"eu\",zone=\"a\\\"b\"} 1");
    assert_line(&text, "mine_made_total{region=\"us\",zone=\"a\\\"b\"} 1");
    assert_line(&text, "theirs_total{re_gion=\"x\",region=\"us\",zone=\"a\\\"b\"} 1");
    assert_line(&text, "mme_series{family=\"mine\",region=\"us\",zone=\"a\\\"b\"} 2");
}

#[test]
fn a_global_label_that_cannot_stand_is_refused_at_set_up() {
    for (key, value) in
        [("le", "x"), ("quantile", "x"), ("__a", "x"), ("", "x"), ("a.b", "x"), ("ä", "x"), ("9", "x"), ("a", "")]
    {
        assert!(Recorder::builder().global_label(key, value).build().is_err(), "{key}={value}");
    }
    for key in ["http_route", "error_type", "rpc_method", "server_address"] {
        let error = Recorder::builder().global_label(key, "x").build().expect_err(key).to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
    let twice = Recorder::builder().global_label("a", "1").global_label("a", "2").build();
    assert!(twice.expect_err("one key twice").to_string().contains("`a`"));
}

#[test]
fn buckets_can_be_replaced_for_any_histogram() {
    let builder =
        Recorder::builder().family(&MINE).buckets("mine_time_seconds", &[0.00001, 4.0]).buckets("their.time", &[1e6]);
    let text = text(builder, || {
        MINE.time.record((), 3.0);
        metrics::histogram!("their.time").record(1.0);
    });
    for line in [
        "mine_time_seconds_bucket{le=\"1e-05\"} 0",
        "mine_time_seconds_bucket{le=\"4.0\"} 1",
        "mine_time_seconds_bucket{le=\"+Inf\"} 1",
        "their_time_bucket{le=\"1e+06\"} 1",
    ] {
        assert_line(&text, line);
    }
    assert!(!text.contains("le=\"2.0\""), "{text}");
}

#[test]
fn buckets_for_what_is_no_histogram_are_refused_at_set_up() {
    let error = Recorder::builder().buckets("process_open_fds", &[1.0]).build().expect_err("a gauge has no buckets");
    assert!(error.to_string().contains("`process_open_fds`"), "{error}");
}

#[test]
fn metrics_of_other_crates_come_out_under_names_that_prometheus_takes() {
    let text = text(Recorder::builder(), || {
        metrics::describe_counter!("http.requests", "Requests.");
        metrics::counter!("http.requests", "http.method" => "GET").increment(1);
        metrics::gauge!("pool/size").set(2.5);
        metrics::histogram!("9lives:time").record(0.25);
    });
    assert_line(&text, "# HELP http_requests_total Requests.");
    assert_line(&text, "http_requests_total{http_method=\"GET\"} 1");
    assert_line(&text, "pool_size 2.5");
    assert_line(&text, "_9lives_time_sum 0.25");
}

#[test]
fn a_collector_that_panics_loses_its_own_figures_only() {
    let builder = Recorder::builder()
        .collect(|| metrics::gauge!("before").set(1.0))
        .collect(|| panic!("as the test wants"))
        .collect(|| metrics::gauge!("after").set(1.0));
    let text = text(builder, || ());
    assert_line(&text, "before 1");
    assert_line(&text, "after 1");
}

#[test]
fn a_collector_may_make_an_exposition_and_register_anything() {
    static SELF: OnceLock<Recorder> = OnceLock::new();
    let builder = Recorder::builder().collect(|| {
        let held = SELF.get().map_or(0, |recorder| recorder.render(Format::Text).len());
        metrics::gauge!("held_bytes", "at" => held.to_string()).set(1.0);
    });
    let recorder = SELF.get_or_init(|| builder.build().expect("a usable set-up"));
    assert!(recorder.render(Format::Text).contains("held_bytes{at="));
}

#[test]
fn a_series_keeps_its_place_from_one_exposition_to_the_next() {
    let recorder = Recorder::builder().process_metrics(false).build().expect("a usable set-up");
    let emit = |at: u32| metrics::counter!("placed", "at" => at.to_string()).increment(1);
    let series = || -> Vec<String> {
        let text = recorder.render(Format::Text);
        text.lines()
            .filter_map(|line| line.strip_prefix("placed_total")?.rsplit_once(' '))
            .map(|(series, _)| series.to_owned())
            .collect()
    };
    metrics::with_local_recorder(&recorder, || (0..50).rev().for_each(emit));
    let before = series();
    metrics::with_local_recorder(&recorder, || (0..100).for_each(emit));
    assert_eq!((before.len(), &series()[..50]), (50, &before[..]));
}

#[test]
fn recorders_live_side_by_side_and_clones_share_one() {
    let (one, other) = (Recorder::builder().build().expect("one"), Recorder::builder().build().expect("another"));
    metrics::with_local_recorder(&one.clone(), || metrics::counter!("apart").increment(1));
    metrics::with_local_recorder(&other, || metrics::counter!("apart").increment(2));
    let held = |recorder: &Recorder| Samples::parse(&recorder.render(Format::Text)).value("apart_total") as u64;
    assert_eq!((held(&one), held(&other)), (1, 2));
}

#[test]
fn a_handle_outlives_its_recorder() {
    let counter = {
        let recorder = Recorder::builder().build().expect("a usable set-up");
        metrics::with_local_recorder(&recorder, || metrics::counter!("outlived"))
    };
    counter.increment(1);
}

#[test]
fn series_of_closed_labels_can_exist_before_their_first_event() {
    let text = text(Recorder::builder().family(&MINE), || MINE.made.touch_all());
    assert_line(&text, "mine_made_total{region=\"eu\"} 0");
    assert_line(&text, "mine_made_total 0");
}

fn is_shareable<T: Send + Sync + Debug + 'static>() {}
fn survives_a_panic<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn public_types_are_send_sync_and_debug() {
    is_shareable::<RecorderBuilder>();
    is_shareable::<Recorder>();
    is_shareable::<Format>();
    is_shareable::<recorder::Exposition>();
    is_shareable::<recorder::BuildError>();
    is_shareable::<recorder::InstallError>();
    is_shareable::<Spec>();
    is_shareable::<Counter<(Region,)>>();
    is_shareable::<FractionalCounter<()>>();
    is_shareable::<Gauge<()>>();
    is_shareable::<Histogram<()>>();
    is_shareable::<CounterHandle>();
    is_shareable::<GaugeHandle>();
    is_shareable::<HistogramHandle>();
    is_shareable::<label::Registry>();
    is_shareable::<label::RegisteredValue>();
    is_shareable::<label::RegisterError>();
    is_shareable::<label::LabelSpec>();
    is_shareable::<catalog::CatalogFinding>();
    is_shareable::<testing::Emission>();
    survives_a_panic::<Recorder>();
}

#[test]
fn the_cores_are_told_to_whoever_says_nothing_of_the_build() {
    let text = mme_metrics::Recorder::builder().build().unwrap().render(mme_metrics::Format::Text);
    assert!(text.contains("\nmme_cpu_cores "), "{text}");
}

#[test]
fn the_first_exposition_tells_of_no_exposition_before_it() {
    let recorder = Recorder::builder().build().expect("the catalogue fits");
    let told = || recorder.render(Format::Text).contains("\nmme_render_duration_seconds ");
    assert_eq!([told(), told()], [false, true]);
}
