//! The bundled configuration has a job for each list of an exporter, and each job is limited.

use std::collections::BTreeSet;

use mme_metrics::asset::{AssetFile, AssetKind, FILES};
use serde_json::Value;

/// Reads the jobs of a configuration.
fn jobs_of(file: &AssetFile) -> Vec<Value> {
    let mut configuration: Value = serde_saphyr::from_str(file.text()).expect("a configuration is YAML");
    configuration["scrape_configs"].as_array_mut().map(std::mem::take).expect("a configuration has jobs")
}

/// Reads the jobs of the bundled configuration, without the one of the example service.
fn jobs() -> Vec<Value> {
    let file = FILES.iter().find(|file| file.path() == "prometheus/prometheus.yml").expect("it is bundled");
    jobs_of(file).into_iter().filter(|job| job["job_name"] != "trust-service").collect()
}

#[test]
fn each_list_of_an_exporter_has_a_job_and_each_job_a_list() {
    let lists: BTreeSet<_> =
        FILES.iter().filter(|file| file.kind() == AssetKind::Exporter).map(|file| file.stem().to_owned()).collect();
    let jobs: BTreeSet<_> = jobs().iter().filter_map(|job| Some(job["job_name"].as_str()?.to_owned())).collect();
    assert_eq!(lists, jobs);
}

#[test]
fn each_job_of_each_configuration_limits_what_a_target_may_expose() {
    let files = FILES.iter().filter(|file| {
        file.path().rsplit_once('.').is_some_and(|(_, kind)| kind == "yml") && file.text().contains("\nscrape_configs:")
    });
    let mut read = Vec::new();
    for file in files {
        let path = file.path();
        for job in jobs_of(file) {
            for limit in ["sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit"] {
                assert!(job[limit].as_u64().is_some_and(|limit| limit > 0), "{path}: {limit} of {job:#}");
            }
            // Another Prometheus has judged the labels of what it hands on, and a Pushgateway speaks for jobs that have ended.
            let speaks_for_others = job["job_name"] == "federation" || job["job_name"] == "pushgateway";
            assert_eq!(job["honor_labels"], speaks_for_others, "{path}: {job:#}");
        }
        read.push(path);
    }
    assert!(read.contains(&"prometheus/fleet.yml") && read.contains(&"prometheus/prometheus.yml"), "{read:?}");
}

#[test]
fn an_exporter_without_targets_has_none() {
    for job in jobs().iter().filter(|job| job["job_name"] != "prometheus") {
        let name = job["job_name"].as_str().expect("a job has a name");
        assert_eq!(job["file_sd_configs"][0]["files"][0], format!("targets/{name}.yml"), "{job:#}");
        assert_eq!(job["static_configs"], Value::Null, "{job:#}");
    }
}
