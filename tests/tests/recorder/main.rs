//! The recorder: set-up, collectors, label budgets, numbers, conflicts, concurrency, allocations and memory.

mod allocation;
mod budget;
mod collector;
mod concurrency;
mod conflict;
mod foreign;
mod grammar;
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
mod settings;
mod testing;
