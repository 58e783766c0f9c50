//! Serves as many series as its argument says, prints its address, and takes orders on its standard input:
//! `exhaust` opens files until no descriptor is left, `release` closes them.

use std::fs::File;
use std::io::BufRead as _;

use mme_metrics::Recorder;
use mme_metrics::endpoint::Endpoint;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let series: usize = std::env::args().nth(1).ok_or("say how many series there are to be")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let recorder =
        Recorder::builder().process_budget(series + 1_000).family_budget("other", 4 * series + 4_000).build()?;
    metrics(&recorder, series);
    let listener = {
        let _inside = runtime.enter();
        Endpoint::new(recorder).listen(([127, 0, 0, 1], 0))?
    };
    println!("{}", listener.local_addr());
    let mut files = Vec::new();
    for order in std::io::stdin().lock().lines() {
        let order = order?;
        match order.as_str() {
            "exhaust" => files.extend(std::iter::from_fn(|| File::open("/dev/null").ok())),
            "release" => files.clear(),
            _ => return Err("the orders are `exhaust` and `release`".into()),
        }
        println!("{order}");
    }
    Ok(())
}

/// Registers `series` counters with three labels.
fn metrics(recorder: &mme_metrics::Recorder, series: usize) {
    mme_metrics::metrics::with_local_recorder(recorder, || {
        for index in 0..series {
            let labels = [("client", index.to_string()), ("method", "GET".into()), ("route", "/documents/{id}".into())];
            mme_metrics::metrics::counter!("scraped_requests_total", &labels).increment(index as u64);
        }
    });
}
