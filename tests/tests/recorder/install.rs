//! The recorder of the process: installed once, and found by handles that are older.

use std::sync::Barrier;
use std::thread;

use metrics_exporter_prometheus::PrometheusBuilder;
use mme_metrics::cache::Cache;
use mme_metrics::recorder::InstallError;
use mme_metrics::{Counter, Format, Gauge, LabelValue, Recorder, RecorderBuilder, Unit, family, testing};
use mme_metrics_tests::exposition::Samples;
use mme_metrics_tests::isolated_process::run_alone;

#[derive(Clone, Copy, Debug, LabelValue)]
#[label(key = "door")]
enum Door {
    Front,
    Back,
}

family! {
    /// A house.
    static HOUSE: HouseMetrics {
        /// Guests that came in.
        guests: Counter<(Door,)> = Counter::new("house_guests_total", Unit::None);
        /// Guests that are in.
        inside: Gauge<()> = Gauge::new("house_guests_inside", Unit::None);
    }
}

fn house() -> RecorderBuilder {
    Recorder::builder().family(&HOUSE)
}

fn guests(text: &str) -> u64 {
    Samples::parse(text).sum("house_guests_total") as u64
}

fn installed_guests() -> u64 {
    guests(&Recorder::installed().expect("an installed recorder").render(Format::Text))
}

#[test]
fn installing_twice_is_an_error_and_the_first_stays() {
    run_alone(|| {
        house().install().expect("the first");
        let error = house().install().expect_err("the second");
        assert!(matches!(error, InstallError::Taken), "{error}");
        HOUSE.guests.increment((Door::Front,));
        assert_eq!(installed_guests(), 1);
    });
}

#[test]
fn a_cache_that_was_asked_before_the_recorder_has_both_zero_series_after_its_next_lookup() {
    run_alone(|| {
        static PRICES: Cache = Cache::new("prices");
        PRICES.hit();
        house().install().expect("the first");
        PRICES.hit();
        let text = Recorder::installed().expect("an installed recorder").render(Format::Text);
        assert!(text.contains("cache_requests_total{cache=\"prices\",result=\"hit\"} 1\n"), "{text}");
        assert!(text.contains("cache_requests_total{cache=\"prices\",result=\"miss\"} 0\n"), "{text}");
    });
}

#[test]
fn a_gauge_comes_down_where_it_went_up_whichever_recorder_is_current_at_either_end() {
    run_alone(|| {
        let early = HOUSE.inside.track(());
        house().install().expect("the first");
        let inside = || {
            let text = Recorder::installed().expect("an installed recorder").render(Format::Text);
            Samples::parse(&text).sum("house_guests_inside")
        };
        drop(early);
        assert_eq!(inside(), 0.0);
        let local = testing::Emission::new();
        let (here, there) = (HOUSE.inside.track(()), local.record(|| HOUSE.inside.track(())));
        assert_eq!(inside(), 1.0);
        local.expect().gauge(&HOUSE.inside, (), 1.0).only();
        local.record(|| drop(here));
        drop(there);
        assert_eq!(inside(), 0.0);
        local.expect().only();
    });
}

#[test]
fn of_64_threads_that_install_at_once_one_succeeds_and_none_panics() {
    run_alone(|| {
        let start = Barrier::new(64);
        let install = || {
            start.wait();
            let installed = house().install().is_ok();
            HOUSE.guests.increment((Door::Back,));
            installed
        };
        let installed = thread::scope(|scope| {
            let threads: Vec<_> = (0..64).map(|_| scope.spawn(install)).collect();
            threads.into_iter().filter_map(|thread| thread.join().expect("no panic").then_some(())).count()
        });
        assert_eq!((installed, installed_guests()), (1, 64));
    });
}

#[test]
fn a_host_that_has_a_recorder_keeps_it_and_gets_what_typed_metrics_emit() {
    run_alone(|| {
        let kept = HOUSE.guests.with((Door::Front,));
        kept.increment();
        let theirs = PrometheusBuilder::new().build_recorder();
        let handle = theirs.handle();
        metrics::set_global_recorder(theirs).map_err(drop).expect("the host comes first");
        assert!(matches!(house().install(), Err(InstallError::Foreign)));
        assert!(Recorder::installed().is_none());
        (0..100).for_each(|_| kept.increment());
        HOUSE.guests.increment((Door::Back,));
        assert_eq!(guests(&handle.render()), 101);
    });
}

#[test]
fn a_set_up_that_fails_leaves_the_place_free() {
    run_alone(|| {
        let error = house().global_label("le", "1").install().expect_err("a label that cannot be exported");
        assert!(matches!(error, InstallError::Build(_)), "{error}");
        assert!(error.to_string().contains("`le`"), "{error}");
        house().install().expect("the place is free");
    });
}

#[test]
fn a_handle_made_and_used_before_install_counts_from_then_on() {
    run_alone(|| {
        let kept = HOUSE.guests.with((Door::Front,));
        kept.increment();
        HOUSE.guests.increment((Door::Back,));
        house().install().expect("nobody came before");
        kept.add(2);
        HOUSE.guests.add((Door::Back,), 3);
        thread::scope(|scope| drop(scope.spawn(|| kept.add(4))));
        assert_eq!(installed_guests(), 9);
    });
}

#[test]
fn a_handle_first_used_under_a_local_recorder_goes_to_each_recorder_in_its_turn() {
    run_alone(|| {
        let kept = HOUSE.guests.with((Door::Front,));
        let before = testing::record(|| kept.add(1));
        house().install().expect("nobody came before");
        kept.add(10);
        let after = testing::record(|| (0..200).for_each(|_| kept.add(1)));
        kept.add(100);
        before.expect().counter(&HOUSE.guests, (Door::Front,), 1).only();
        after.expect().counter(&HOUSE.guests, (Door::Front,), 200).only();
        assert_eq!(installed_guests(), 110);
    });
}

#[test]
fn many_local_recorders_before_install_do_not_hide_it() {
    run_alone(|| {
        for _ in 0..100 {
            testing::record(|| HOUSE.guests.increment((Door::Back,)))
                .expect()
                .counter(&HOUSE.guests, (Door::Back,), 1)
                .only();
        }
        house().install().expect("nobody came before");
        HOUSE.guests.increment((Door::Back,));
        assert_eq!(installed_guests(), 1);
    });
}

#[test]
fn it_installs_inside_a_runtime_and_outside() {
    run_alone(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async { house().install().expect("nobody came before") });
        runtime.block_on(async { HOUSE.guests.increment((Door::Front,)) });
        assert_eq!(installed_guests(), 1);
    });
}

#[test]
fn what_a_thread_emits_as_it_ends_counts() {
    run_alone(|| {
        struct Leaves;
        impl Drop for Leaves {
            fn drop(&mut self) {
                HOUSE.guests.increment((Door::Back,));
                metrics::counter!("house_leavers", "way" => "out".to_owned()).increment(1);
                HOUSE.inside.add((), -1.0);
            }
        }
        thread_local!(static LEAVES: Leaves = const { Leaves });
        house().install().expect("nobody came before");
        let thread = thread::spawn(|| {
            LEAVES.with(|_| ());
            // The scratch of this thread is made after `LEAVES`, so it is gone before it.
            metrics::counter!("house_comers", "way" => "in".to_owned()).increment(1);
        });
        thread.join().expect("a thread that ends does not panic");
        assert_eq!(installed_guests(), 1);
    });
}
