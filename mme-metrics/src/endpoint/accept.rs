//! Content negotiation: the format that `Accept` prefers (RFC 9110, section 12.5.1).

use http::{HeaderMap, header};

use crate::recorder::Format;

/// How well a format fits: its quality in thousandths, how exactly it was named, and how early.
///
/// Ordered so that the better fit is the greater one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    quality: u16,
    precision: Precision,
    /// How many ranges follow, so that an earlier one is greater.
    earliness: usize,
}

/// How exactly a media range names a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    /// `*/*`
    Any,
    /// `text/*`
    Type,
    /// `text/plain`
    Full,
}

/// The formats, in the order in which they are preferred if they fit equally well, as under `*/*`: what a person can read
/// comes first.
const FORMATS: [Format; 3] = [Format::Text, Format::OpenMetrics, Format::Protobuf];

/// The media type of a format, and the parameters that a range for it may or must have.
struct MediaType {
    kind: &'static str,
    subtype: &'static str,
    /// Values of `version`, which may be absent.
    versions: &'static [&'static str],
    /// Parameters that an exact range has to have, with their values.
    required: &'static [(&'static str, &'static str)],
}

impl MediaType {
    const fn of(format: Format) -> Self {
        match format {
            Format::Text => Self { kind: "text", subtype: "plain", versions: &["0.0.4"], required: &[] },
            Format::OpenMetrics => {
                Self { kind: "application", subtype: "openmetrics-text", versions: &["1.0.0", "0.0.1"], required: &[] }
            }
            Format::Protobuf => Self {
                kind: "application",
                subtype: "vnd.google.protobuf",
                versions: &[],
                required: &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
            },
        }
    }
}

/// Chooses the format for a request with these headers; text unless another fits better.
pub(super) fn negotiate(headers: &HeaderMap) -> Format {
    let ranges = || {
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        lines.flat_map(|line| line.split(','))
    };
    let count = ranges().count();
    let fit = |format| {
        let fits = ranges().enumerate().filter_map(|(at, range)| fit(range, format, count - at));
        // The most exact range that names a format decides, even if a wider one has a higher quality.
        fits.max_by_key(|fit| (fit.precision, fit.quality, fit.earliness)).filter(|fit| fit.quality > 0)
    };
    let better = |best: (Option<Fit>, Format), format| {
        let found = fit(format);
        // Equal fits come from one range for both.
        if found > best.0 { (found, format) } else { best }
    };
    FORMATS.into_iter().fold((None, Format::Text), better).1
}

/// The content codings that a request accepts (RFC 9110, section 12.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) gzip: bool,
    /// No coding at all.
    pub(super) identity: bool,
}

/// Reads the codings that a request with these headers accepts.
pub(super) fn coding(headers: &HeaderMap) -> Coding {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let is_accepted = quality.is_none_or(|quality| thousandths(quality.trim()).is_some_and(|quality| quality > 0));
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(is_accepted);
        } else if name.eq_ignore_ascii_case("identity") {
            identity = Some(is_accepted);
        } else if name == "*" {
            any = Some(is_accepted);
        }
    }
    Coding { gzip: gzip.or(any).unwrap_or(false), identity: identity.or(any).unwrap_or(true) }
}

/// Says how well `range` fits `format`, if it does.
fn fit(range: &str, format: Format, earliness: usize) -> Option<Fit> {
    let MediaType { kind, subtype, versions, required } = MediaType::of(format);
    let mut parts = range.split(';').map(str::trim);
    let precision = match parts.next()?.split_once('/')? {
        ("*", "*") => Precision::Any,
        (named, "*") if named.eq_ignore_ascii_case(kind) => Precision::Type,
        (named, exact) if named.eq_ignore_ascii_case(kind) && exact.eq_ignore_ascii_case(subtype) => Precision::Full,
        _ => return None,
    };
    let mut quality = 1000;
    // A bit for each parameter that is there.
    let mut there = 0;
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if key.eq_ignore_ascii_case("q") {
            quality = thousandths(value)?;
        } else if key.eq_ignore_ascii_case("version") && !versions.contains(&value) {
            return None;
        } else if let Some(at) = required.iter().position(|(required, _)| key.eq_ignore_ascii_case(required)) {
            if value != required[at].1 {
                return None;
            }
            there |= 1 << at;
        }
    }
    let complete = precision != Precision::Full || there == (1_u8 << required.len()) - 1;
    complete.then_some(Fit { quality, precision, earliness })
}

