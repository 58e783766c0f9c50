//! Doctests of the guide: each of its pages is the documentation of a module here.

macro_rules! pages {
    ($($name:ident: $page:literal)+) => {
        $(
            #[doc = include_str!(concat!("../../docs/src/", $page))]
            pub mod $name {}
        )+
    };
}

pages! {
    start: "start.md"
    families: "families.md"
    instrument: "macro.md"
    labels: "labels.md"
    alerts: "alerts.md"
    dashboards: "dashboards.md"
    deployment: "deployment.md"
    otlp: "otlp.md"
    jobs: "jobs.md"
    native_histograms: "native-histograms.md"
    exporters: "exporters.md"
    fleet: "fleet.md"
    live: "live.md"
    settings: "settings.md"
    traces: "traces.md"
    from_axum_prometheus: "from-axum-prometheus.md"
    from_metrics_exporter_prometheus: "from-metrics-exporter-prometheus.md"
}
