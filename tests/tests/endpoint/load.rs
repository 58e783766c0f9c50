//! The cost of the endpoint under many scrapes, slow clients and a lack of file descriptors.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use mme_metrics_tests::http::scrape;
use mme_metrics_tests::scraped_process::ScrapedProcess;

const PROGRAM: &str = env!("CARGO_BIN_EXE_scraped");

#[test]
fn fifty_scrapes_at_once_need_at_most_two_responses_of_memory() {
    let scraped = ScrapedProcess::start(PROGRAM, 200_000, 1024);
    let size = scrape(scraped.address(), &[]).unwrap().body.len();
    let before = scraped.forget_peak();
    let at_once = || scrape(scraped.address(), &[]).unwrap().text().lines().count();
    let lines: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(at_once)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(lines.iter().all(|lines| *lines > 200_000), "{lines:?}");
    let growth = scraped.peak().saturating_sub(before);
    println!("one response: {size} bytes, growth under 50 scrapes: {growth} bytes");
    assert!(growth <= 2 * size, "memory grew by {growth}, which is over two responses of {size}");
}

#[test]
fn half_sent_requests_are_closed_in_15_s_and_a_good_scrape_takes_under_1_s() {
    let scraped = ScrapedProcess::start(PROGRAM, 1_000, 1024);
    let begun = Instant::now();
    let half_sent: Vec<_> = (0..200).map(|_| half_a_request(&scraped)).collect();
    let asked = Instant::now();
    assert_eq!(scrape(scraped.address(), &[]).unwrap().status, 200);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    for mut stream in half_sent {
        // However it is closed, it is.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    println!("200 half-sent requests were closed after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

fn half_a_request(scraped: &ScrapedProcess) -> TcpStream {
    let mut stream = TcpStream::connect(scraped.address()).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: ").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(16))).unwrap();
    stream
}

#[test]
fn slow_readers_hold_up_nobody_and_cost_no_memory() {
    let scraped = ScrapedProcess::start(PROGRAM, 50_000, 1024);
    let size = scrape(scraped.address(), &[]).unwrap().body.len();
    let before = scraped.forget_peak();
    let _slow: Vec<_> = (0..100).map(|_| slow_reader(&scraped)).collect();
    let asked = Instant::now();
    assert!(scrape(scraped.address(), &[]).unwrap().text().lines().count() > 50_000);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let growth = scraped.peak().saturating_sub(before);
    println!("one response: {size} bytes, growth under 100 slow readers and a good one: {growth} bytes");
    // Each of a hundred connections has its own buffers and task, some 20 KiB.
    assert!(growth <= 2 * size + 2 * 1024 * 1024, "memory grew by {growth} with responses of {size}");
}

/// Asks, and reads nothing of the answer.
fn slow_reader(scraped: &ScrapedProcess) -> TcpStream {
    let mut stream = TcpStream::connect(scraped.address()).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
    stream
}

#[test]
fn five_seconds_without_file_descriptors_cost_nothing_and_are_survived() {
    let mut scraped = ScrapedProcess::start(PROGRAM, 1_000, 64);
    scraped.order("exhaust");
    let _refused: Vec<_> = (0..20).map(|_| half_a_request(&scraped)).collect();
    let before = scraped.processor_time();
    // The claim is about five seconds; nothing else can be waited for.
    thread::sleep(Duration::from_secs(5));
    let used = scraped.processor_time().saturating_sub(before);
    println!("processor time in 5 s without file descriptors: {used:?}");
    assert!(used < Duration::from_millis(100), "{used:?}");
    scraped.order("release");
    assert_eq!(scrape(scraped.address(), &[]).unwrap().status, 200);
}
