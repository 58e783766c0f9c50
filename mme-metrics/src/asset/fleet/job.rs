//! Names the job of the service in configurations of Prometheus.

use crate::asset::{AssetFile, AssetKind};

/// The line of a configuration that names the job of the example service.
const EXAMPLE: &str = "job_name: trust-service\n";

/// Longest name of a job: Prometheus repeats it in every series.
const LONGEST: usize = 128;

/// Replaces the job of the example service.
///
/// # Errors
///
/// Returns the job and why it cannot be used.
pub(super) fn set(files: Vec<AssetFile>, job: &str) -> Result<Vec<AssetFile>, (String, String)> {
    let refused = |message: &str| Err((format!("the job {job:?}"), message.to_owned()));
    if job.is_empty() || job.len() > LONGEST {
        return refused("use a name of 1 to 128 bytes");
    }
    if !job.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':')) {
        return refused("use letters, digits and `-`, `_`, `.`, `/` or `:`");
    }
    let other = format!("job_name: {job}\n");
    let mut named = Vec::with_capacity(files.len());
    for file in files {
        if file.kind() != AssetKind::Configuration || !file.text().contains(EXAMPLE) {
            named.push(file);
            continue;
        }
        if other != EXAMPLE && file.text().contains(&other) {
            return refused("an exporter already has this name");
        }
        let text = file.text().replace(EXAMPLE, &format!("job_name: \"{job}\"\n"));
        named.push(AssetFile::new(file.kind(), file.path().to_owned(), text));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::FILES;

    #[test]
    fn the_job_of_the_service_is_replaced_and_no_other() {
        let files = set(FILES.to_vec(), "shop").unwrap();
        for path in ["prometheus/prometheus.yml", "prometheus/fleet.yml"] {
            let text = files.iter().find(|file| file.path() == path).unwrap().text();
            assert!(text.contains("job_name: \"shop\"\n") && !text.contains("job_name: trust-service"), "{text}");
        }
        assert_eq!(files.iter().zip(FILES).filter(|(new, old)| new != old).count(), 2);
    }

    #[test]
    fn a_job_that_would_break_the_configuration_is_refused() {
        for job in ["", "a b", "a\nb", "a\"b", "{{a}}", "ä", "node", &"a".repeat(129)] {
            assert!(set(FILES.to_vec(), job).is_err(), "{job:?}");
        }
        assert!(set(FILES.to_vec(), "trust-service").is_ok());
    }
}
