//! Descriptor sets that methods are read from. Law: there is a layer or an error, never a panic.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use mme_metrics::grpc::GrpcServerLayer;

fuzz_target!(|data: &[u8]| -> Corpus {
    match GrpcServerLayer::new().descriptors(data) {
        Ok(_) => Corpus::Keep,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Corpus::Keep
        }
    }
});
