//! `lint`, `cardinality` and `catalog`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use mme_metrics::{Recorder, catalog};
use mme_metrics_tests::command::run;
use mme_metrics_tests::scrape_target::ScrapeTarget;
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn the_page_of_a_recorder_has_no_problem() {
    let directory = TempDir::new().expect("a temporary directory");
    let recorder = Recorder::builder().family(&crate::oven::OVEN).build().expect("the family fits");
    metrics::with_local_recorder(&recorder, || crate::oven::OVEN.hot.touch(()));
    let service = ScrapeTarget::serve(recorder);
    for path in ["text", "openmetrics"] {
        let url = format!("http://{}/{path}", service.address());
        let ran = run(directory.path(), ["lint", &url]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
        let ran = run(directory.path(), ["cardinality", &url]);
        assert!(ran.code == Some(0) && ran.out.contains("worst metric: "), "{ran:?}");
    }
}

#[test]
fn each_problem_of_a_page_is_named_with_its_line() {
    let directory = TempDir::new().expect("a temporary directory");
    let page = directory.path().join("page.txt");
    for (text, said) in [
        ("a-b 1\n", "page.txt:1: '-' after `a` cannot be part of a name: use letters, digits, `_` and `:`\n"),
        (
            "# TYPE a gauge\na 1\na 2\n",
            "page.txt:3: this series of `a` stands on line 2 already: write each series once\n",
        ),
        ("# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n", "page.txt:3: this series of `a`"),
        ("# TYPE a_total counter\na_total -1\n", "page.txt:2: the counter `a_total` has the value -1"),
        ("# TYPE a counter\na 1\n", "page.txt:2: the counter `a` should end in `_total`"),
        ("a 1\n", "page.txt:1: `a` has no `# TYPE` line"),
        ("# TYPE a gauge\n# TYPE a gauge\na 1\n", "page.txt:2: `a` has a type already, on line 1"),
        ("a 1\n# TYPE a gauge\n", "page.txt:2: the type of `a` stands after its samples"),
        ("# TYPE a gouge\na 1\n", "page.txt:1: \"gouge\" is not a type"),
        ("# TYPE a gauge\n# TYPE b gauge\na 1\nb 1\na{x=\"1\"} 1\n", "page.txt:5: the samples of `a` are not together"),
        ("# TYPE a gauge\na 1 1700000000\n", "page.txt:2: the sample has a timestamp"),
        ("# TYPE a gauge\na 1", "page.txt:2: the last line does not end"),
        ("# TYPE a gauge\r\na 1\r\n", "page.txt:2: the line ends in a carriage return"),
        ("# TYPE a gauge\na 1\n# EOF\na{b=\"c\"} 1\n", "page.txt:4: this stands after `# EOF`"),
        ("# TYPE\n", "page.txt:1: `# TYPE` names no metric"),
        ("", "page.txt:1: there are no metrics"),
        (
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
            "page.txt:4: the histogram `a` has no bucket with le=\"+Inf\"",
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "page.txt:5: the buckets of `a` are not cumulative: le=\"1\" has 2 and le=\"inf\" has 1",
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
            "page.txt:4: `a_count` is 2, and the bucket",
        ),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n", "page.txt:3: the histogram `a` has no `a_sum`"),
        ("# TYPE a histogram\na_bucket 1\n", "page.txt:2: this bucket has no label `le`"),
        ("<html>\n", "page.txt:1: \"<html>\" is not the name of a metric"),
    ] {
        fs::write(&page, text).expect("a file");
        let ran = run(directory.path(), ["lint", "page.txt"]);
        assert!(ran.code == Some(1) && ran.out.contains(said), "{text:?}: {said}\n{ran:?}");
    }
}

#[test]
fn a_page_that_cannot_be_read_is_named_without_secrets() {
    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.path().join("binary"), [0xff, 0xfe]).expect("a file");
    fs::write(directory.path().join("bad.txt"), "a-b 1\n").expect("a file");
    for (source, said) in [
        ("nowhere.txt", "cannot read nowhere.txt: "),
        ("binary", "binary is not UTF-8"),
        (".", "cannot read .: "),
        ("http://127.0.0.1:1/metrics?token=secret", "cannot read http://127.0.0.1:1: "),
        ("http://me:secret@127.0.0.1:1/metrics", "cannot read http://127.0.0.1:1: "),
        ("http://", "cannot read http://: this is not an address"),
    ] {
        let ran = run(directory.path(), ["lint", source]);
        assert!(ran.code == Some(2) && ran.err.contains(said) && !ran.err.contains("secret"), "{source}: {ran:?}");
    }
    let ran = run(directory.path(), ["cardinality", "bad.txt"]);
    assert!(ran.code == Some(2) && ran.err.contains("line 1 cannot be read: '-' after `a`"), "{ran:?}");
}

