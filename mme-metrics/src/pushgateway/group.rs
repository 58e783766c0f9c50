//! The grouping key of a push: the labels that the Pushgateway keeps a group by, as a path.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Returns the path of a group, such as `/metrics/job/shop/job_name/nightly`.
pub(super) fn path<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut path = "/metrics".to_owned();
    for (key, value) in labels {
        // A value of dots alone would be a step up in the path, and a slash two steps of it.
        let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
            && value.bytes().any(|byte| byte != b'.');
        if is_plain {
            path.extend(["/", key, "/", value]);
        } else {
            path.extend(["/", key, "@base64/", &URL_SAFE_NO_PAD.encode(value)]);
        }
    }
    path
}

/// Returns whether a label can be one of the group beside `job` and `job_name`.
pub(super) fn is_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !key.starts_with("__")
        && !["job", "job_name", "le", "quantile"].contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_a_path_cannot_have_is_base64() {
        let labels = [("job", "shop-1.x_y"), ("a", "a/b"), ("b", ".."), ("c", "ö?#%"), ("d", "a b")];
        assert_eq!(path(labels), "/metrics/job/shop-1.x_y/a@base64/YS9i/b@base64/Li4/c@base64/w7Y_IyU/d@base64/YSBi");
    }

    #[test]
    fn keys_are_those_of_labels() {
        for key in ["team", "_a1", "instance"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "1a", "a-b", "a/b", "ä", "__name__", "job", "job_name", "le", "quantile", "a@base64"] {
            assert!(!is_key(key), "{key}");
        }
    }
}
