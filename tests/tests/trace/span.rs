//! Spans of the real `tracing-opentelemetry`: what is measured in a span has its ids.

use std::cell::RefCell;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mme_metrics::database::sqlx::MeasuredPool;
use mme_metrics::function::CallSite;
use mme_metrics::http::HttpLayer;
use mme_metrics::operation::{Guard, Outcome};
use mme_metrics::trace::{self, TraceContext};
use mme_metrics::{Recorder, instrument_metrics};
use mme_metrics_tests::isolated_process::run_alone;
use mme_metrics_tests::traced::{Tracing, exemplars, traceparent, under};
use sqlx::SqlitePool;
use tower::{Layer as _, Service as _, ServiceExt as _};
use tracing::{Instrument as _, Span, info_span};

fn recorder() -> Recorder {
    Recorder::builder().build().expect("a builder")
}

/// Returns the ids of a span, as the layer of `tracing-opentelemetry` knows them.
fn ids(span: &Span) -> [String; 2] {
    let context = TraceContext::of_span(span).expect("the layer knows the span");
    [context.trace_id().to_string(), context.span_id().to_string()]
}

/// Returns the metric and the ids of each exemplar.
fn found(recorder: &Recorder) -> Vec<(String, [String; 2])> {
    let metric = |series: &str| series.split('{').next().unwrap_or_default().to_owned();
    let all = exemplars(recorder).into_iter();
    all.map(|one| (metric(&one.series), [one.labels["trace_id"].clone(), one.labels["span_id"].clone()])).collect()
}

#[instrument_metrics]
fn work() {}

#[instrument_metrics]
async fn work_later() {
    tokio::task::yield_now().await;
}

#[test]
fn whatever_is_measured_in_a_span_has_its_ids() {
    run_alone(|| {
        let recorder = recorder();
        Tracing::sampled().run(|| {
            let span = info_span!("request");
            let code = async {
                work();
                work_later().await;
                static SITE: CallSite = CallSite::new("guarded", module_path!());
                Guard::start(SITE.call()).end(Outcome::Ok);
                drop(Guard::start(SITE.call()));
                metrics::counter!("span_events").increment(3);
                metrics::histogram!("span_seconds").record(0.25);
                let pool = MeasuredPool::new(SqlitePool::connect_lazy("sqlite::memory:").expect("an address"));
                sqlx::query("SELECT 1").execute(&pool).await.expect("a statement");
            };
            under(&recorder, code.instrument(span.clone()));
            let found = found(&recorder);
            assert!(found.iter().all(|(_, other)| *other == ids(&span)), "{found:#?}");
            let count = |name: &str| found.iter().filter(|(metric, _)| metric == name).count();
            // Two functions, and a guard that ended and one that was dropped.
            assert_eq!(count("function_calls_total"), 4, "{found:#?}");
            for name in [
                "function_calls_duration_seconds_bucket",
                "span_events_total",
                "span_seconds_bucket",
                "db_client_operation_duration_seconds_bucket",
                "db_client_connection_wait_time_seconds_bucket",
            ] {
                assert!(count(name) > 0, "{name} in {found:#?}");
            }
        });
    });
}

#[test]
fn the_inner_span_counts_and_no_span_leaves_no_exemplar() {
    run_alone(|| {
        let recorder = recorder();
        Tracing::sampled().run(|| {
            metrics::with_local_recorder(&recorder, || {
                let outer = info_span!("outer");
                let inner = outer.in_scope(|| info_span!("inner"));
                outer.in_scope(|| {
                    metrics::counter!("outer").increment(1);
                    inner.in_scope(|| metrics::counter!("inner").increment(1));
                });
                metrics::counter!("outside").increment(1);
                let expected = [("inner_total".to_owned(), ids(&inner)), ("outer_total".to_owned(), ids(&outer))];
                assert_eq!(found(&recorder), expected);
                assert_eq!(ids(&inner)[0], ids(&outer)[0]);
            });
        });
    });
}

#[test]
fn an_unsampled_span_leaves_no_exemplar_even_if_the_header_is_sampled() {
    run_alone(|| {
        for (tracing, expected) in [(Tracing::unsampled(), 0), (Tracing::sampled(), 1)] {
            let recorder = recorder();
            tracing.run(|| {
                let span = info_span!("request");
                let app = Router::new().route("/", get(async || "hello")).layer(HttpLayer::new());
                let request = Request::get("/").header("traceparent", traceparent(7)).body(Body::empty());
                // The body is dropped in the span too: that is the end of the request.
                let whole =
                    async { drop(app.oneshot(request.expect("a request")).await.expect("a router does not fail")) };
                under(&recorder, whole.instrument(span.clone()));
                let found = found(&recorder);
                assert_eq!(found.len(), expected, "{found:#?}");
                assert!(found.iter().all(|(_, other)| *other == ids(&span)), "{found:#?}");
            });
        }
    });
}

