//! Counts the allocations of each contestant in a separate program, because a counting allocator slows down contestants that allocate.

use std::collections::HashMap;
use std::process::Command;

use crate::contest::Contestant;
use crate::{database, function, grpc, http};

/// Times that are counted.
pub const TIMES: u64 = 1024;

/// Returns the contestants that the bench called `bench` compares.
///
/// # Panics
///
/// When there is no such bench.
pub fn contestants(bench: &str) -> Vec<Contestant> {
    match bench {
        "http" => http::contestants(),
        "function" => function::contestants(),
        "database-pool" => database::contestants(database::Place::Pool),
        "database-connection" => database::contestants(database::Place::Connection),
        "grpc-unary" => grpc::contestants(grpc::Call::Unary),
        "grpc-stream" => grpc::contestants(grpc::Call::Stream),
        unknown => panic!("no bench is called {unknown}"),
    }
}

/// Allocations that each contestant of `bench` makes each time, as `program` counts them.
///
/// # Panics
///
/// When `program` fails.
pub fn counted(program: &str, bench: &str) -> HashMap<String, f64> {
    let run = Command::new(program).arg(bench).output().expect("the program was built with the bench");
    assert!(
        run.status.success(),
        "the program that counts allocations failed: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let lines = String::from_utf8(run.stdout).expect("it prints text");
    let line = |line: &str| {
        let (name, count) = line.split_once('\t').expect("a name, a tab and a count");
        (name.to_owned(), count.parse::<f64>().expect("a count") / TIMES as f64)
    };
    lines.lines().map(line).collect()
}
