//! The trust service: what it answers and measures over HTTP and gRPC, on SQLite and on PostgreSQL.

mod answers;
mod deployments;
mod grpc;
mod postgres;
mod security;
mod settings;
mod watch;
