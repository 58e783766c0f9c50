//! The recorder: set-up, label budgets, numbers, conflicts, concurrency, allocations and memory.

mod allocation;
mod budget;
mod concurrency;
mod conflict;
mod foreign;
mod hostile;
mod install;
mod laws;
mod memory;
mod native;
mod numbers;
mod protobuf;
mod scrape;
mod series;
mod set_up;
mod testing;
