//! The quickstart as a newcomer runs it, read by a real Prometheus.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use mme_metrics_tests::prometheus::Prometheus;
use mme_metrics_tests::promtool;
use mme_metrics_tests::service::built;

/// The example on a free port; killed when dropped.
struct Quickstart {
    child: Child,
    address: String,
}

impl Quickstart {
    fn start() -> Self {
        let mut command = Command::new(built("quickstart"));
        let mut child = command.env("QUICKSTART_ADDR", "127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let address = line.strip_prefix("metrics   http://")?.strip_suffix("/metrics")?;
            Some(address.to_owned())
        });
        // Whoever stops reading a pipe stops the program that writes to it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the quickstart says where it listens") }
    }

    fn get(&self, path: &str) -> String {
        let mut answer = ureq::get(format!("http://{}{path}", self.address)).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        // It may have ended already, which the test has told by then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_real_prometheus_reads_what_the_quickstart_counts() {
    let quickstart = Quickstart::start();
    assert_eq!(quickstart.get("/hello/english"), "* Good day *\n");
    quickstart.get("/hello/klingon");
    let server = Prometheus::setup().scrape("quickstart", &quickstart.address, "/metrics").start();
    server.wait_until_up("quickstart");
    server.wait_for_value("greeter_greetings_total{language='english'}", 1.0);
    server.wait_for_value("function_calls_total{function='frame', result='ok'}", 2.0);
    let measured =
        "http_server_request_duration_seconds_count{http_route='/hello/{language}', http_response_status_code='200'}";
    server.wait_for_value(measured, 2.0);
    server.wait_for_value("greeter_guests", 0.0);
    promtool::check_metrics(&quickstart.get("/metrics"));
}
