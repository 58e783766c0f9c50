//! Certificates in PEM and DER. Law: what reads as one certificate reads the same as a file and as a chain.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mme_metrics::certificate::Validity;

fuzz_target!(|data: &[u8]| {
    let file = Validity::of_bytes(data);
    let one = Validity::of_der(data);
    assert_eq!(Validity::of_chain([data]), one);
    if one.is_ok() {
        assert_eq!(file, one);
    }
});