/// Answers one request with these bytes, and returns what was asked.
fn answer(response: Vec<u8>) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}/metrics", listener.local_addr().expect("it listens"));
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut head = [0; 4096];
        let length = stream.read(&mut head).expect("a request");
        // The reader may hang up early.
        let _ = stream.write_all(&response);
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    (url, asked)
}

#[test]
fn a_token_is_read_from_a_file_and_follows_no_redirect() {
    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.path().join("token"), "s3cret\n").expect("a file");
    let page = "# TYPE a gauge\na 1\n";
    let (url, asked) = answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len()).into_bytes());
    let ran = run(directory.path(), ["lint", &url, "--token-file", "token"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(asked.join().expect("it was asked").to_lowercase().contains("authorization: bearer s3cret"));
    for (status, said) in [
        ("302 Found\r\nLocation: http://127.0.0.1:1/", "status 302"),
        ("401 Unauthorized", "status 401: name a file with a token"),
    ] {
        let (url, asked) = answer(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes());
        let ran = run(directory.path(), ["lint", &url, "--token-file", "token"]);
        assert!(ran.code == Some(2) && ran.err.contains(said) && !ran.err.contains("s3cret"), "{ran:?}");
        asked.join().expect("it was asked");
    }
    for text in ["", "two words", "ä\n", "a\nb: c"] {
        fs::write(directory.path().join("token"), text).expect("a file");
        let ran = run(directory.path(), ["lint", "http://127.0.0.1:1", "--token-file", "token"]);
        assert!(ran.code == Some(2) && ran.err.contains("token has no token"), "{text:?}: {ran:?}");
    }
}

#[test]
fn an_endless_answer_is_given_up() {
    let directory = TempDir::new().expect("a temporary directory");
    let mut response = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    response.resize(65 << 20, b'a');
    let (url, asked) = answer(response);
    let ran = run(directory.path(), ["lint", &url]);
    assert!(ran.code == Some(2) && ran.err.contains("the answer is larger than 64 MiB"), "{ran:?}");
    asked.join().expect("it was asked");
}

#[test]
fn a_service_that_does_not_answer_is_given_up_in_time() {
    let directory = TempDir::new().expect("a temporary directory");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}/metrics", listener.local_addr().expect("it listens"));
    let ran = run(directory.path(), ["lint", &url, "--timeout", "1"]);
    assert!(ran.code == Some(2) && ran.err.contains("timeout"), "{ran:?}");
}

#[test]
fn the_catalogue_has_three_forms_and_a_size() {
    let directory = TempDir::new().expect("a temporary directory");
    let out = |arguments: &[&str]| {
        let ran = run(directory.path(), ["catalog"].iter().chain(arguments));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    assert_eq!(out(&["--format", "markdown"]).trim_end(), catalog::table(catalog::FAMILIES).trim_end());
    let json: Value = serde_json::from_str(&out(&["--format", "json"])).expect("it is JSON");
    assert_eq!(json["families"].as_array().map(Vec::len), Some(catalog::FAMILIES.len()));
    let table = out(&[]);
    let metrics = catalog::FAMILIES.iter().map(|family| family.specs().len()).sum::<usize>();
    assert_eq!(table.lines().count(), metrics);
    assert!(table.contains("http_server_active_requests"));
    assert!(out(&["--size"]).lines().count() > metrics);
    assert_eq!(run(directory.path(), ["catalog", "--size", "--format", "json"]).code, Some(2));
}
