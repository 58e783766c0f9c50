//! Compiles the service that the tests of gRPC call and the messages of an exposition, without `protoc`, and lets the queries that are checked while compiling be
//! checked against what is kept in `.sqlx`, whatever database the developer's environment names: `tests/database/checked.rs`
//! says how that is renewed.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use prost::Message as _;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=proto");
    println!("cargo::rerun-if-changed=../examples/trust-service/proto");
    println!("cargo::rerun-if-env-changed=MME_SQLX_PREPARE");
    if env::var_os("MME_SQLX_PREPARE").is_none() {
        println!("cargo::rustc-env=SQLX_OFFLINE=true");
    }
    // The example's own service is called as a stranger would call it, who has its description and nothing else.
    let trust = protox::compile(["trust.proto"], ["../examples/trust-service/proto"])?;
    tonic_prost_build::configure().build_server(false).compile_fds(trust)?;
    let descriptors = protox::compile(["proto/desk.proto"], ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("desk.v1.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    let metrics = protox::compile(["proto/metrics.proto"], ["proto"])?;
    tonic_prost_build::configure().compile_fds(metrics)?;
    Ok(())
}