/// Reads a quality value; nothing if it is none.
fn thousandths(text: &str) -> Option<u16> {
    let quality: f32 = text.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
    // Between 0 and 1000, as was just checked.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((quality * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prometheus 2.42, as it was seen on the wire.
    const PROMETHEUS_2: &str = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// Prometheus 3, with its own spelling of `*/*`.
    const PROMETHEUS_3: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// Prometheus 3 that is told to prefer text.
    const PROMETHEUS_3_TEXT: &str =
        "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2";
    /// Prometheus that asks for native histograms first.
    const PROMETHEUS_PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    /// Prometheus 3 that asks for native histograms, with its own spelling of `*/*`.
    const PROMETHEUS_3_PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    /// The exact name of protobuf.
    const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    fn of(accept: &[&str]) -> Format {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(header::ACCEPT, line.parse().unwrap());
        }
        negotiate(&headers)
    }

    #[test]
    fn prometheus_gets_the_format_it_prefers() {
        for (accept, format) in [
            (PROMETHEUS_2, Format::OpenMetrics),
            (PROMETHEUS_3, Format::OpenMetrics),
            (PROMETHEUS_3_TEXT, Format::Text),
            (PROMETHEUS_PROTOBUF, Format::Protobuf),
            (PROMETHEUS_3_PROTOBUF, Format::Protobuf),
        ] {
            assert_eq!(of(&[accept]), format, "{accept}");
        }
    }

    #[test]
    fn text_is_what_everybody_else_gets() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for accept in ["", "*/*", "text/plain", "text/*", "image/png", "garbage", ";;;,,,/", "*/*;q=2", browser] {
            assert_eq!(of(&[accept]), Format::Text, "{accept}");
        }
        assert_eq!(of(&[]), Format::Text);
    }

    #[test]
    fn quality_then_precision_then_place_decide() {
        for (accept, format) in [
            ("application/openmetrics-text", Format::OpenMetrics),
            ("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"", Format::OpenMetrics),
            ("application/*", Format::OpenMetrics),
            ("application/openmetrics-text, */*", Format::OpenMetrics),
            ("application/openmetrics-text, text/plain", Format::OpenMetrics),
            ("text/plain, application/openmetrics-text", Format::Text),
            ("text/plain;q=0.5, application/openmetrics-text;q=0.4", Format::Text),
            ("application/openmetrics-text;version=2.0.0", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("application/openmetrics-text;q=NaN", Format::Text),
            ("text/plain;q=0, */*", Format::OpenMetrics),
        ] {
            assert_eq!(of(&[accept]), format, "{accept}");
        }
    }

    #[test]
    fn protobuf_is_what_is_named_exactly() {
        for accept in [
            PROTOBUF,
            "Application/Vnd.Google.Protobuf; Proto=io.prometheus.client.MetricFamily ; ENCODING=\"delimited\"; q=1",
            &format!("text/plain;q=0.9, {PROTOBUF}"),
            &format!("{PROTOBUF};escaping=underscores, */*"),
            "text/plain;q=0, application/openmetrics-text;q=0, */*",
        ] {
            assert_eq!(of(&[accept]), Format::Protobuf, "{accept}");
        }
    }

    #[test]
    fn protobuf_is_not_what_is_named_otherwise() {
        let many = "application/vnd.google.protobuf;encoding=delimited;encoding=delimited,".repeat(2_000);
        for accept in [
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;encoding=delimited",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "application/vnd.google.protobuf;proto=other.MetricFamily;encoding=delimited",
            &format!("{PROTOBUF};encoding=compact-text"),
            &format!("{PROTOBUF};version=1"),
            &format!("{PROTOBUF};q=0"),
            &format!("{PROTOBUF};q=inf"),
            &format!("text/plain, {PROTOBUF};q=0.999"),
            &many,
        ] {
            assert_eq!(of(&[accept]), Format::Text, "{accept}");
        }
        assert_eq!(of(&["application/*"]), Format::OpenMetrics);
        assert_eq!(of(&[&format!("application/openmetrics-text, {PROTOBUF}")]), Format::OpenMetrics);
    }

    #[test]
    fn several_header_lines_are_one_list() {
        assert_eq!(of(&["text/plain;q=0.5", "application/openmetrics-text"]), Format::OpenMetrics);
    }
}
