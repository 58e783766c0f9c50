//! The bundled configuration has a job for each list of an exporter, and each job is limited.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetKind, FILES};
use serde_json::Value;

/// Reads the jobs of the bundled configuration, without the one of the example service.
fn jobs() -> Vec<Value> {
    let file = FILES.iter().find(|file| file.path() == "prometheus/prometheus.yml").expect("it is bundled");
    let mut configuration: Value = serde_saphyr::from_str(file.text()).expect("a configuration is YAML");
    let jobs = configuration["scrape_configs"].as_array_mut().expect("a configuration has jobs");
    jobs.drain(..).filter(|job| job["job_name"] != "trust-service").collect()
}

#[test]
fn each_list_of_an_exporter_has_a_job_and_each_job_a_list() {
    let lists: BTreeSet<_> =
        FILES.iter().filter(|file| file.kind() == AssetKind::Exporter).map(|file| file.stem().to_owned()).collect();
    let jobs: BTreeSet<_> = jobs().iter().filter_map(|job| Some(job["job_name"].as_str()?.to_owned())).collect();
    assert_eq!(lists, jobs);
}

#[test]
fn each_job_limits_what_a_target_may_expose() {
    for job in jobs() {
        for limit in ["sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit"] {
            assert!(job[limit].as_u64().is_some_and(|limit| limit > 0), "{limit} of {job:#}");
        }
        assert_eq!(job["honor_labels"], false, "{job:#}");
    }
}

#[test]
fn an_exporter_without_targets_has_none() {
    for job in jobs().iter().filter(|job| job["job_name"] != "prometheus") {
        let name = job["job_name"].as_str().expect("a job has a name");
        assert_eq!(job["file_sd_configs"][0]["files"][0], format!("targets/{name}.yml"), "{job:#}");
        assert_eq!(job["static_configs"], Value::Null, "{job:#}");
    }
}
