//! A check for a second version of the facade.

/// Lists the versions of the facade `metrics` in `lock`, the text of a `Cargo.lock`.
///
/// Two incompatible versions are two facades: the events that a crate emits through the other one are lost. A test of the
/// service finds that:
///
/// ```
/// # const LOCK: &str = "[[package]]\nname = \"metrics\"\nversion = \"0.24.6\"\n";
/// # /*
/// const LOCK: &str = include_str!("../Cargo.lock");
/// # */
/// let versions = mme_metrics::testing::facade_versions(LOCK);
/// assert_eq!(versions.len(), 1, "find the crate that needs each with `cargo tree --invert metrics@…`: {versions:?}");
/// ```
pub fn facade_versions(lock: &str) -> Vec<&str> {
    let packages = lock.split("[[package]]").filter(|package| field(package, "name") == Some("metrics"));
    packages.filter_map(|package| field(package, "version")).collect()
}

/// Returns the text of a field of a package.
fn field<'a>(package: &'a str, key: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(key)?.trim_start().strip_prefix('=');
    package.lines().find_map(value).map(|value| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_facade_is_listed_and_no_other_package() {
        let lock = "version = 4\r\n\r\n[[package]]\r\nname = \"metrics\"\r\nversion = \"0.23.1\"\r\n\r\n\
            [[package]]\nname = \"metrics-util\"\nversion = \"0.20.4\"\ndependencies = [\n \"metrics 0.24.6\",\n]\n\n\
            [[package]]\nname = \"metrics\"\nversion = \"0.24.6\"\nsource = \"registry\"\n";
        assert_eq!(facade_versions(lock), ["0.23.1", "0.24.6"]);
        assert!(facade_versions("").is_empty());
    }
}
