//! Benchmarks of mme-metrics beside its peers.
//!
//! Machines are shared and noisy, so all contestants of a bench run in one process, in many short batches that alternate. A batch
//! during which the thread had to wait for a processor is repeated. A round counts only if the bare loop ran at full speed in it:
//! where two processors share a core, a busy neighbour halves the speed of all contestants. The table gives the median and the
//! middle half. The bare loop runs twice, as two contestants; the difference between them is noise.

pub mod allocation;
pub mod contest;
pub mod database;
pub mod event;
pub mod function;
pub mod grpc;
pub mod http;
mod in_flight;
pub mod load;
pub mod memory;
pub mod overhead;
mod passthrough;
pub mod peer;
pub mod processor;
pub mod register;
pub mod render;
pub mod schedule;
pub mod slo;
pub mod table;
