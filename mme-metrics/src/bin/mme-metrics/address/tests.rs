use super::*;

#[test]
fn an_address_is_named_without_its_secrets() {
    for (url, named) in [
        ("http://me:secret@host:9090", "http://host:9090"),
        ("http://me:secret@host:9090/a?token=secret", "http://host:9090"),
        ("http://host/", "http://host"),
        ("HTTP://me:secret@host", "HTTP://host"),
        ("https://a@b@host", "https://host"),
        ("http://host/metrics?token=secret#x", "http://host"),
        ("http://host/metrics%3Ftoken=secret", "http://host"),
        ("http://host%2Fmetrics%3Ftoken=secret", "http://host"),
        ("https://hooks.example/services/T0/B0/secret", "https://hooks.example"),
        ("http://[::1]:9090/secret", "http://[::1]:9090"),
        ("http://[fe80::1%25eth0]:9090/secret", "http://[fe80::1%25eth0]:9090"),
        ("http://[secret/[::1]", "http://"),
        ("http://host:9090;secret", "http://host:9090"),
        ("http://host secret", "http://host"),
        ("postgres://host:5432/shop password=secret", "postgres://host:5432"),
        ("http://me:se%3Fcret%23@host/metrics", "http://host"),
        ("me:secret@host", "host"),
        ("host:9090", "host:9090"),
    ] {
        assert_eq!(without_secrets(url), named);
        assert_eq!(clean(named), named, "it is not changed twice");
    }
}

#[test]
fn what_may_be_a_secret_is_not_named() {
    for (url, named) in [
        ("http://me:pa/ss@host:9090", "http://…host:9090"),
        ("http://me:p@ss/word@host:9090/x?y", "http://…host:9090"),
        ("http://me:pa?ss@host:9090", "http://…"),
        ("http://me:pa#ss@host:9090", "http://…"),
        ("http://me:pa/s%3fs@host:9090", "http://…"),
        ("http://host/metrics?token=se@cret", "http://…"),
        ("http://me:a://b@host", "http://…host"),
        ("me:pa/ss@host", "…host"),
        ("me:a://b@host", "…host"),
        ("me:pa?ss@host", "…"),
        ("ftp://me:secret@host", "…host"),
    ] {
        assert_eq!(without_secrets(url), named);
        assert_eq!(clean(named), named, "it is not changed twice");
    }
}

#[test]
fn a_password_that_is_read_as_a_port_is_found() {
    for url in [
        "http://host",
        "http://host:9090/a:b",
        "http://me:secret@host/x",
        "http://[::1]:9090",
        "http://[::1]",
        "http://",
    ] {
        assert!(has_valid_port(url), "{url}");
    }
    for url in ["http://me:pa/ss@host", "http://me:pa?ss@host:9090", "http://me:pa#ss@host", "http://host:port"] {
        assert!(!has_valid_port(url), "{url}");
    }
}

#[test]
fn a_text_is_cleaned_of_secrets_and_control_characters() {
    for (text, cleaned) in [
        (
            "Get \"http://me:secret@host/metrics?token=secret\": dial\u{1b}[31m\nhttps://a:b@c",
            "Get \"http://host\": dial [31m https://c",
        ),
        ("(see http://me:pa'ss@host/x, and Redis://:pass@host.)", "(see http://host, and Redis://host.)"),
        ("parse \"http://me:pa ss@host\": bad", "parse \"http://host\": bad"),
        ("parse \"http://me:pa \\\"ss@host/x\": bad", "parse \"http://host\": bad"),
        ("<a href='http://me:pa<ss@host'>", "<a href='http://host'>"),
        ("://", "://"),
        ("", ""),
    ] {
        assert_eq!(clean(text), cleaned);
    }
}

#[test]
fn a_message_repeats_no_secret_of_an_argument() {
    let of = |argument: &str, message: &str| without_secrets_of([argument.to_owned()].into_iter(), message);
    assert_eq!(of("http://me:pa ss@host", "unexpected 'http://me:pa ss@host'"), "unexpected 'http://host'");
    assert_eq!(of("--format=me:pa/ss@host", "invalid 'me:pa/ss@host'"), "invalid '…host'");
    assert_eq!(of("a@b.prom", "cannot read a@b.prom"), "cannot read a@b.prom");
}
