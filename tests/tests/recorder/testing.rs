//! `mme_metrics::testing` with a family of the user's own, in parallel and in async code.

use mme_metrics::testing::{self, Emission};
use mme_metrics::{Counter, Gauge, Histogram, Recorder, Unit, buckets, family, labels};

labels! {
    /// Who asks.
    pub capped Asker: "asker", budget = 2;
}

family! {
    /// A library.
    static LIBRARY: LibraryMetrics {
        /// Books that were lent.
        lent: Counter<(Asker,)> = Counter::new("library_lent_books_total", Unit::None);
        /// Books that are there.
        books: Gauge<()> = Gauge::new("library_books", Unit::None);
        /// Time a loan took.
        loan: Histogram<()> = Histogram::new("library_loan_seconds", Unit::Seconds, buckets::STREAM);
    }
}

fn lend(asker: &'static str) {
    LIBRARY.lent.increment((Asker::new(asker),));
    LIBRARY.loan.record((), 1.0);
    LIBRARY.books.add((), -1.0);
}

#[test]
fn the_whole_emission_is_compared() {
    let emission = testing::record(|| lend("ann"));
    let expected = emission.expect().counter(&LIBRARY.lent, (Asker::new("ann"),), 1).histogram(&LIBRARY.loan, (), 1);
    expected.gauge(&LIBRARY.books, (), -1.0).only();
}

#[test]
#[should_panic(expected = "not expected: library_books")]
fn what_was_not_expected_is_told() {
    let emission = testing::record(|| lend("ann"));
    emission.expect().counter(&LIBRARY.lent, (Asker::new("ann"),), 1).histogram(&LIBRARY.loan, (), 1).only();
}

#[test]
fn others_may_be_left_out_when_asked_for() {
    testing::record(|| lend("bob")).expect().gauge(&LIBRARY.books, (), -1.0).among_others();
}

#[test]
fn what_was_refused_is_emitted_too() {
    let emission = testing::record(|| LIBRARY.loan.record((), f64::NAN));
    let text = emission.recorder().render(mme_metrics::Format::Text);
    assert!(text.contains("mme_rejected_observations_total{reason=\"not_finite\"} 1\n"), "{text}");
}

#[test]
fn a_recorder_of_the_tests_own_making_knows_the_services_budgets() {
    let emission = Emission::from(Recorder::builder().family(&LIBRARY).build().expect("the families fit together"));
    emission.record(|| ["a", "b", "c", "d"].into_iter().for_each(lend));
    let expected = emission.expect().counter(&LIBRARY.lent, (Asker::new("_overflow"),), 2);
    expected.counter(&LIBRARY.lent, (Asker::new("a"),), 1).among_others();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn async_code_is_recorded_on_whatever_thread_polls_it() {
    let emission = Emission::new();
    let task = |_| {
        tokio::spawn(emission.record_async(async {
            tokio::task::yield_now().await;
            LIBRARY.books.add((), 1.0);
        }))
    };
    for task in (0..20).map(task).collect::<Vec<_>>() {
        task.await.expect("a task that does not panic");
    }
    emission.expect().gauge(&LIBRARY.books, (), 20.0).only();
}

#[test]
fn tests_that_run_side_by_side_see_their_own_alone() {
    std::thread::scope(|scope| {
        for count in 1..=16 {
            scope.spawn(move || {
                let emission = testing::record(|| (0..count).for_each(|_| LIBRARY.books.add((), 1.0)));
                emission.expect().gauge(&LIBRARY.books, (), f64::from(count)).only();
            });
        }
    });
}
