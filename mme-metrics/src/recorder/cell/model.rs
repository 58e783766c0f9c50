//! Model tests of the cells with loom, which explores all interleavings of threads up to a few preemptions.
//!
//! ```text
//! RUSTFLAGS="--cfg mme_loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test -p mme-metrics --lib --release --no-default-features loom
//! ```
//!
//! The flag is not called `loom`, because some dependencies react to that flag and do not build with it.

use loom::sync::{Arc, mpsc};
use loom::thread;

use super::shard::Thread;
use super::sync::step;
use super::{Bounds, CounterCell, GaugeCell, HistogramCell, HistogramReading};

/// Explores every interleaving of operations with at most `preemptions` interruptions of a thread. Two are enough to
/// put a whole operation of each of two threads into the middle of a reading. Without a limit the models take hours.
fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        // The first step initializes the shared word, so that loom does not explore its initialization too.
        step();
        model();
    });
}

/// Runs `work` in two threads, and at the same time `watch` in a third.
fn race<C: Send + Sync + 'static>(cell: C, work: fn(&C), watch: fn(&C)) -> Arc<C> {
    let cell = Arc::new(cell);
    let run = |number, work: fn(&C)| {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            Thread::enter(number);
            work(&cell);
        })
    };
    // A model has one shard for the thread with the lowest number, and one that all other threads share.
    let threads = [run(0, work), run(1, work)];
    watch(&cell);
    for thread in threads {
        thread.join().expect("a thread of a model does not panic");
    }
    cell
}

fn read(cell: &HistogramCell) -> HistogramReading {
    let mut reading = HistogramReading::default();
    cell.read(&mut reading);
    reading
}

#[test]
fn loom_a_counter_never_falls_and_loses_nothing() {
    explore(2, || {
        let twice = |cell: &CounterCell| (0..2).for_each(|_| _ = cell.add(1));
        let watch = |cell: &CounterCell| {
            let before = cell.read();
            let after = cell.read();
            assert!(before <= after && after <= 4, "{before}, then {after}");
        };
        assert_eq!(race(CounterCell::new(), twice, watch).read(), 4);
    });
}

#[test]
fn loom_what_is_in_flight_never_reads_below_zero_and_returns_to_it() {
    explore(3, || {
        let come_and_go = |cell: &GaugeCell| {
            assert!(cell.add(1.0));
            assert!(cell.add(-1.0));
        };
        let watch = |cell: &GaugeCell| {
            let seen = cell.read();
            assert!((0.0..=2.0).contains(&seen), "{seen}");
        };
        assert_eq!(race(GaugeCell::new(false), come_and_go, watch).read().to_bits(), 0.0_f64.to_bits());
    });
}

#[test]
fn loom_what_one_thread_adds_and_another_takes_never_reads_below_zero() {
    explore(3, || {
        let cell = Arc::new(GaugeCell::met());
        let (coming, going) = (Arc::clone(&cell), Arc::clone(&cell));
        // The subtracting thread has seen the addition, as when a request moves between threads. Both threads exist
        // before the reading, because loom explores no interleaving in which a thread that is spawned later comes
        // first.
        let (tell, told) = mpsc::channel();
        let come = thread::spawn(move || {
            Thread::enter(0);
            assert!(coming.add(1.0));
            tell.send(()).expect("the other thread waits");
        });
        let go = thread::spawn(move || {
            Thread::enter(1);
            told.recv().expect("the other thread tells");
            assert!(going.add(-1.0));
        });
        let seen = cell.read();
        assert!((0.0..=1.0).contains(&seen), "{seen}");
        for thread in [come, go] {
            thread.join().expect("a thread of a model does not panic");
        }
        assert_eq!(cell.read().to_bits(), 0.0_f64.to_bits());
    });
}

#[test]
fn loom_a_gauge_that_is_set_while_others_change_it_counts_each_change_before_or_after() {
    // One interruption puts all changes of a thread into the middle of the call. Two take minutes.
    explore(1, || {
        let change = |cell: &GaugeCell| assert!(cell.add(1.0) && cell.add(2.0));
        let watch = |cell: &GaugeCell| {
            cell.set(0.5);
            let seen = cell.read();
            assert!([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5].contains(&seen), "{seen}");
        };
        let cell = race(GaugeCell::new(false), change, watch);
        let end = cell.read();
        // What remains of each thread is both changes, the later one or none.
        assert!([0.5, 2.5, 3.5, 4.5, 5.5, 6.5].contains(&end), "{end}");
        cell.set(0.25);
        assert_eq!(cell.read().to_bits(), 0.25_f64.to_bits());
    });
}

#[test]
fn loom_a_histograms_count_is_the_sum_of_its_buckets_and_nothing_is_lost() {
    explore(2, || {
        let record = |cell: &HistogramCell| {
            _ = cell.record(0.5, 1);
            _ = cell.record(2.0, 1);
        };
        let watch = |cell: &HistogramCell| {
            let seen = read(cell);
            assert_eq!(seen.count, seen.buckets.iter().sum::<u64>());
        };
        let end = read(&race(HistogramCell::new(Bounds::new(&[1.0])), record, watch));
        assert_eq!((end.buckets, end.count, end.sum.to_bits()), (vec![2, 2], 4, 5.0_f64.to_bits()));
    });
}