#[test]
fn a_span_that_is_only_entered_while_the_request_is_polled_is_found() {
    run_alone(|| {
        let recorder = recorder();
        Tracing::sampled().run(|| {
            let span = info_span!("request");
            let mut service = HttpLayer::new().layer(Router::new().route("/", get(async || "hello")));
            let request = Request::get("/").header("traceparent", traceparent(7)).body(Body::empty());
            let call = metrics::with_local_recorder(&recorder, || service.call(request.expect("a request")));
            let whole = async { drop(call.await.expect("a router does not fail")) };
            under(&recorder, whole.instrument(span.clone()));
            let found = found(&recorder);
            assert!(found.len() == 1 && found[0].1 == ids(&span), "{found:#?}");
        });
    });
}

#[test]
fn a_layer_without_activation_needs_the_resolver() {
    run_alone(|| {
        let recorder = recorder();
        let measure = || {
            let span = info_span!("request");
            metrics::with_local_recorder(&recorder, || span.in_scope(|| metrics::counter!("events").increment(1)));
            span
        };
        Tracing::without_activation().run(|| {
            measure();
            assert!(exemplars(&recorder).is_empty());
            trace::set_resolver(|| TraceContext::of_span(&Span::current())).expect("it is the first");
            let span = measure();
            assert_eq!(found(&recorder), [("events_total".to_owned(), ids(&span))]);
        });
    });
}

#[test]
fn a_resolver_is_asked_last_and_may_panic_or_record() {
    run_alone(|| {
        thread_local!(static OWN: RefCell<Option<Result<u8, ()>>> = const { RefCell::new(None) });
        let recorder = recorder();
        trace::set_resolver(|| {
            // It does not find itself.
            metrics::counter!("resolved").increment(1);
            let number = OWN.with_borrow(|own| *own)?.expect("a resolver that panics");
            TraceContext::new([number; 16], [number; 8], true)
        })
        .expect("it is the first");
        assert!(trace::set_resolver(|| None).is_err());
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("before").increment(1);
            OWN.set(Some(Err(())));
            metrics::counter!("panicked").increment(1);
            OWN.set(Some(Ok(7)));
            metrics::counter!("after").increment(1);
        });
        let ids = ["07".repeat(16), "07".repeat(8)];
        assert_eq!(found(&recorder), [("after_total".to_owned(), ids)]);
        let text = recorder.render(mme_metrics::Format::Text);
        assert!(text.contains("\nresolved_total 3\n"), "{text}");
    });
}

#[test]
fn what_a_resolver_says_when_a_request_arrives_holds_to_its_last_byte() {
    run_alone(|| {
        tokio::task_local!(static NUMBER: u8);
        let context = |number| TraceContext::new([number; 16], [number; 8], true);
        trace::set_resolver(move || NUMBER.try_with(|number| context(*number)).ok().flatten())
            .expect("it is the first");
        let request = || Request::get("/").body(Body::empty()).expect("a request");
        let app = || {
            let handler = || async {
                NUMBER.scope(2, async { metrics::counter!("inner").increment(1) }).await;
                "hello"
            };
            Router::new().route("/", get(handler)).layer(HttpLayer::new())
        };
        // The body is dropped outside of the scope.
        let arrives_inside = recorder();
        under(&arrives_inside, async { drop(NUMBER.scope(1, app().oneshot(request())).await.expect("a response")) });
        let ids = |number: &str| [number.repeat(16), number.repeat(8)];
        let duration = "http_server_request_duration_seconds_bucket".to_owned();
        assert_eq!(found(&arrives_inside), [(duration, ids("01")), ("inner_total".to_owned(), ids("02"))]);
        // A request that arrives and ends where the resolver knows nothing does not have the trace of its handler.
        let arrives_outside = recorder();
        under(&arrives_outside, async { drop(app().oneshot(request()).await.expect("a response")) });
        assert_eq!(found(&arrives_outside), [("inner_total".to_owned(), ids("02"))]);
    });
}

#[test]
fn a_thread_that_ends_may_still_record() {
    /// Records when its thread ends.
    struct Last(Recorder);

    impl Drop for Last {
        fn drop(&mut self) {
            metrics::with_local_recorder(&self.0, || metrics::counter!("last_words").increment(1));
        }
    }

    thread_local! {
        static EARLY: RefCell<Option<Last>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Last>> = const { RefCell::new(None) };
    }

    run_alone(|| {
        let recorder = recorder();
        Tracing::sampled().install();
        for is_used_before in [true, false] {
            let recorder = recorder.clone();
            let thread = std::thread::spawn(move || {
                EARLY.set(Some(Last(recorder.clone())));
                if is_used_before {
                    info_span!("work").in_scope(|| {
                        metrics::with_local_recorder(&recorder, || metrics::counter!("words").increment(1));
                    });
                }
                LATE.set(Some(Last(recorder)));
            });
            thread.join().expect("it does not panic");
        }
        let text = recorder.render(mme_metrics::Format::Text);
        assert!(text.contains("\nlast_words_total 4\n") && text.contains("\nwords_total 1\n"), "{text}");
    });
}
