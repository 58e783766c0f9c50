//! Counts the instructions of one operation of each contestant. The count is the same on a busy machine, so it shows whether a change
//! made something dearer where nanoseconds only show noise. It needs `valgrind`.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml --bin instructions -- http` prints the table of a room: `counter`,
//! `histogram`, `function`, `http` or `grpc`. Words after it pick the contestants whose names contain one.

use std::env;
use std::process::Command;

use mme_metrics_benches::contest::Contestant;
use mme_metrics_benches::grpc::Call;
use mme_metrics_benches::table::Table;
use mme_metrics_benches::{function, grpc, http, peer};

/// How often the operation runs in two runs. The difference leaves out what happens once.
const TIMES: [u64; 2] = [2_000, 6_000];

/// Marks the run under valgrind.
const COUNTED: &str = "--counted";

/// What valgrind counts alone. A function of this name must not be inlined.
const MEASURED: &str = "instructions::measured*";

#[inline(never)]
fn measured(contestant: &Contestant, times: u64) {
    (contestant.run)(times);
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        [room, COUNTED, index, times] => {
            let index: usize = index.parse().expect("an index");
            let contestant = &contestants(room)[index];
            // What is made by the first operations is not counted.
            (contestant.run)(1_000);
            measured(contestant, times.parse().expect("a number"));
        }
        [room, ref names @ ..] => println!("{}", table(room, names)),
        [] => eprintln!("instructions: name a room: counter, histogram, function, http or grpc"),
    }
}

fn contestants(room: &str) -> Vec<Contestant> {
    match room {
        "counter" => peer::counters(),
        "histogram" => peer::histograms(),
        "function" => function::contestants(),
        "http" => http::contestants(),
        "grpc" => grpc::contestants(Call::Unary),
        unknown => panic!("`{unknown}` is no room: name counter, histogram, function, http or grpc"),
    }
}

fn table(room: &str, names: &[&str]) -> Table {
    let mut table = Table::new(format!("Instructions of one operation: {room}"), &["contestant", "instructions"]);
    for (index, contestant) in contestants(room).iter().enumerate() {
        if names.is_empty() || names.iter().any(|name| contestant.name.contains(name)) {
            let [few, many] = TIMES.map(|times| count(room, index, times));
            let each = (many - few) as f64 / (TIMES[1] - TIMES[0]) as f64;
            table.row(vec![contestant.name.clone(), format!("{each:.0}")]);
        }
    }
    table
}

/// Runs this program under valgrind, and returns how many instructions it counted.
fn count(room: &str, index: usize, times: u64) -> u64 {
    let program = env::current_exe().expect("a running program has a path");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(program)
        .args([room, COUNTED, &index.to_string(), &times.to_string()])
        .output()
        .expect("valgrind is missing: apt-get install valgrind");
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    counted.unwrap_or_else(|| panic!("valgrind counted nothing:\n{said}"))
}
