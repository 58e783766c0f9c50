//! Every variable, with values that are accepted and values that are not.

use super::*;

fn read_all(variables: &[(&str, &str)]) -> Result<OtlpExporterBuilder, OtlpSetupError> {
    read(OtlpExporter::builder(), |name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    })
}

/// Returns a part of the settings.
fn set<T>(variables: &[(&str, &str)], part: impl FnOnce(&OtlpExporterBuilder) -> T) -> T {
    part(&read_all(variables).unwrap())
}

fn url(builder: &OtlpExporterBuilder) -> Option<String> {
    builder.endpoint.clone().and_then(|endpoint| Some(builder.protocol.url(Some(endpoint))?.to_string()))
}

#[test]
fn an_endpoint_for_all_signals_gets_a_path_and_one_for_metrics_does_not() {
    for (base, expected) in [
        ("http://a:4318", "http://a:4318/v1/metrics"),
        ("http://a:4318/", "http://a:4318/v1/metrics"),
        ("https://a/otlp", "https://a/otlp/v1/metrics"),
        ("https://a/otlp/", "https://a/otlp/v1/metrics"),
        ("https://a/otlp?key=1", "https://a/otlp/v1/metrics?key=1"),
    ] {
        assert_eq!(set(&[(BASE, base)], url).as_deref(), Some(expected));
    }
    assert_eq!(set(&[(BASE, "http://a"), (ENDPOINT, "http://b/")], url).as_deref(), Some("http://b/"));
    assert_eq!(set(&[(BASE, "http://a"), (ENDPOINT, "")], url).as_deref(), Some("http://a/v1/metrics"));
    assert_eq!(set(&[], url), None);
    let call = "http://a:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    for name in [BASE, ENDPOINT] {
        assert_eq!(set(&[(name, "http://a:4317"), (PROTOCOL[1], "grpc")], url).as_deref(), Some(call));
    }
}

#[test]
fn a_variable_for_metrics_wins_and_an_empty_one_is_unset() {
    for names in [TIMEOUT, [INTERVAL, INTERVAL]] {
        let shown = |variables: &[(&str, &str)]| set(variables, |builder| format!("{builder:?}"));
        assert_ne!(shown(&[(names[0], "1500")]), shown(&[]));
        assert_eq!(shown(&[(names[0], "")]), shown(&[]));
        if names[0] != names[1] {
            assert_eq!(shown(&[(names[0], "1500"), (names[1], "2500")]), shown(&[(names[1], "1500")]));
        }
    }
    let gzip = |metrics, all| {
        set(&[(COMPRESSION[0], metrics), (COMPRESSION[1], all)], |builder| {
            format!("{builder:?}").contains("gzip: true")
        })
    };
    assert!(gzip("gzip", "none") && gzip("", "GZIP") && !gzip("none", "gzip") && !gzip("", ""));
}

#[test]
fn headers_are_decoded_and_never_shown() {
    let variables =
        [(HEADERS[1], "x=general,authorization=Bearer%20general"), (HEADERS[0], "authorization=Bearer%20secret,")];
    let builder = read_all(&variables).unwrap();
    let headers = &builder.headers;
    assert_eq!(headers.len(), 1, "those of metrics replace the general ones");
    assert_eq!(headers["authorization"], "Bearer secret");
    assert!(!format!("{builder:?}{headers:?}").contains("secret"));
}

#[test]
fn the_service_name_wins_over_the_attributes() {
    let attributes = set(&[(ATTRIBUTES, "service.name=a,team=x%2Cy%20z"), (SERVICE, "b")], |builder| {
        crate::otlp::resource::resource(&builder.attributes).attributes
    });
    let value = |key: &str| {
        let found = attributes.iter().find(|attribute| attribute.key == key);
        format!("{:?}", found.and_then(|attribute| attribute.value.clone()))
    };
    assert!(value("service.name").contains("\"b\"") && value("team").contains("\"x,y z\""));
}

#[test]
fn the_exporter_is_off_if_any_variable_says_so() {
    let is_on = |variables: &[(&str, &str)]| set(variables, |builder| builder.enabled);
    assert!(is_on(&[]) && is_on(&[(DISABLED, "False")]) && is_on(&[(EXPORTERS, "prometheus, otlp")]));
    assert!(!is_on(&[(DISABLED, "TRUE")]) && !is_on(&[(EXPORTERS, "none")]) && !is_on(&[(EXPORTERS, "prometheus")]));
    assert!(!is_on(&[(DISABLED, "true"), (EXPORTERS, "otlp")]));
    assert!(!is_on(&[(DISABLED, "true"), (PROTOCOL[1], "grpc")]), "the protocol is that of another exporter");
}

