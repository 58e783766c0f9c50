//! The gRPC client of the example service.

/// What the build generates from the example's `trust.proto`.
#[allow(missing_docs, missing_debug_implementations, clippy::pedantic, reason = "it is generated")]
pub mod proto {
    tonic::include_proto!("trust.v1");
}
