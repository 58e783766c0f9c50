//! What a process sends by itself. The exporter of OTLP, against a receiver that does everything a receiver may do, and against real
//! ones; pushes to a Pushgateway; and both at the end of a job.

mod batch;
mod concurrency;
mod content;
mod delta;
mod failure;
mod grpc;
mod life;
mod newest;
mod pushgateway;
mod receiver;
mod recorded;
mod rules;
mod service;
