//! The exporter that sends metrics by OTLP, against a receiver that does everything a receiver may do, and against real ones.

mod concurrency;
mod content;
mod delta;
mod failure;
mod grpc;
mod life;
mod newest;
mod receiver;
mod service;
