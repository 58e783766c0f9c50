//! The metrics of this family.

use super::label::RuntimeName;
use crate::buckets;
use crate::metric::{Counter, FractionalCounter, Gauge, Histogram, Unit, family};

family! {
    /// Runtimes of tokio: their workers and queues, and how late their timers wake.
    pub static RUNTIME: RuntimeMetrics {
        /// Time from the moment a timer was due until its task ran.
        delay: Histogram<(RuntimeName,)> =
            Histogram::new("tokio_event_loop_delay_seconds", Unit::Seconds, buckets::EVENT_LOOP);
        /// Times that a timer's task ran more than 100 ms late.
        stalls: Counter<(RuntimeName,)> = Counter::new("tokio_event_loop_stalls_total", Unit::None);
        /// Worker threads of the runtime.
        workers: Gauge<(RuntimeName,)> = Gauge::new("tokio_workers", Unit::None);
        /// Tasks that were spawned and have not ended.
        alive_tasks: Gauge<(RuntimeName,)> = Gauge::new("tokio_alive_tasks", Unit::None);
        /// Tasks in the queue that all workers share.
        global_queue: Gauge<(RuntimeName,)> = Gauge::new("tokio_global_queue_tasks", Unit::None);
        /// Time that the workers have spent on tasks, in total.
        busy: FractionalCounter<(RuntimeName,)> =
            FractionalCounter::new("tokio_worker_busy_seconds_total", Unit::Seconds);
        /// Times that a worker had nothing to do and slept.
        parks: Counter<(RuntimeName,)> = Counter::new("tokio_worker_parks_total", Unit::None);
        /// Threads for blocking work, busy and idle. Needs `tokio_unstable`.
        blocking_threads: Gauge<(RuntimeName,)> = Gauge::new("tokio_blocking_threads", Unit::None).optional();
        /// Blocking calls that wait for a thread. Needs `tokio_unstable`.
        blocking_queue: Gauge<(RuntimeName,)> = Gauge::new("tokio_blocking_queue_tasks", Unit::None).optional();
        /// Tasks that a worker took from the queue of another. Needs `tokio_unstable`.
        steals: Counter<(RuntimeName,)> = Counter::new("tokio_worker_steals_total", Unit::None).optional();
        /// Polls of tasks. Needs `tokio_unstable`.
        polls: Counter<(RuntimeName,)> = Counter::new("tokio_polls_total", Unit::None).optional();
        /// File descriptors that the IO driver waits for. Needs `tokio_unstable`.
        io_fds: Gauge<(RuntimeName,)> = Gauge::new("tokio_io_driver_fds", Unit::None).optional();
        /// Events that the IO driver has passed to tasks. Needs `tokio_unstable`.
        io_events: Counter<(RuntimeName,)> = Counter::new("tokio_io_driver_events_total", Unit::None).optional();
    }
    collect = super::collect;
}
