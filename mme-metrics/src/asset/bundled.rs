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
        "prometheus/rules/business.yml"
        "prometheus/rules/certificate.yml"
        "prometheus/rules/function.yml"
        "prometheus/rules/http.yml"
        "prometheus/rules/mme.yml"
        "prometheus/rules/process.yml"
        "prometheus/rules/slo.yml"
        "prometheus/rules/spike.yml";
    Rules:
        "prometheus/alerts/business.yml"
        "prometheus/alerts/certificate.yml"
        "prometheus/alerts/function.yml"
        "prometheus/alerts/http.yml"
        "prometheus/alerts/meta.yml"
        "prometheus/alerts/mme.yml"
        "prometheus/alerts/process.yml"
        "prometheus/alerts/slo.yml"
        "prometheus/alerts/spike.yml";
    RuleTests:
        "prometheus/tests/business.yml"
        "prometheus/tests/business_week.yml"
        "prometheus/tests/certificate.yml"
        "prometheus/tests/function.yml"
        "prometheus/tests/http.yml"
        "prometheus/tests/http_baseline.yml"
        "prometheus/tests/meta.yml"
        "prometheus/tests/mme.yml"
        "prometheus/tests/process.yml"
        "prometheus/tests/slo.yml"
        "prometheus/tests/slo_days.yml"
        "prometheus/tests/spike.yml";
    Dashboard:
        "grafana/application.json"
        "grafana/business.json"
        "grafana/certificates.json"
        "grafana/meta.json"
        "grafana/slo.json";
    Runbook:
        "runbooks/MmeAuthFailuresHigh.md"
        "runbooks/MmeBusinessErrorRateHigh.md"
        "runbooks/MmeCertificateExpired.md"
        "runbooks/MmeCertificateExpiring.md"
        "runbooks/MmeCertificateExpiringSoon.md"
        "runbooks/MmeCertificateExpiryAbsent.md"
        "runbooks/MmeCertificateNotYetValid.md"
        "runbooks/MmeCertificateUnreadable.md"
        "runbooks/MmeCertificateValidationErrors.md"
        "runbooks/MmeDependencyErrorRateHigh.md"
        "runbooks/MmeDependencyLatencyHigh.md"
        "runbooks/MmeEscalationLevel2.md"
        "runbooks/MmeEscalationLevel3.md"
        "runbooks/MmeEscalationLevel4.md"
        "runbooks/MmeFunctionErrorRateHigh.md"
        "runbooks/MmeFunctionLatencyHigh.md"
        "runbooks/MmeFunctionPanics.md"
        "runbooks/MmeHttpErrorRateCritical.md"
        "runbooks/MmeHttpErrorRateHigh.md"
        "runbooks/MmeHttpLatencyCritical.md"
        "runbooks/MmeHttpLatencyHigh.md"
        "runbooks/MmeHttpMetricsAbsent.md"
        "runbooks/MmeHttpRequestsCancelled.md"
        "runbooks/MmeHttpRequestsStuck.md"
        "runbooks/MmeLatencySpike.md"
        "runbooks/MmeMemoryPressure.md"
        "runbooks/MmeMetricsAbsent.md"
        "runbooks/MmeNotificationsFailing.md"
        "runbooks/MmeObservationsRejected.md"
        "runbooks/MmeProcessCpuHigh.md"
        "runbooks/MmeProcessFdsHigh.md"
        "runbooks/MmeProcessMemoryGrowing.md"
        "runbooks/MmeProcessMetricsAbsent.md"
        "runbooks/MmeProcessRestarting.md"
        "runbooks/MmePrometheusNoAlertmanager.md"
        "runbooks/MmePrometheusReloadFailed.md"
        "runbooks/MmePrometheusRuleFailures.md"
        "runbooks/MmeProcessingVolumeAnomaly.md"
        "runbooks/MmeRenderSlow.md"
        "runbooks/MmeRequestRateHigh.md"
        "runbooks/MmeRevenueDrop.md"
        "runbooks/MmeSeriesCountHigh.md"
        "runbooks/MmeSeriesOverflow.md"
        "runbooks/MmeServiceAbsent.md"
        "runbooks/MmeServiceDown.md"
        "runbooks/MmeSigningFailures.md"
        "runbooks/MmeSlaBreach.md"
        "runbooks/MmeSloAbsent.md"
        "runbooks/MmeSloBurnElevated.md"
        "runbooks/MmeSloBurnFast.md"
        "runbooks/MmeSloBurnHigh.md"
        "runbooks/MmeSloBurnSlow.md"
        "runbooks/MmeSloNoEvents.md"
        "runbooks/MmeSpikeTracesLost.md"
        "runbooks/MmeTierFallbackHigh.md"
        "runbooks/MmeTrafficAnomaly.md"
        "runbooks/MmeTrafficDrop.md"
        "runbooks/Watchdog.md";
};
