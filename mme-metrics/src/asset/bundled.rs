//! The files that come with the crate.

use super::{File, Kind};

macro_rules! bundle {
    ($($kind:ident: $($path:literal)+;)+) => {
        &[$($(File::bundled(
            Kind::$kind,
            $path,
            include_str!(concat!("../../assets/", $path)),
        ),)+)+]
    };
}

/// Every file that comes with the crate; paths are relative to the directory they are written to.
pub const FILES: &[File] = bundle! {
    Configuration: "prometheus/prometheus.yml";
    Rules:
        "prometheus/rules/function.yml"
        "prometheus/rules/http.yml"
        "prometheus/rules/mme.yml"
        "prometheus/rules/process.yml";
    Rules:
        "prometheus/alerts/function.yml"
        "prometheus/alerts/http.yml"
        "prometheus/alerts/meta.yml"
        "prometheus/alerts/mme.yml"
        "prometheus/alerts/process.yml";
    Dashboard:
        "grafana/application.json"
        "grafana/meta.json";
};