#[test]
fn a_value_that_cannot_be_used_is_an_error_with_the_variable_and_without_the_value() {
    for (name, value, accepts) in [
        (BASE, "collector-secret:4318", "http://collector:4318"),
        (BASE, "unix:/secret", "http://collector:4318"),
        (ENDPOINT, "secret", "http://collector:4318"),
        (HEADERS[0], "secret", "name=value"),
        (HEADERS[1], "a b=secret", "name=value"),
        (HEADERS[1], "a=secret%0a", "name=value"),
        (HEADERS[1], "content-type=secret", "sets itself"),
        (HEADERS[1], "a=secret%", "percent-encoded"),
        (TIMEOUT[0], "10s", "milliseconds"),
        (TIMEOUT[1], "0", "milliseconds"),
        (TIMEOUT[1], "-1", "milliseconds"),
        (INTERVAL, "86400001", "milliseconds"),
        (INTERVAL, "18446744073709551616", "milliseconds"),
        (COMPRESSION[0], "zstd-secret", "`gzip` or `none`"),
        (PROTOCOL[0], "grpc+secret", "`http/protobuf` or `grpc`"),
        (PROTOCOL[1], "http/json", "`http/protobuf` or `grpc`"),
        (HEADERS[1], "grpc-timeout=secret", "sets itself"),
        (HEADERS[1], "te=secret", "sets itself"),
        (TEMPORALITY, "lowmemory", "`cumulative` or `delta`"),
        (DISABLED, "yes", "`true` or `false`"),
        (ATTRIBUTES, "secret", "key=value"),
    ] {
        let error = read_all(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")) && error.contains(accepts), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    assert_eq!(set(&[(TEMPORALITY, "Delta")], |builder| builder.temporality), OtlpTemporality::Delta);
    assert!(read_all(&[(PROTOCOL[0], "http/protobuf"), (PROTOCOL[1], "grpc"), (TEMPORALITY, "Cumulative")]).is_ok());
}

#[test]
fn a_variable_wins_over_what_was_set_before_it_and_not_after() {
    let variable = |name: &str| match name {
        SERVICE => Some(OsString::from("of the operator")),
        _ => None,
    };
    let before = OtlpExporter::builder().service_name("before").gzip(true);
    let builder = read(before, variable).unwrap();
    let names = |builder: &OtlpExporterBuilder| format!("{:?}", crate::otlp::resource::resource(&builder.attributes));
    assert!(names(&builder).contains("of the operator") && !names(&builder).contains("before"));
    assert!(format!("{builder:?}").contains("gzip: true"), "it is not set, so the default stays");
    assert!(names(&builder.service_name("after")).contains("after"));
}

#[cfg(unix)]
#[test]
fn a_value_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let error =
        read(OtlpExporter::builder(), |name| (name == SERVICE).then(|| OsString::from_vec(vec![0xff]))).unwrap_err();
    assert!(error.to_string().contains(SERVICE), "{error}");
}

#[test]
fn certificates_need_a_client_of_the_user() {
    let recorder = crate::Recorder::builder().build().unwrap();
    for name in CERTIFICATES {
        let error = read_all(&[(name, "/ca.pem")]).unwrap().enabled(false).start(&recorder).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("OtlpExporterBuilder::client"), "{error}");
        let with_client = read_all(&[(name, "/ca.pem")]).unwrap().client(reqwest::Client::builder());
        assert!(with_client.enabled(false).start(&recorder).is_ok());
    }
}

#[test]
fn settings_by_code_are_checked_too() {
    let recorder = crate::Recorder::builder().build().unwrap();
    for (builder, name) in [
        (OtlpExporter::builder().timeout(Duration::ZERO), "timeout"),
        (OtlpExporter::builder().interval(Duration::MAX), "interval"),
        (OtlpExporter::builder().request_limit(1), "request_limit"),
    ] {
        assert!(builder.start(&recorder).unwrap_err().to_string().contains(name));
    }
    assert!(OtlpExporter::builder().endpoint("a:1").is_err());
    assert!(OtlpExporter::builder().header("host", "a").is_err());
    let error = OtlpExporter::builder().start(&recorder).unwrap_err();
    assert!(matches!(error, OtlpSetupError::NoRuntime), "{error}");
}
